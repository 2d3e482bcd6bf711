// Takes in dimension rows that collectors left in the spool. A row may go in any number of times (the newest version stands), so
// nothing has to be remembered; afterwards the dimension's dictionary is read again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIMENSIONS, type DimensionName } from '@weir/record';
import { consumerFolders, DIMENSION_NAMES, FILE_MODE, namesIn, STORE, setRowsAside, tryUnlink } from '@weir/spool';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

const FILES_AT_ONCE = 200;

async function insert(store: Store, dimension: DimensionName, path: string, token: string): Promise<void> {
  const columns = Object.entries(DIMENSIONS[dimension].attributes).map(([name, { type }]) => ({ name, type }));
  await store.insertFile({ table: dimension, path, format: 'JSONEachRow', columns, token });
}

/** A dictionary that is read faster than this is read whenever its table changed, in milliseconds. */
const QUICK_MS = 250;
/** One that takes longer rests this many times as long: addresses that nobody knows may bring rows every second. */
const REST = 10;

/** Reads dictionaries of an embedded engine again after their tables changed: all of a table each time, so not too often. */
export class Dictionaries {
  readonly #store: Pick<Store, 'kind' | 'command'>;
  readonly #now: () => number;
  readonly #changed = new Set<DimensionName>();
  readonly #notBefore = new Map<DimensionName, number>();

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(store: Pick<Store, 'kind' | 'command'>, now = () => performance.now()) {
    this.#store = store;
    this.#now = now;
  }

  changed(dimension: DimensionName): void {
    // A server's dictionaries look for themselves whether their table changed.
    if (this.#store.kind === 'embedded') this.#changed.add(dimension);
  }

  /** Reads those that changed and have rested. Throws StoreError; what was not read stays to be read. */
  async read(): Promise<void> {
    for (const dimension of [...this.#changed]) {
      const began = this.#now();
      if (began < (this.#notBefore.get(dimension) ?? 0)) continue;
      await this.#store.command(`SYSTEM RELOAD DICTIONARY ${DATABASE}.${dimension}_dict`);
      this.#changed.delete(dimension);
      const took = this.#now() - began;
      if (took > QUICK_MS) this.#notBefore.set(dimension, began + took * (1 + REST));
    }
  }
}

/** Returns how many files were taken in. Throws StoreError and SpoolError. */
async function loadDimension(
  store: Store,
  dir: string,
  dimension: DimensionName,
  dictionaries: Dictionaries,
): Promise<number> {
  const folder = consumerFolders(dir, STORE).dimension(dimension);
  const names = namesIn(folder, '.jsonl').slice(0, FILES_AT_ONCE);
  if (names.length === 0) return 0;
  const path = (name: string) => join(folder, `${name}.jsonl`);
  const batch = join(folder, 'batch.loading');
  writeFileSync(batch, Buffer.concat(names.map((name) => readFileSync(path(name)))), { mode: FILE_MODE });
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
        setRowsAside(dir, STORE, path(name), `${dimension}-${name}.jsonl`, broken.message);
      }
    }
  }
  tryUnlink(batch);
  for (const name of names) tryUnlink(path(name));
  dictionaries.changed(dimension);
  return names.length;
}

/** Takes in all dimensions' rows; returns how many files. Throws StoreError and SpoolError. */
export async function loadDimensions(store: Store, dir: string, dictionaries: Dictionaries): Promise<number> {
  let files = 0;
  for (const dimension of DIMENSION_NAMES) files += await loadDimension(store, dir, dimension, dictionaries);
  await dictionaries.read();
  return files;
}
