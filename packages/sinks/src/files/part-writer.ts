// Writes the lines of one delivery into the file that is being written, and into new ones where that is full. Nothing of it counts before
// `commit` has resolved and the state says so: what an attempt leaves behind that ended earlier is cut off before the next.
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_MODE } from '@weir/spool';
import { asSinkError, SinkError } from '../errors.ts';
import type { Compression } from './compression.ts';
import type { Encoding } from './encoding.ts';
import { type FileNames, PART } from './file-names.ts';
import type { Part } from './state.ts';

export interface PartWriterOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly encoding: Encoding;
  readonly compression: Compression;
  /** A file with this many bytes is full. */
  readonly fullBytes: number;
}

/** What the delivery has come to, once all of it is on the disk. */
export interface Committed {
  readonly part: Part | undefined;
  /** Files that it has filled. */
  readonly full: readonly Part[];
}

interface OpenPart {
  readonly name: string;
  readonly file: FileHandle;
  bytes: number;
}

export class PartWriter {
  readonly #options: PartWriterOptions;
  /** Where it goes on; as the state says. */
  readonly #before: Part | undefined;
  readonly #full: Part[] = [];
  #current: OpenPart | undefined;
  #begun = false;
  /** The piece that is being compressed and written, while the next is made. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PartWriterOptions, before: Part | undefined) {
    this.#options = options;
    this.#before = before;
  }

  /**
   * Takes bytes that end with a line; they must stay as they are until the next call has resolved. Rejects with SinkError, perhaps for bytes
   * before.
   */
  async append(bytes: Buffer): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(bytes);
    // Whoever waits next is told; nobody else is.
    this.#writing.catch(() => {});
  }

  /** Resolves when all of it is on the disk. Rejects with SinkError. */
  async commit(): Promise<Committed> {
    await this.#writing;
    const { fullBytes } = this.#options;
    if (this.#current === undefined) return { part: this.#begun ? undefined : this.#before, full: this.#full };
    const { name, bytes } = this.#current;
    await this.#complete(this.#current);
    return bytes >= fullBytes
      ? { part: undefined, full: [...this.#full, { name, bytes }] }
      : { part: { name, bytes }, full: this.#full };
  }

  /** Lets go of what is open. */
  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#current?.file.close().catch(() => {});
    this.#current = undefined;
  }

  async #write(lines: Buffer): Promise<void> {
    const { compression, encoding, fullBytes } = this.#options;
    let current = this.#current ?? (await this.#open());
    if (current.bytes >= fullBytes) {
      await this.#complete(current);
      this.#full.push({ name: current.name, bytes: current.bytes });
      current = await this.#open();
    }
    const whole = current.bytes === 0 ? Buffer.concat([Buffer.from(encoding.header), lines]) : lines;
    const bytes = await compression.compress(whole);
    try {
      for (let written = 0; written < bytes.length; ) {
        const at = current.bytes + written;
        written += (await current.file.write(bytes, written, bytes.length - written, at)).bytesWritten;
      }
    } catch (error) {
      throw asSinkError(error, `write ${this.#pathOf(current.name)}`);
    }
    current.bytes += bytes.length;
  }

  /** The file that the state names, or a new one. */
  async #open(): Promise<OpenPart> {
    const before = this.#begun ? undefined : this.#before;
    this.#begun = true;
    const name = before?.name ?? this.#options.names.next();
    const path = this.#pathOf(name);
    try {
      const file = await open(path, before === undefined ? 'wx' : 'r+', FILE_MODE);
      const bytes = before?.bytes ?? 0;
      this.#current = { name, file, bytes };
      const { size } = await file.stat();
      if (size !== bytes) {
        throw new SinkError('removed', `${path} has ${size} bytes where ${bytes} were written: somebody changed it`);
      }
      return this.#current;
    } catch (error) {
      throw asSinkError(error, `open ${path}`);
    }
  }

  async #complete({ name, file }: OpenPart): Promise<void> {
    const path = this.#pathOf(name);
    try {
      await file.sync();
      const { nlink } = await file.stat();
      if (nlink === 0) throw new SinkError('removed', `${path} was removed while it was written`);
      this.#current = undefined;
      await file.close();
    } catch (error) {
      throw asSinkError(error, `write ${path}`);
    }
  }

  #pathOf(name: string): string {
    return join(this.#options.folder, name + PART);
  }
}
