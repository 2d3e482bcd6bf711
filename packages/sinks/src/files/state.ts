// What a sink's directory has acknowledged, in a small file beside the files that are written: up to where, and which file of the spool was
// the last. After a kill whatever is behind that is cut off, so that no flow is there twice.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ends, errno } from '@weir/spool';
import { writeDurably } from '../durable.ts';
import { asSinkError } from '../errors.ts';

/** A file that is being written, by its final name, and how many bytes of it are acknowledged. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
}

export interface FilesState {
  readonly version: 1;
  /** The file that flows go into. */
  readonly part?: Part | undefined;
  /** Files that the last delivery has filled, which may not have their final names yet. */
  readonly full: readonly Part[];
  /** What became of the last file of the spool. Those before it are known to be counted: files are delivered one after the other. */
  readonly last?: { readonly name: string; readonly ends: Ends } | undefined;
}

export const NEW_STATE: FilesState = { version: 1, full: [] };

const isPart = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Part).name === 'string' &&
  Number.isSafeInteger((value as Part).bytes);

function isState(value: unknown): value is FilesState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, part, full, last } = value as Partial<FilesState>;
  return (
    version === 1 &&
    (part === undefined || isPart(part)) &&
    Array.isArray(full) &&
    full.every(isPart) &&
    (last === undefined || (typeof last.name === 'string' && Array.isArray(last.ends)))
  );
}

export class StateFile {
  readonly #path: string;

  constructor(folder: string, sink: string) {
    this.#path = join(folder, `.weir-${sink}.state`);
  }

  /** Undefined where there is none that can be understood. Rejects with SinkError. */
  async read(): Promise<FilesState | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw asSinkError(error, `read ${this.#path}`);
    }
    try {
      const state: unknown = JSON.parse(text);
      return isState(state) ? state : undefined;
    } catch {
      return undefined;
    }
  }

  /** Resolves when it is on the disk, as a whole. Rejects with SinkError; then the one before stands. */
  async write(state: FilesState): Promise<void> {
    try {
      await writeDurably(this.#path, (file) => file.writeFile(JSON.stringify(state)));
    } catch (error) {
      throw asSinkError(error, `write ${this.#path}`);
    }
  }
}
