// Where things lie in a spool directory, and how a file's name tells its state:
//   flows/<name>.tmp      being written            flows/<name>.json     its manifest, there before the next step
//   flows/<name>.native   complete, may be claimed
//   flows/<name>.loading  claimed by the store; after a restart it is loaded again under the same name
//   dimensions/<dimension>/<name>.jsonl, ledger/<name>.jsonl   complete; written as .tmp
//   corrupt/              what the store could not read
// A name begins with the time of its first flow, 13 digits of milliseconds, so that the order of names is the order of age.
// The name is the store's deduplication token: it is never used twice.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DIMENSIONS, type DimensionName } from '@weir/record';
import { asSpoolError, errno } from './spool-error.ts';

export const FLOWS = 'flows';
export const LEDGER = 'ledger';
export const CORRUPT = 'corrupt';
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as readonly DimensionName[];

export const dimensionFolder = (dimension: DimensionName): string => join('dimensions', dimension);

const FOLDERS = [FLOWS, LEDGER, CORRUPT, 'status', ...DIMENSION_NAMES.map(dimensionFolder)];

/** Makes the directories that are not there. Throws SpoolError. */
export function makeSpool(dir: string): void {
  try {
    for (const folder of FOLDERS) mkdirSync(join(dir, folder), { recursive: true });
  } catch (error) {
    throw asSpoolError(error, `make the spool directory ${dir}`);
  }
}

/**
 * Makes the directories and removes what a collector that was killed left half written. Only for the collector that owns the
 * spool, before its lanes start: a live writer's file would go too. Returns the names removed. Throws SpoolError.
 */
export function prepareSpool(dir: string): string[] {
  makeSpool(dir);
  const removed: string[] = [];
  try {
    for (const folder of FOLDERS) {
      for (const file of readdirSync(join(dir, folder))) {
        if (!file.endsWith('.tmp')) continue;
        rmSync(join(dir, folder, file));
        removed.push(join(folder, file));
      }
    }
  } catch (error) {
    throw asSpoolError(error, `clean the spool directory ${dir}`);
  }
  return removed;
}

/** Name of a spool file. */
export function spoolName(firstReceived: number, writer: string, sequence: number): string {
  return `${String(Math.floor(firstReceived)).padStart(13, '0')}-${writer}-${String(sequence).padStart(8, '0')}`;
}

export function parseSpoolName(name: string): { firstReceived: number } | undefined {
  const match = /^(\d{13})-/.exec(name);
  return match === null ? undefined : { firstReceived: Number(match[1]) };
}

/** Names (without the ending) of the files of a folder that end so, oldest first. A missing folder has none. */
export function namesIn(dir: string, folder: string, ending: string): string[] {
  let files: string[];
  try {
    files = readdirSync(join(dir, folder));
  } catch (error) {
    if (errno(error) === 'ENOENT') return [];
    throw asSpoolError(error, `read ${join(dir, folder)}`);
  }
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** Renames; false when `from` is not there (any more). */
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

/** Removes manifests whose data is gone: the store was killed between removing the two. */
export function removeOrphanManifests(dir: string): void {
  for (const name of namesIn(dir, FLOWS, '.json')) {
    const path = join(dir, FLOWS, name);
    // In the order in which a file changes its ending, so that one that is renamed meanwhile is found at the later ending.
    if (['.tmp', '.native', '.loading'].some((ending) => existsSync(path + ending))) continue;
    tryUnlink(`${path}.json`);
  }
}
