// Where things lie in a spool directory, and how a file's ending tells its state:
//   writing/<name>.tmp       flows being written
//   writing/<name>.native    complete, to be sealed and handed to the consumers; <name>.json is its manifest, there before
//   consumers/<consumer>/    what waits for one consumer, as hard links: nothing is copied, and each removes its own
//     flows/<name>.native    may be claimed                       flows/<name>.json   its manifest, there before
//     flows/<name>.claimed   claimed; after a restart it is delivered again under the same name
//     flows/<name>.dropped   over the cap, to be removed once it is counted
//     flows/<name>.counted   its manifest then, until the consumer has seen that the cap dropped it
//     dimensions/<dimension>/<name>.jsonl, ledger/<name>.jsonl   rows that are not flows
//     ledger-copy/<name>.jsonl                                   the same again: a count that is lost is lost for ever
//     aside/                 what could not be read, with its manifest and the reason
//   lanes/                   what lanes know, in memory that outlives them
//   status/                  what each process tells of itself, once a second
//   generation               how often collecting was started: the beginning of names
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DIMENSIONS, type DimensionName } from '@weir/record';
import { asSpoolError } from './errors.ts';

export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as readonly DimensionName[];

/** Only the owner reads and writes what Weir keeps. */
export const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;

/** The consumer that every collector has: the store. */
export const STORE = 'store';

export interface SpoolFolders {
  readonly writing: string;
  readonly lanes: string;
  readonly consumers: string;
  readonly status: string;
}

export function spoolFolders(dir: string): SpoolFolders {
  return {
    writing: join(dir, 'writing'),
    lanes: join(dir, 'lanes'),
    consumers: join(dir, 'consumers'),
    status: join(dir, 'status'),
  };
}

export interface ConsumerFolders {
  readonly flows: string;
  readonly ledger: string;
  readonly ledgerCopy: string;
  readonly aside: string;
  dimension(dimension: DimensionName): string;
}

export function consumerFolders(dir: string, consumer: string): ConsumerFolders {
  const root = join(spoolFolders(dir).consumers, consumer);
  return {
    flows: join(root, 'flows'),
    ledger: join(root, 'ledger'),
    ledgerCopy: join(root, 'ledger-copy'),
    aside: join(root, 'aside'),
    dimension: (dimension) => join(root, 'dimensions', dimension),
  };
}

/**
 * Makes a directory and those above it that are not there. One by one: `recursive` never returns where a file system answers ENOENT to a
 * mkdir in a directory that is there, as /proc does. Throws what mkdir throws.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above);
  try {
    mkdirSync(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** Makes the directories of a spool that are not there. Throws SpoolError. */
export function makeSpool(dir: string): void {
  make(dir, Object.values(spoolFolders(dir)));
}

/** Makes the directories of a consumer that are not there. Throws SpoolError. */
export function makeConsumer(dir: string, consumer: string): void {
  const { flows, ledger, ledgerCopy, aside, dimension } = consumerFolders(dir, consumer);
  make(dir, [flows, ledger, ledgerCopy, aside, ...DIMENSION_NAMES.map(dimension)]);
}

function make(dir: string, folders: readonly string[]): void {
  try {
    for (const folder of folders) makeDirectory(folder);
  } catch (error) {
    throw asSpoolError(error, `make the spool directory ${dir}`);
  }
}

/** Names of the consumers that have a directory, configured or not. */
export function consumersOnDisk(dir: string): string[] {
  const { consumers } = spoolFolders(dir);
  if (!existsSync(consumers)) return [];
  return readdirSync(consumers, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
