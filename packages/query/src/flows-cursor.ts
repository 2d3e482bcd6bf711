// The orders that flow records come in, and the cursor that says where a page ended. Rows have no number of their own, so the key of a
// row is a tuple of columns, and the cursor also counts the rows already shown that have that very tuple.
import type { ResultRow } from './compile.ts';
import { QueryError } from './errors.ts';
import type { FlowOrder } from './query-schema.ts';
import type { Params } from './sql/params.ts';

type KeyColumn = 'time_received' | 'flow_id' | 'time_end' | 'exporter' | 'bytes_sampled' | 'bytes' | 'packets';

/** Newest first; the rest only makes the order total. All are core columns. */
const BY_TIME: readonly KeyColumn[] = ['time_received', 'flow_id', 'time_end', 'exporter', 'bytes_sampled'];

/** Columns that rows are ordered by, all falling. */
export const ORDER_COLUMNS: Readonly<Record<FlowOrder, readonly KeyColumn[]>> = {
  time: BY_TIME,
  bytes: ['bytes', ...BY_TIME],
  packets: ['packets', ...BY_TIME],
};

/** How a cursor names its order. */
const MARKS: Readonly<Record<FlowOrder, string>> = { time: 't', bytes: 'b', packets: 'p' };

const isTime = (column: KeyColumn) => column === 'time_received' || column === 'time_end';

/** Where a page ended. */
export interface Cursor {
  readonly order: FlowOrder;
  /** Range of the first page: `now` must not move between pages. */
  readonly from: number;
  readonly to: number;
  /** Values of the order's columns in the last row, in decimal. */
  readonly after: readonly string[];
  /** Rows with just these values that were shown. */
  readonly shown: number;
}

export function encodeCursor({ order, from, to, shown, after }: Cursor): string {
  const numbers = [from, to, shown, ...after].map((value) => BigInt(value).toString(36));
  return [MARKS[order], ...numbers].join('.');
}

/** Reads a cursor of that order. Throws QueryError `bad_cursor`. */
export function decodeCursor(text: string, order: FlowOrder): Cursor {
  const [mark, ...parts] = text.split('.');
  const isMark = Object.values(MARKS).includes(mark);
  if (isMark && mark !== MARKS[order])
    throw badCursor('This cursor is of a page in another order: ask with that order');
  if (
    !isMark ||
    parts.length !== 3 + ORDER_COLUMNS[order].length ||
    !parts.every((part) => /^[0-9a-z]{1,14}$/.test(part))
  ) {
    throw badCursor();
  }
  const [from, to, shown, ...after] = parts.map((part) => {
    let value = 0n;
    for (const digit of part) value = value * 36n + BigInt(Number.parseInt(digit, 36));
    return value;
  });
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (from > to || to > most || shown > most || after.some((value) => value >= 2n ** 64n)) throw badCursor();
  return { order, from: Number(from), to: Number(to), shown: Number(shown), after: after.map(String) };
}

function badCursor(message = 'This is no cursor of a page of flows'): QueryError {
  return new QueryError('bad_cursor', [{ message, parameter: 'cursor' }]);
}

/** SQL condition: rows at the cursor's row or after it. Those shown already are skipped by OFFSET. */
export function afterSql({ order, after }: Cursor, params: Params): string {
  const columns = ORDER_COLUMNS[order];
  const values = after.map((value, index) => {
    if (!isTime(columns[index])) return params.add('UInt64', BigInt(value));
    return `fromUnixTimestamp64Milli(${params.add('Int64', BigInt(value))}, 'UTC')`;
  });
  return `(${columns.join(', ')}) <= (${values.join(', ')})`;
}

/** The cursor's values of a row. */
export function keyOf(order: FlowOrder, row: ResultRow): string[] {
  return ORDER_COLUMNS[order].map((column) => String(row[`f_${column}`] ?? 0));
}
