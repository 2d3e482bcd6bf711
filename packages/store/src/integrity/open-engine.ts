// Opens the embedded store although something in it is damaged that the engine does not start with: definitions are put back from their
// copy, and what stands in the place of a part is moved aside. Everything that was done is told.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from 'chdb';
import { type EngineOptions, startEngine } from '../connection/engine.ts';
import { asStoreError, StoreError } from '../store-error.ts';
import { placeIn } from './damage.ts';
import { directoryOf, restoreDefinitions } from './definitions.ts';

/** Errors that have nothing to do with damage: nothing is touched for them. */
const OTHERS: ReadonlySet<string> = new Set(['locked', 'disk_full', 'not_writable', 'query_memory', 'store_memory']);

/** Each attempt moves one thing out of the way. */
const MAX_ATTEMPTS = 50;

export interface Opened {
  readonly session: Session;
  /** What had to be done, as sentences. Empty for a store that was as it should be. */
  readonly notes: readonly string[];
}

/** Throws StoreError: `damaged` when the engine cannot be started with what is there. */
export function openEngine(options: EngineOptions): Opened {
  const { path } = options;
  const notes: string[] = [];
  const putBack = (all: boolean): boolean => {
    const { files, emptied } = restoreDefinitions(path, all);
    for (const file of files) notes.push(`the definition ${file} was damaged or gone and was put back from its copy`);
    if (!all)
      for (const table of emptied) notes.push(`the directory of the table ${table} is gone: the table is empty`);
    return files.length > 0;
  };
  try {
    putBack(false);
  } catch (error) {
    throw asStoreError(error, `open the store in ${path}`);
  }
  for (let attempt = 0; ; attempt++) {
    try {
      return { session: startEngine(options), notes };
    } catch (error) {
      const failed = asStoreError(error, `open the store in ${path}`);
      if (OTHERS.has(failed.code)) throw failed;
      const reason = error instanceof Error ? error.message : String(error);
      if (attempt < MAX_ATTEMPTS && ((attempt === 0 && putBack(true)) || moveAside(path, reason, notes))) continue;
      throw new StoreError(
        'damaged',
        `the store in ${path} is damaged and cannot be opened (${reason}): ` +
          'put a backup in its place with weir store restore, or move it away to begin with an empty one',
        failed.engineCode,
        error,
      );
    }
  }
}

/** Moves what the engine stumbled over out of its table's directory, to where it puts broken parts itself. */
function moveAside(dir: string, reason: string, notes: string[]): boolean {
  const place = placeIn(reason);
  if (place === undefined) return false;
  const table = join(dir, directoryOf(place.uuid));
  const from = join(table, place.name);
  const to = join(table, 'detached', `broken-on-start_${place.name}`);
  if (!existsSync(from) || existsSync(to)) return false;
  mkdirSync(join(table, 'detached'), { recursive: true });
  renameSync(from, to);
  notes.push(`${from} kept the engine from starting and was moved to ${to}`);
  return true;
}
