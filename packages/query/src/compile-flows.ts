// Flow records, newest first, page by page. A page is found by trying the newest part of the range first and reaching further
// back only while it is not full: a table of billions of rows is not sorted to show the last hundred.
//
// Pages follow each other by keyset: a cursor says after which row to go on. Rows have no number of their own, so the key is a
// tuple of columns, and the cursor also counts the rows already shown that have that very tuple.
import type { Flow } from './answers.ts';
import { type CompileContext, filterOf, type ResultRow, rangeOf } from './compile.ts';
import { QueryError } from './errors.ts';
import type { FlowsQuery } from './query-schema.ts';
import { filterSql } from './sql/filter.ts';
import { flowOf, flowSelect, storedFields } from './sql/flow-columns.ts';
import { DATABASE } from './sql/names.ts';
import { Params, type ParamValue } from './sql/params.ts';
import { flowsSource } from './sql/source.ts';

/** Newest first; the rest only makes the order total. All are core columns. */
const ORDER = ['time_received', 'flow_id', 'time_end', 'exporter', 'bytes_sampled'] as const;
const ORDER_TYPES = ['Int64', 'UInt64', 'Int64', 'UInt64', 'UInt64'] as const;

/** Where a page ended. */
interface Cursor {
  /** Range of the first page: `now` must not move between pages. */
  readonly from: number;
  readonly to: number;
  /** Values of ORDER of the last row, in decimal. */
  readonly after: readonly string[];
  /** Rows with just these values that were shown. */
  readonly shown: number;
}

export function encodeCursor(cursor: Cursor): string {
  return [cursor.from, cursor.to, cursor.shown, ...cursor.after].map((value) => BigInt(value).toString(36)).join('.');
}

function decodeCursor(text: string): Cursor {
  const parts = text.split('.');
  if (parts.length !== 3 + ORDER.length || !parts.every((part) => /^[0-9a-z]{1,14}$/.test(part))) {
    throw new QueryError('bad_cursor', [{ message: 'This is no cursor of a page of flows', parameter: 'cursor' }]);
  }
  const [from, to, shown, ...after] = parts.map((part) => {
    let value = 0n;
    for (const digit of part) value = value * 36n + BigInt(Number.parseInt(digit, 36));
    return value;
  });
  if (after.some((value) => value >= 2n ** 64n)) {
    throw new QueryError('bad_cursor', [{ message: 'This is no cursor of a page of flows', parameter: 'cursor' }]);
  }
  return { from: Number(from), to: Number(to), shown: Number(shown), after: after.map(String) };
}

/** First window looked at, and how much wider each next one is. */
const FIRST_WINDOW_MS = 2000;
const WINDOW_GROWTH = 8;

export interface FlowsPage {
  readonly flows: Flow[];
  readonly next: string | null;
}

/** A query for flows, as the statements that fill a page: ask for them one after another until `done`. */
export class FlowsPager {
  readonly from: number;
  readonly to: number;
  readonly resolution = 'flows';
  readonly #query: FlowsQuery;
  readonly #context: CompileContext;
  readonly #cursor: Cursor | undefined;
  readonly #filter: ReturnType<typeof filterOf>;
  readonly #rows: ResultRow[] = [];
  /** End of the next window. */
  #end: number;
  #window = FIRST_WINDOW_MS;
  #more = false;

  /** Throws QueryError. */
  constructor(query: FlowsQuery, context: CompileContext) {
    this.#query = query;
    this.#context = context;
    this.#filter = filterOf(query.filter);
    this.#cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const range = this.#cursor ?? rangeOf(query, context.now);
    this.from = range.from;
    this.to = range.to;
    // The last page's last row is in this window too.
    this.#end = this.#cursor === undefined ? range.to : Math.min(range.to, Number(this.#cursor.after[0]) + 1);
  }

  /** Whether the page is full or the range read through. */
  get done(): boolean {
    return this.#more || this.#end <= this.from;
  }

  /** The next statement. Give its rows to `take`. */
  next(): { readonly sql: string; readonly params: Readonly<Record<string, ParamValue>> } {
    const start = Math.max(this.from, this.#end - this.#window);
    const { columnsPresent } = this.#context;
    const params = new Params();
    const source = flowsSource(columnsPresent);
    const conditions = [source.within(params.add('Int64', BigInt(start)), params.add('Int64', BigInt(this.#end)))];
    const first = this.#cursor !== undefined && this.#rows.length === 0 && this.#cursor.shown > 0;
    if (this.#cursor !== undefined && this.#holdsCursor()) conditions.push(afterSql(this.#cursor, params));
    conditions.push(filterSql(this.#filter, source, params));
    // One more than fits tells whether there is a next page.
    const wanted = this.#query.limit - this.#rows.length + 1;
    const offset = first && this.#holdsCursor() ? ` OFFSET ${this.#cursor?.shown ?? 0}` : '';
    const names = storedFields(columnsPresent).map((field) => field.name);
    const sql = `SELECT ${flowSelect(columnsPresent).join(', ')} FROM (
SELECT ${names.join(', ')} FROM ${DATABASE}.flows WHERE ${conditions.join(' AND ')}
ORDER BY ${ORDER.map((column) => `${column} DESC`).join(', ')} LIMIT ${wanted}${offset}
) ORDER BY ${ORDER.map((column) => `${column} DESC`).join(', ')}`;
    return { sql, params: params.values };
  }

  /** Takes the rows of the last statement. */
  take(rows: readonly ResultRow[]): void {
    const room = this.#query.limit - this.#rows.length;
    this.#more = rows.length > room;
    this.#rows.push(...rows.slice(0, room));
    this.#end -= this.#window;
    this.#window *= WINDOW_GROWTH;
  }

  /** The page, once done. */
  page(): FlowsPage {
    const flows = this.#rows.map((row) => flowOf(row, this.#context.columnsPresent));
    const last = this.#rows.at(-1);
    if (!this.#more || last === undefined) return { flows, next: null };
    const after = valuesOf(last);
    let shown = 0;
    for (let at = this.#rows.length - 1; at >= 0 && same(valuesOf(this.#rows[at]), after); at--) shown++;
    // A page of nothing but rows like the last one goes on counting.
    if (shown === this.#rows.length && this.#cursor !== undefined && same(this.#cursor.after, after)) {
      shown += this.#cursor.shown;
    }
    return { flows, next: encodeCursor({ from: this.from, to: this.to, after, shown }) };
  }

  /** Whether the next window is the one that the page before ended in. */
  #holdsCursor(): boolean {
    return this.#cursor !== undefined && Number(this.#cursor.after[0]) < this.#end;
  }
}

const valuesOf = (row: ResultRow): string[] => ORDER.map((column) => String(row[`f_${column}`] ?? 0));
const same = (a: readonly string[], b: readonly string[]): boolean => a.every((value, index) => value === b[index]);

/** Rows at the cursor's row or after it; those shown already are skipped by OFFSET. */
function afterSql(cursor: Cursor, params: Params): string {
  const values = cursor.after.map((value, index) => {
    const bound = params.add(ORDER_TYPES[index], BigInt(value));
    return ORDER_TYPES[index] === 'Int64' ? `fromUnixTimestamp64Milli(${bound}, 'UTC')` : bound;
  });
  return `(${ORDER.join(', ')}) <= (${values.join(', ')})`;
}
