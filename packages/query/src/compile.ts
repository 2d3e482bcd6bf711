// What every compiled query has, and the steps they share: resolving the range, reading the filter, reading rows back.
import { QueryError } from './errors.ts';
import { GROUP_NAMES } from './group-names.ts';
import type { Filter } from './language/ast.ts';
import { type FilterField, parseFilter } from './language/index.ts';
import { type Metric, metricValue, sumOf } from './metrics.ts';
import type { ParamValue } from './sql/params.ts';
import type { CompileContext } from './sql/plan.ts';
import { resolveTime } from './time.ts';

export type ResultRow = Readonly<Record<string, unknown>>;

/** What the store gives for a statement. */
export interface Result {
  readonly rows: readonly ResultRow[];
  /** Sums over all groups, of a statement WITH TOTALS. */
  readonly totals?: ResultRow | undefined;
  /** Rows there were before LIMIT: exact with COUNT_GROUPS, otherwise perhaps fewer than there were. */
  readonly rowsBeforeLimit: number;
}

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Settings of the engine that the statement runs with. */
  readonly settings?: Readonly<Record<string, number>>;
}

/** Has the engine count the groups beyond the limit: it knows them all anyway. */
export const COUNT_GROUPS = { exact_rows_before_limit: 1 };

/** A statement with what it takes to read its result. `A` is the answer without what only the store knows of it. */
export interface Compiled<A> extends Statement {
  /** Columns of the result, in order. */
  readonly columns: readonly string[];
  readonly resolution: string;
  /** Range read, in milliseconds since 1970; `to` is not included. */
  readonly from: number;
  readonly to: number;
  readonly intervalSeconds?: number;
  readonly warnings: readonly string[];
  /** Makes the answer of the result. */
  answer(result: Result): A & { readonly truncated: boolean };
}

/** Resolves the range of a query. Throws QueryError `bad_parameter`. */
export function rangeOf(
  query: { readonly from: string; readonly to: string },
  now: number,
): { from: number; to: number } {
  const from = resolveTime(query.from, now);
  const to = resolveTime(query.to, now);
  if (from === undefined || to === undefined) {
    const parameter = from === undefined ? 'from' : 'to';
    throw new QueryError('bad_parameter', [{ message: `"${query[parameter]}" is not a time`, parameter }]);
  }
  if (from >= to) throw new QueryError('bad_parameter', [{ message: 'from is not before to', parameter: 'from' }]);
  return { from, to };
}

/** Reads a filter. Throws QueryError `bad_filter` with positions. */
export function filterOf(text: string): Filter | undefined {
  const { ast, errors } = parseFilter(text);
  if (errors.length > 0)
    throw new QueryError(
      'bad_filter',
      errors.map((error) => ({ ...error, parameter: 'filter' })),
    );
  return ast;
}

/** The fields to group by. Throws QueryError `bad_parameter`. */
export function groupFields(names: readonly string[]): FilterField[] {
  return names.map((name) => {
    const field = GROUP_NAMES.get(name);
    if (field === undefined) {
      throw new QueryError('bad_parameter', [{ message: `There is no field "${name}" to group by`, parameter: 'by' }]);
    }
    return field;
  });
}

/** Metrics of a row of sums. `sum` gives the sum of that name. */
export function metricsOf(
  metrics: readonly Metric[],
  seconds: number,
  sum: (index: number) => number,
  sums: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    metrics.map((metric) => [metric, metricValue(metric, sum(sums.indexOf(sumOf(metric))), seconds)]),
  );
}

export type { CompileContext };
