// How many flows of which exporter a part holds, as far as it can be read: a damaged part still tells most of them, because only the
// column of exporters is read, and only the granules whose bytes are damaged fail.
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

/** Rows of a granule, the least that is read of a part at once. */
const GRANULE = 8192;
/** Reading a part in halves stops here: enough for a granule of a part of a billion rows. */
const MAX_QUERIES = 400;

const LIMITS = { maxSeconds: 600, maxResultRows: 10_000_000, maxResultBytes: 2 ** 30 };

export interface ExporterCounts {
  /** By the exporter's key as decimal text. */
  readonly rows: Map<string, number>;
  /** Rows whose exporter cannot be read. */
  unreadable: number;
}

type Reader = Pick<Store, 'query'>;

async function count(store: Reader, where: string, params: Readonly<Record<string, string | number>>) {
  const { rows } = await store.query(
    `SELECT toString(exporter) AS exporter, count() AS rows FROM ${DATABASE}.flows WHERE ${where} GROUP BY exporter`,
    params,
    { limits: LIMITS },
  );
  return rows.map((row) => [String(row.exporter), Number(row.rows)] as const);
}

function add(to: Map<string, number>, rows: readonly (readonly [string, number])[]): number {
  let sum = 0;
  for (const [exporter, count] of rows) {
    to.set(exporter, (to.get(exporter) ?? 0) + count);
    sum += count;
  }
  return sum;
}

const isDamage = (error: unknown): boolean => error instanceof StoreError && error.code === 'damaged';

/** Counts the rows of one part. `total`: how many it has by its own word. Throws StoreError other than `damaged`. */
export async function rowsOfPart(store: Reader, part: string, total: number): Promise<ExporterCounts> {
  const counts: ExporterCounts = { rows: new Map(), unreadable: 0 };
  let queries = 0;
  const read = async (from: number, to: number): Promise<void> => {
    try {
      if (queries++ >= MAX_QUERIES) throw new StoreError('damaged', `too many places of ${part} cannot be read`);
      const where = '_part = {part:String} AND _part_offset >= {from:UInt64} AND _part_offset < {to:UInt64}';
      const found = add(counts.rows, await count(store, where, { part, from, to }));
      counts.unreadable += Math.max(0, to - from - found);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (to - from <= GRANULE) {
        counts.unreadable += to - from;
        return;
      }
      const middle = from + Math.ceil((to - from) / 2 / GRANULE) * GRANULE;
      await read(from, middle);
      await read(middle, to);
    }
  };
  try {
    // Without a condition on places first: one needs the part's index, which may be what is damaged.
    add(counts.rows, await count(store, '_part = {part:String}', { part }));
  } catch (error) {
    if (!isDamage(error)) throw error;
    await read(0, total);
  }
  return counts;
}

/** Counts the rows of the parts of flows in a partition that hold no block after `last`. Throws StoreError other than `damaged`. */
export async function rowsOfPartition(
  store: Reader,
  partition: { readonly id: string; readonly blocks: readonly [number, number] },
): Promise<ExporterCounts> {
  const params = { database: DATABASE, id: partition.id, last: partition.blocks[1] };
  const parts = `SELECT name FROM system.parts WHERE active AND database = {database:String} AND table = 'flows'
    AND partition_id = {id:String} AND max_block_number <= {last:Int64}`;
  const counts: ExporterCounts = { rows: new Map(), unreadable: 0 };
  try {
    add(counts.rows, await count(store, `_partition_id = {id:String} AND _part IN (${parts})`, params));
    return counts;
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const { rows } = await store.query(parts.replace('SELECT name', 'SELECT name, toString(rows) AS total'), params);
  for (const { name, total } of rows) {
    const one = await rowsOfPart(store, String(name), Number(total));
    add(counts.rows, [...one.rows]);
    counts.unreadable += one.unreadable;
  }
  return counts;
}
