// The directory of a sink with its files: the one being written, complete ones, and what is acknowledged of them. Whoever uses it does one
// thing at a time.
import type { Ends, Log } from '@weir/spool';
import { SinkError } from '../errors.ts';
import type { Compression } from './compression.ts';
import type { Encoding } from './encoding.ts';
import { FileNames } from './file-names.ts';
import { Folder } from './folder.ts';
import { type KeepLimits, KeptFiles } from './kept.ts';
import { PartWriter } from './part-writer.ts';
import { restore } from './restore.ts';
import { type FilesState, NEW_STATE, type Part, StateFile } from './state.ts';

export interface OutputOptions {
  /** Name of the sink, with which the files' names begin. */
  readonly sink: string;
  readonly path: string;
  readonly encoding: Encoding;
  readonly compression: Compression;
  /** A file is complete with so many bytes, or so many milliseconds after its first flow. */
  readonly rotate: { readonly size: number; readonly age: number };
  readonly keep: KeepLimits;
  readonly log: Log;
}

export interface OutputStatus {
  readonly path: string;
  /** The file that is being written, and its bytes that are acknowledged. */
  readonly part: Part | undefined;
  /** Files completed, and complete files removed, since the process started. */
  readonly completed: number;
  readonly removed: number;
}

export class Output {
  readonly #options: OutputOptions;
  readonly #fileNames: FileNames;
  readonly #stateFile: StateFile;
  #folder: Folder | undefined;
  /** Undefined where all files are kept. */
  #kept: KeptFiles | undefined;
  #state: FilesState = NEW_STATE;
  /** Whether the directory is as the state says. */
  #clean = false;
  /** When the first flow of the file that is being written was there, on the clock of performance.now. */
  #partSince = 0;
  #closed = false;
  #completed = 0;
  #removed = 0;

  constructor(options: OutputOptions) {
    const { sink, path, encoding, compression } = options;
    this.#options = options;
    this.#fileNames = new FileNames(sink, encoding.extension + compression.extension);
    this.#stateFile = new StateFile(path, sink);
  }

  status(): OutputStatus {
    const { path } = this.#options;
    return { path, part: this.#state.part, completed: this.#completed, removed: this.#removed };
  }

  /** Makes the directory ready to be written to: there, ours alone, and as its state says. Rejects with SinkError. */
  async open(): Promise<void> {
    await this.#ready();
  }

  /** What became of a file of the spool, if it was the last that was acknowledged. After `open`. */
  endsOf(spoolFile: string): Ends | undefined {
    const { last } = this.#state;
    return last?.name === spoolFile ? last.ends : undefined;
  }

  /**
   * Writes the flows of a file of the spool; `write` puts their lines into the writer and answers what became of them. Rejects with
   * what `write` does and with SinkError; then nothing of it is there.
   */
  async deliver(spoolFile: string, write: (writer: PartWriter) => Promise<Ends>): Promise<Ends> {
    const folder = await this.#ready();
    const { encoding, compression, rotate } = this.#options;
    const { part: before } = this.#state;
    const names = this.#fileNames;
    const writer = new PartWriter(
      { folder: folder.path, names, encoding, compression, fullBytes: rotate.size },
      before,
    );
    this.#clean = false;
    try {
      const ends = await write(writer);
      const { part, full } = await writer.commit();
      await folder.check();
      await this.#setState({ version: 1, part, full, last: { name: spoolFile, ends } });
      if (part?.name !== before?.name) this.#partSince = performance.now();
      for (const file of full) await this.#publish(folder, file);
      this.#clean = true;
      return ends;
    } catch (error) {
      await writer.close();
      // A disk that is full needs the room at once.
      await this.#ready().catch(() => {});
      throw error;
    }
  }

  /** Gives the file that is being written its final name when it is old enough, or at once. Rejects with SinkError. */
  async complete(atOnce = false): Promise<void> {
    const folder = await this.#ready();
    const { part } = this.#state;
    if (part === undefined || (!atOnce && performance.now() - this.#partSince < this.#options.rotate.age)) return;
    this.#clean = false;
    await this.#publish(folder, part);
    await this.#setState({ ...this.#state, part: undefined });
    this.#clean = true;
  }

  /** Removes complete files that are not to be kept any longer. Rejects with SinkError. */
  async removeOld(): Promise<void> {
    const folder = await this.#ready();
    if (this.#kept === undefined) return;
    if (this.#kept.due().length > 0) {
      // Complete files may be moved and deleted by anyone: those count for nothing any more.
      const { complete } = await folder.list();
      this.#kept.retain(new Set(complete));
    }
    for (const { name } of this.#kept.due()) {
      await folder.remove(name);
      this.#kept.removed(name);
      this.#removed++;
    }
    await this.#kept.save();
  }

  /** Lets go of the directory for good: what is under way there ends with its next step. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    await this.#folder?.close();
    this.#folder = undefined;
  }

  async #ready(): Promise<Folder> {
    const { path, sink, log } = this.#options;
    if (this.#closed) throw new SinkError('stopped', `stopped while writing to ${path}`);
    let folder = this.#folder;
    if (folder !== undefined && !(await isStill(folder))) {
      log('warn', 'the directory of a sink was removed or replaced; what was in it is gone with it', { sink, path });
      await this.#letGo();
      folder = undefined;
    }
    const isNew = folder === undefined;
    folder ??= await Folder.open(path, sink, this.#fileNames);
    if (isNew) {
      this.#kept = await this.#listKept(folder);
      this.#clean = false;
      this.#folder = folder;
    }
    if (!this.#clean) {
      const stored = await this.#stateFile.read();
      const { state, published } = await restore(folder, stored, isNew, log);
      // Before the first flow is written: killed with it half written, the next process knows that nothing was acknowledged.
      if (stored === undefined) await this.#stateFile.write(state);
      this.#state = state;
      for (const file of published) this.#count(file);
      this.#clean = true;
    }
    return folder;
  }

  async #listKept(folder: Folder): Promise<KeptFiles | undefined> {
    const { path, sink, keep } = this.#options;
    if (keep.age === undefined && keep.size === undefined) return undefined;
    const kept = new KeptFiles(path, sink, keep);
    const { complete } = await folder.list();
    await kept.open(
      await Promise.all(complete.map(async (name) => ({ name, bytes: (await folder.sizeOf(name)) ?? 0 }))),
    );
    return kept;
  }

  async #setState(state: FilesState): Promise<void> {
    await this.#stateFile.write(state);
    this.#state = state;
  }

  async #publish(folder: Folder, file: Part): Promise<void> {
    await folder.publish(file.name);
    this.#count(file);
  }

  #count(file: Part): void {
    this.#completed++;
    this.#kept?.add(file);
  }
}

/** Whether it is the directory that was opened. Rejects with SinkError where it cannot be looked at. */
async function isStill(folder: Folder): Promise<boolean> {
  try {
    await folder.check();
    return true;
  } catch (error) {
    if (error instanceof SinkError && error.code === 'removed') return false;
    throw error;
  }
}
