// Flow records page by page, newest or largest first. A page of the newest is found by trying the newest part of the range first and
// reaching further back only while it is not full: a table of billions of rows is not sorted to show the last hundred. The largest
// can be anywhere, so the whole range is looked through for them; the engine reads their other columns only when it has found them.
// Pages follow each other by keyset: a cursor says after which row to go on.
import type { Flow } from './answers.ts';
import { type CompileContext, filterOf, type ResultRow, rangeOf } from './compile.ts';
import { afterSql, type Cursor, decodeCursor, encodeCursor, keyOf, ORDER_COLUMNS } from './flows-cursor.ts';
import type { FlowOrder, FlowsQuery } from './query-schema.ts';
import { filterSql } from './sql/filter.ts';
import { flowOf, flowSelect, storedFields } from './sql/flow-columns.ts';
import { DATABASE } from './sql/names.ts';
import { Params, type ParamValue } from './sql/params.ts';
import { flowsSource } from './sql/source.ts';

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
  readonly #order: FlowOrder;
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
    this.#order = query.order;
    this.#cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor, query.order);
    const range = this.#cursor ?? rangeOf(query, context.now);
    this.from = range.from;
    this.to = range.to;
    this.#end = range.to;
    if (this.#order !== 'time') this.#window = range.to - range.from;
    // The last page's last row is in this window too.
    else if (this.#cursor !== undefined) this.#end = Math.min(range.to, Number(this.#cursor.after[0]) + 1);
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
    const order = ORDER_COLUMNS[this.#order].map((column) => `${column} DESC`).join(', ');
    const sql = `SELECT ${flowSelect(columnsPresent).join(', ')} FROM (
SELECT ${names.join(', ')} FROM ${DATABASE}.flows WHERE ${conditions.join(' AND ')}
ORDER BY ${order} LIMIT ${wanted}${offset}
) ORDER BY ${order}`;
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
    const order = this.#order;
    const after = keyOf(order, last);
    let shown = 0;
    for (let at = this.#rows.length - 1; at >= 0 && same(keyOf(order, this.#rows[at]), after); at--) shown++;
    // A page of nothing but rows like the last one goes on counting.
    if (shown === this.#rows.length && this.#cursor !== undefined && same(this.#cursor.after, after)) {
      shown += this.#cursor.shown;
    }
    return { flows, next: encodeCursor({ order, from: this.from, to: this.to, after, shown }) };
  }

  /** Whether the next window is the one that the page before ended in. */
  #holdsCursor(): boolean {
    if (this.#cursor === undefined) return false;
    return this.#order !== 'time' || Number(this.#cursor.after[0]) < this.#end;
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.every((value, index) => value === b[index]);
