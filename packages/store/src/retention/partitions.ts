// Partitions of the tables from which retention drops: the time that each covers, and how much it holds.
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';

/** Tables that retention drops from, in the order in which size makes them give way, with the span of their partitions. */
const SPANS = {
  flows: 'hour',
  flows_1m: 'six hours',
  flows_5m: 'day',
  flows_1h: 'month',
  ledger: 'day',
} as const;

export type RetainedTable = keyof typeof SPANS;
export const RETAINED = Object.keys(SPANS) as readonly RetainedTable[];

export interface Part {
  readonly name: string;
  readonly rows: number;
}

export interface Partition {
  readonly table: RetainedTable;
  readonly id: string;
  readonly name: string;
  /** The time it covers, milliseconds since 1970: from, and up to but without `end`. */
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly bytes: number;
  readonly parts: readonly Part[];
  /** First and last block of inserts that it holds: merges change its parts, not these. */
  readonly blocks: readonly [first: number, last: number];
}

/** Begin and end of a partition from its name, which is the time it begins at: `2026-01-31 10:00:00` or `2026-01-31`, in UTC. */
export function partitionSpan(table: RetainedTable, name: string): { readonly start: number; readonly end: number } {
  const date = new Date(name.length > 10 ? `${name.replace(' ', 'T')}Z` : `${name}T00:00:00Z`);
  const start = date.getTime();
  switch (SPANS[table]) {
    case 'hour':
      return { start, end: start + 3_600_000 };
    case 'six hours':
      return { start, end: start + 6 * 3_600_000 };
    case 'day':
      return { start, end: start + 86_400_000 };
    case 'month':
      return { start, end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) };
  }
}

/** All partitions there are, oldest first. Throws StoreError. */
export async function partitions(store: Pick<Store, 'query'>): Promise<Partition[]> {
  const { rows } = await store.query(
    `SELECT table, partition_id AS id, any(partition) AS name, groupArray((parts.name, toString(parts.rows))) AS list,
       sum(parts.bytes_on_disk) AS bytes, min(min_block_number) AS first, max(max_block_number) AS last
     FROM system.parts WHERE active AND database = {database:String} AND table IN {tables:Array(String)}
     GROUP BY table, partition_id`,
    { database: DATABASE, tables: [...RETAINED] },
  );
  const found = rows.map((row): Partition => {
    const table = row.table as RetainedTable;
    const name = String(row.name);
    const parts = (row.list as readonly (readonly [string, string])[]).map(([part, count]) => ({
      name: part,
      rows: Number(count),
    }));
    return {
      table,
      id: String(row.id),
      name,
      ...partitionSpan(table, name),
      rows: parts.reduce((sum, part) => sum + part.rows, 0),
      bytes: Number(row.bytes),
      parts,
      blocks: [Number(row.first), Number(row.last)],
    };
  });
  return found.sort((a, b) => a.start - b.start);
}
