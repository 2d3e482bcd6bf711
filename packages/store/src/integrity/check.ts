// Reads everything that is in the store and says what of it is damaged, lost or missing. Changes nothing.
import { DIMENSIONS } from '@weir/record';
import { stringLiteral } from '../connection/literals.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { missingByExporter, missingInAll } from './missing-flows.ts';
import { activeParts, brokenParts, type DetachedPart, type StorePart } from './parts.ts';

export type CheckStore = Pick<Store, 'kind' | 'query' | 'command'>;

export interface DamagedStorePart extends StorePart {
  /** In the engine's words, shortened. */
  readonly reason: string;
}

export interface CheckReport {
  /** Parts in use that are damaged. */
  readonly damaged: readonly DamagedStorePart[];
  /** Parts that the engine has put aside and that are not accounted for. */
  readonly broken: readonly DetachedPart[];
  /** Flows that the ledger says are stored and that are nowhere, by the exporter's key. Parts that were put aside are among the causes. */
  readonly missing: Readonly<Record<string, number>>;
  /** Dictionaries that cannot be read: names are missing. */
  readonly dictionaries: readonly { readonly name: string; readonly reason: string }[];
  readonly parts: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface CheckOptions {
  /** Called after each part. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Whether there is nothing to repair. */
export function isWhole({ damaged, broken, missing, dictionaries }: CheckReport): boolean {
  return damaged.length + broken.length + Object.keys(missing).length + dictionaries.length === 0;
}

/** No such part: a merge has taken it meanwhile. */
const NO_SUCH_PART = 232;

/** The engine's words without what every such message has. */
function shortened(message: string): string {
  const text = message.replace(/^Code: \d+\. DB::Exception: /, '').replace(/\s+\(version .*\)$/, '');
  // Of a wrong checksum it says on a page what may be wrong with the hardware.
  return text.replace(/ If you receive broken data over network.*$/s, '').slice(0, 300);
}

/** Why a part cannot be read; undefined when it can, or is gone. Throws StoreError other than `damaged`. */
export async function damageOf(store: CheckStore, part: StorePart, signal?: AbortSignal): Promise<string | undefined> {
  const abort = signal === undefined ? {} : { signal };
  try {
    const { rows } = await store.query(
      `CHECK TABLE ${DATABASE}.${part.table} PART ${stringLiteral(part.name)}`,
      {},
      { limits: { maxSeconds: 3600 }, settings: { check_query_single_value_result: 0, max_threads: 1 }, ...abort },
    );
    const bad = rows.find((row) => row.is_passed !== 1);
    return bad === undefined ? undefined : shortened(String(bad.message));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.engineCode === NO_SUCH_PART) return undefined;
    if (error.code !== 'damaged') throw error;
    return error.message;
  }
}

/** Throws StoreError. */
export async function checkStore(store: CheckStore, options: CheckOptions = {}): Promise<CheckReport> {
  const parts = await activeParts(store);
  const damaged: DamagedStorePart[] = [];
  for (const [index, part] of parts.entries()) {
    options.signal?.throwIfAborted();
    const reason = await damageOf(store, part, options.signal);
    if (reason !== undefined) damaged.push({ ...part, reason });
    options.onProgress?.(index + 1, parts.length);
  }
  return {
    damaged,
    broken: await unaccounted(store),
    missing: await missing(store, damaged),
    dictionaries: await brokenDictionaries(store),
    parts: parts.length,
    rows: parts.reduce((sum, part) => sum + part.rows, 0),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  };
}

/** Parts put aside by the engine that no account has. Throws StoreError. */
export async function unaccounted(store: CheckStore): Promise<DetachedPart[]> {
  const broken = await brokenParts(store);
  if (broken.length === 0) return broken;
  const { rows } = await store.query(
    `SELECT DISTINCT table, part FROM ${DATABASE}.damaged_parts`,
    {},
    {
      limits: { maxResultRows: 1_000_000 },
    },
  );
  const known = new Set(rows.map((row) => `${row.table} ${row.part}`));
  return broken.filter((part) => !known.has(`${part.table} ${part.name}`));
}

/** With a damaged part of flows or of the ledger nobody can count; that is then what there is to say. */
async function missing(store: CheckStore, damaged: readonly DamagedStorePart[]): Promise<Record<string, number>> {
  if (damaged.some(({ table }) => table === 'flows' || table === 'ledger')) return {};
  if ((await missingInAll(store)) <= 0) return {};
  return Object.fromEntries(await missingByExporter(store));
}

async function brokenDictionaries(store: CheckStore): Promise<{ name: string; reason: string }[]> {
  const found: { name: string; reason: string }[] = [];
  for (const dimension of Object.keys(DIMENSIONS)) {
    const name = `${dimension}_dict`;
    try {
      await store.command(`SYSTEM RELOAD DICTIONARY ${DATABASE}.${name}`);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === 'not_allowed') throw error;
      found.push({ name, reason: shortened(error.message) });
    }
  }
  return found;
}
