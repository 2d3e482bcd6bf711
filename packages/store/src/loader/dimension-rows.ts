// Takes in dimension rows that collectors left in the spool. A row may go in any number of times (the newest version stands), so
// nothing has to be remembered; afterwards the dimension's dictionary is read again.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIMENSIONS, type DimensionName } from '@weir/record';
import { DATABASE } from '../schema/tables.ts';
import { CORRUPT, DIMENSION_NAMES, dimensionFolder, namesIn, tryUnlink } from '../spool/index.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

const FILES_AT_ONCE = 200;

async function insert(store: Store, dimension: DimensionName, path: string, token: string): Promise<void> {
  const columns = Object.entries(DIMENSIONS[dimension].attributes).map(([name, { type }]) => ({ name, type }));
  await store.insertFile({ table: dimension, path, format: 'JSONEachRow', columns, token });
}

/** Returns how many files were taken in. Throws StoreError and SpoolError. */
async function loadDimension(store: Store, dir: string, dimension: DimensionName): Promise<number> {
  const folder = dimensionFolder(dimension);
  const names = namesIn(dir, folder, '.jsonl').slice(0, FILES_AT_ONCE);
  if (names.length === 0) return 0;
  const path = (name: string) => join(dir, folder, `${name}.jsonl`);
  const batch = join(dir, folder, 'batch.loading');
  writeFileSync(batch, Buffer.concat(names.map((name) => readFileSync(path(name)))));
  try {
    await insert(store, dimension, batch, names.join(' '));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'bad_data') throw error;
    // One of them cannot be read: each on its own tells which.
    for (const name of names) {
      try {
        await insert(store, dimension, path(name), name);
      } catch (broken) {
        if (!(broken instanceof StoreError) || broken.code !== 'bad_data') throw broken;
        renameSync(path(name), join(dir, CORRUPT, `${dimension}-${name}.jsonl`));
      }
    }
  }
  tryUnlink(batch);
  for (const name of names) tryUnlink(path(name));
  // A server's dictionaries look for themselves whether their table changed.
  if (store.kind === 'embedded') await store.command(`SYSTEM RELOAD DICTIONARY ${DATABASE}.${dimension}_dict`);
  return names.length;
}

/** Takes in all dimensions' rows; returns how many files. Throws StoreError and SpoolError. */
export async function loadDimensions(store: Store, dir: string): Promise<number> {
  let files = 0;
  for (const dimension of DIMENSION_NAMES) files += await loadDimension(store, dir, dimension);
  return files;
}
