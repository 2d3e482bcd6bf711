// The directory that a sink writes to: made, locked so that one process alone writes there under the sink's name, and told from another that
// was put in its place.
import { type FileHandle, open, readdir, rename, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '@weir/libc';
import { errno, FILE_MODE } from '@weir/spool';
import { closing, makeDirectories, syncFolder } from '../durable.ts';
import { asSinkError, SinkError } from '../errors.ts';
import { type FileNames, PART } from './file-names.ts';
import type { Part } from './state.ts';

export class Folder {
  readonly path: string;
  readonly #lockPath: string;
  readonly #lock: FileHandle;
  readonly #names: FileNames;

  private constructor(path: string, lockPath: string, lock: FileHandle, names: FileNames) {
    this.path = path;
    this.#lockPath = lockPath;
    this.#lock = lock;
    this.#names = names;
  }

  /** Makes the directory if it is not there, and takes its lock. Rejects with SinkError. */
  static async open(path: string, sink: string, names: FileNames): Promise<Folder> {
    const lockPath = join(path, `.weir-${sink}.lock`);
    let lock: FileHandle;
    try {
      await makeDirectories(path);
      lock = await open(lockPath, 'a', FILE_MODE);
    } catch (error) {
      throw asSinkError(error, `open the directory ${path}`);
    }
    if (tryLock(lock.fd) === false) {
      await lock.close();
      const message = `another Weir writes to ${path} as sink "${sink}": give one of them another name or path`;
      throw new SinkError('in_use', message);
    }
    return new Folder(path, lockPath, lock, names);
  }

  /** Rejects with SinkError `removed` when it is not the directory any more that was opened. */
  async check(): Promise<void> {
    try {
      // One after the other: each waits in a thread where the file system does not answer.
      const here = await stat(this.#lockPath);
      const ours = await this.#lock.stat();
      if (here.ino === ours.ino && here.dev === ours.dev) return;
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw asSinkError(error, `look at ${this.path}`);
    }
    throw new SinkError('removed', `${this.path} was removed or replaced`);
  }

  async close(): Promise<void> {
    await this.#lock.close().catch(() => {});
  }

  /** Names of the sink's files: complete ones, and those being written without their ending. Rejects with SinkError. */
  async list(): Promise<{ readonly complete: string[]; readonly parts: string[] }> {
    let files: string[];
    try {
      files = await readdir(this.path);
    } catch (error) {
      throw asSinkError(error, `read ${this.path}`);
    }
    const parts = files.flatMap((file) => (file.endsWith(PART) ? [file.slice(0, -PART.length)] : []));
    return {
      complete: files.filter((file) => this.#names.isOurs(file)).sort(),
      parts: parts.filter((file) => this.#names.isOurs(file)).sort(),
    };
  }

  /** Bytes of a file; undefined where there is none. Rejects with SinkError. */
  async sizeOf(file: string): Promise<number | undefined> {
    const path = join(this.path, file);
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw asSinkError(error, `look at ${path}`);
    }
  }

  /** Gives a file that is being written its final name. */
  async publish(name: string): Promise<void> {
    const path = join(this.path, name);
    try {
      await rename(path + PART, path);
      await syncFolder(this.path);
    } catch (error) {
      throw asSinkError(error, `rename ${path}${PART}`);
    }
  }

  /** Cuts a file that is being written to what is acknowledged of it. */
  async cut({ name, bytes }: Part): Promise<void> {
    const path = join(this.path, name + PART);
    try {
      await truncate(path, bytes);
      const file = await open(path, 'r+');
      await closing(file, () => file.sync());
    } catch (error) {
      throw asSinkError(error, `cut ${path}`);
    }
  }

  /** Removes a file; one that is not there is no error. */
  async remove(file: string): Promise<void> {
    const path = join(this.path, file);
    try {
      await unlink(path);
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw asSinkError(error, `remove ${path}`);
    }
  }
}
