// Room on the disk that is kept for dropping: the engine writes a little before it drops anything, so on a disk without a free byte it
// could drop nothing and the disk would stay full.
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

/** The engine asks for 1 MiB at a time; what else is written meanwhile takes some too. */
const BYTES = 16 * 1024 * 1024;
const BLOCK = Buffer.alloc(1024 * 1024);

export class Ballast {
  readonly #path: string;

  /** `path`: the file that holds the room, on the store's file system. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the room where there is some. Never throws: without it the disk is full as any other. */
  take(): void {
    if ((statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= BYTES) return;
    let fd: number | undefined;
    try {
      fd = openSync(this.#path, 'w', 0o600);
      // Written, not only made longer: a hole in a file is no room.
      for (let bytes = 0; bytes < BYTES; bytes += BLOCK.length) writeSync(fd, BLOCK);
    } catch {
      this.release();
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** Gives the room back; whether there was any. */
  release(): boolean {
    try {
      rmSync(this.#path);
      return true;
    } catch {
      return false;
    }
  }
}
