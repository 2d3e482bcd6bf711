// The few steps on files that everything in a spool is made of: each either happens or does not, whenever the process is killed.
import { existsSync, linkSync, readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { asSpoolError, errno } from './errors.ts';
import { FILE_MODE } from './layout.ts';

/** Names (without the ending) of the files of a folder that end so, oldest first. A missing folder has none. */
export function namesIn(folder: string, ending: string): string[] {
  return filesIn(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** The files of a folder, in no order. A missing folder has none. Throws SpoolError. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errno(error) === 'ENOENT') return [];
    throw asSpoolError(error, `read ${folder}`);
  }
}

/** Renames; false when `from` is not there (any more), or the folder of `to` is gone. */
export function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (errno(error) === 'ENOENT') return false;
    throw asSpoolError(error, `rename ${from}`);
  }
}

/** Removes; a file that is not there is no error. */
export function tryUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw asSpoolError(error, `remove ${path}`);
  }
}

/** Size in bytes; 0 when it is not there (any more). */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Writes a file that is seen whole or not at all; `sync` forces it to the disk before it is seen. Throws SpoolError. */
export function writeWhole(path: string, text: string, sync = false): void {
  try {
    writeFileSync(`${path}.tmp`, text, { mode: FILE_MODE, flush: sync });
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    throw asSpoolError(error, `write ${path}`);
  }
}

/**
 * Keeps a second link to a file as `last`, in the place of the one before, for whoever accounts for a process that was killed. Where somebody
 * removed its folder nobody looks for it, and there is nothing to keep. Throws what the file system throws.
 */
export function keepLast(path: string, last: string): void {
  tryUnlink(`${last}.tmp`);
  try {
    linkSync(path, `${last}.tmp`);
    renameSync(`${last}.tmp`, last);
  } catch (error) {
    if (errno(error) !== 'ENOENT' || existsSync(dirname(last))) throw error;
  }
}
