// The rows of a damaged part that can still be read, for tables that are small enough to hold them in memory: names, the ledger, the
// state of roll-ups. They go back in when the part is out.
import { stringLiteral } from '../connection/literals.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Row, Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

/** Rows of a granule: the least that is read of a part at once. */
const GRANULE = 8192;
const STEP = 8 * GRANULE;
/** A part with more rows than this would take too much memory, and is lost whole. */
export const MAX_ROWS = 2_000_000;

const LIMITS = { maxSeconds: 300, maxResultRows: STEP, maxResultBytes: 2 ** 30 };

type Reader = Pick<Store, 'query'>;

async function columnsOf(store: Reader, table: string): Promise<string[]> {
  const { rows } = await store.query(
    'SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position',
    { database: DATABASE, table },
  );
  return rows.map((row) => `\`${String(row.name)}\``);
}

/** Reads what can be read of a part that has `total` rows by its own word. Throws StoreError other than `damaged`. */
export async function readableRows(store: Reader, table: string, part: string, total: number): Promise<Row[]> {
  if (total > MAX_ROWS) return [];
  const columns = (await columnsOf(store, table)).join(', ');
  const found: Row[] = [];
  const columnsFrom = `SELECT ${columns} FROM ${DATABASE}.${table} WHERE _part = ${stringLiteral(part)}`;
  const read = async (from: number, to: number): Promise<void> => {
    try {
      const { rows } = await store.query(
        `${columnsFrom} AND _part_offset >= {from:UInt64} AND _part_offset < {to:UInt64}`,
        { from, to },
        { limits: LIMITS },
      );
      for (const row of rows) found.push(row);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'damaged') throw error;
      if (to - from <= GRANULE) return;
      for (let at = from; at < to; at += GRANULE) await read(at, Math.min(at + GRANULE, to));
    }
  };
  try {
    // Without a condition on places first: one needs the part's index, which may be what is damaged.
    const all = { maxSeconds: 300, maxResultRows: MAX_ROWS, maxResultBytes: 2 ** 31 };
    return [...(await store.query(columnsFrom, {}, { limits: all })).rows];
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'damaged') throw error;
  }
  for (let at = 0; at < total; at += STEP) await read(at, Math.min(at + STEP, total));
  return found;
}
