// Whether the rows of a spool file are in the store already, for files whose insert may or may not have succeeded: the process was
// killed, or the engine failed. An embedded engine writes the deduplication token before it makes the part visible; killed in
// between it would take a second insert for a duplicate and the rows would be lost. So it is asked for the rows themselves.
import { FIELDS } from '@weir/record';
import type { NativeColumn } from '@weir/spool';
import { stringLiteral } from '../connection/literals.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';

/** What tells one row from another: rows that agree in all core columns are the same record received twice in one millisecond. */
const IDENTITY = FIELDS.filter((field) => field.core).map((field) => field.name);

const HASH = `cityHash64(${IDENTITY.join(', ')})`;
const HOUR = 'toUnixTimestamp(toStartOfHour(time_received))';

export interface MissingHour {
  /** Its beginning, unix seconds. */
  readonly hour: number;
  /** Rows of the file that were received in it. */
  readonly rows: number;
}

/**
 * The hours of the file whose rows are not in the store. An insert makes one part an hour, which is there whole or
 * not at all. Throws StoreError.
 */
export async function missingHours(
  store: Pick<Store, 'query'>,
  path: string,
  columns: readonly NativeColumn[],
): Promise<MissingHour[]> {
  const structure = stringLiteral(columns.map(({ name, type }) => `${name} ${type}`).join(', '));
  const file = `file(${stringLiteral(path)}, 'Native', ${structure})`;
  const options = { limits: { maxSeconds: 300 } };
  const inFile = await store.query(
    `SELECT ${HOUR} AS hour, count() AS rows, min(time_received) AS first, max(time_received) AS last
     FROM ${file} GROUP BY hour`,
    {},
    options,
  );
  const missing: MissingHour[] = [];
  for (const { hour, rows, first, last } of inFile.rows) {
    const found = await store.query(
      `SELECT count() AS rows FROM ${DATABASE}.flows
       WHERE time_received BETWEEN {first:DateTime64(3, 'UTC')} AND {last:DateTime64(3, 'UTC')}
         AND ${HASH} IN (SELECT ${HASH} FROM ${file})`,
      { first: String(first), last: String(last) },
      options,
    );
    if (Number(found.rows[0].rows) < Number(rows)) {
      missing.push({ hour: Number(hour), rows: Number(rows) });
    }
  }
  return missing;
}

/** The condition for rows of these hours. */
export function inHours(hours: readonly number[]): string {
  return `${HOUR} IN (${hours.map(Math.trunc).join(', ')})`;
}
