// The parts that tables are made of, those in use and those that were put aside.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionSpan, RETAINED, type RetainedTable } from '../retention/partitions.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Row, Store } from '../store.ts';

export interface StorePart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** The time that it covers, milliseconds since 1970, up to but without `to`; undefined for tables that have no time. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

type Reader = Pick<Store, 'query'>;

const isRetained = (table: string): table is RetainedTable => (RETAINED as readonly string[]).includes(table);

/** What a part covers: by its own word where that lies in its partition, else all of the partition. */
function spanOf(table: string, row: Row): StorePart['span'] {
  if (!isRetained(table)) return undefined;
  const { start, end } = partitionSpan(table, String(row.partition));
  const from = Number(row.from) * 1000;
  const to = (Number(row.to) + 1) * 1000;
  return from >= start && from < to && to <= end + 1000 ? { from, to: Math.min(to, end) } : { from: start, to: end };
}

/** The parts in use, in the order of tables and names; of one table, or of all. Throws StoreError. */
export async function activeParts(store: Reader, table?: string): Promise<StorePart[]> {
  const { rows } = await store.query(
    `SELECT table, name, partition, rows, bytes_on_disk AS bytes, toUnixTimestamp(min_time) AS from, toUnixTimestamp(max_time) AS to
     FROM system.parts WHERE active AND database = {database:String} AND ({table:String} = '' OR table = {table:String})
     ORDER BY table, name`,
    { database: DATABASE, table: table ?? '' },
    { limits: { maxResultRows: 1_000_000 } },
  );
  return rows.map((row) => ({
    table: String(row.table),
    name: String(row.name),
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    span: spanOf(String(row.table), row),
  }));
}

/** A part that lies in its table's folder `detached`. */
export interface DetachedPart {
  readonly table: string;
  /** Name of its folder. */
  readonly name: string;
  /** Why, where the engine put it there by itself: `broken-on-start` and the like; empty where it was told to. */
  readonly reason: string;
  readonly bytes: number;
  /** Its folder, on the machine of the engine. */
  readonly path: string;
}

/** Reasons for which the engine puts parts aside whose rows are then missing. */
const BROKEN: ReadonlySet<string> = new Set(['broken-on-start', 'broken', 'unexpected', 'covered-by-broken']);

/** Parts that the engine has put aside by itself because they are broken. Throws StoreError. */
export async function brokenParts(store: Reader): Promise<DetachedPart[]> {
  const { rows } = await store.query(
    `SELECT table, name, ifNull(reason, '') AS reason, bytes_on_disk AS bytes, path
     FROM system.detached_parts
     WHERE database = {database:String} ORDER BY table, name`,
    { database: DATABASE },
    { limits: { maxResultRows: 1_000_000 } },
  );
  return rows
    .map((row) => ({
      table: String(row.table),
      name: String(row.name),
      reason: String(row.reason),
      bytes: Number(row.bytes),
      path: String(row.path),
    }))
    .filter((part) => BROKEN.has(part.reason));
}

/** A part's name in the table, from that of its folder in `detached`: without the reason before and the attempt after it. */
export function partNameOf(detached: DetachedPart): string {
  return detached.name.slice(detached.reason === '' ? 0 : detached.reason.length + 1).replace(/_try\d+$/, '');
}

/** The time of a part that was put aside: that of its partition, whose id begins its name (a time in seconds, or a date's digits). */
export function spanOfDetached(detached: DetachedPart): StorePart['span'] {
  const id = /^(\d{8,10})_\d+_\d+_\d+/.exec(partNameOf(detached))?.[1];
  if (id === undefined || !isRetained(detached.table)) return undefined;
  const name =
    id.length === 8
      ? `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6)}`
      : new Date(Number(id) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const { start, end } = partitionSpan(detached.table, name);
  return { from: start, to: end };
}

/** How many rows a part that was put aside has by its own word; undefined where it cannot be asked. */
export function rowsOfDetached(detached: DetachedPart, kind: Store['kind']): number | undefined {
  if (kind === 'server') return undefined;
  try {
    const text = readFileSync(join(detached.path, 'count.txt'), 'utf8');
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}
