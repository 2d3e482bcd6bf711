// The part that series, top and graph share: the rows that match, from all segments of the plan, as keys to group by and numbers
// to sum. Whoever asks groups them once: grouping each segment first would hold every group twice.
import type { Filter } from '../language/ast.ts';
import type { Sum } from '../metrics.ts';
import type { Canonical } from './canonical.ts';
import { filterSql } from './filter.ts';
import { DATABASE } from './names.ts';
import type { Params } from './params.ts';
import type { Plan } from './plan.ts';
import type { Source } from './source.ts';

export interface Matching {
  /** Items for the WITH clause at the head of the whole statement, which `sql` refers to. */
  readonly with: readonly string[];
  /** SELECT with the columns k0… (keys), s0… (to be summed) and, when there is a step, t. */
  readonly sql: string;
  /** Raw columns, in order: k0 is the first. */
  readonly columns: readonly string[];
}

export interface MatchingRequest {
  readonly plan: Plan;
  readonly filter: Filter | undefined;
  /** Raw columns to group by; repeated ones are there once. */
  readonly columns: readonly string[];
  /** Columns of keys that stand for each other. */
  readonly canonical?: ReadonlyMap<string, Canonical>;
  readonly sums: readonly Sum[];
  /** With the start of the interval of this many milliseconds that a row is in. */
  readonly stepMs?: number;
}

export function matching(request: MatchingRequest, params: Params): Matching {
  const columns = [...new Set(request.columns)];
  const named = new Map<string, string>();
  const keyOf = (source: Source, column: string): string => {
    const key = source.column(column);
    const canonical = request.canonical?.get(column);
    if (canonical === undefined) return key;
    if (canonical.arrays === undefined) return canonical.sql(key, '');
    const name = named.get(canonical.arrays) ?? `alike${named.size}`;
    named.set(canonical.arrays, name);
    return canonical.sql(key, name);
  };
  const parts = request.plan.segments.map(({ source, from, to }) => {
    const selected = [
      ...(request.stepMs === undefined ? [] : [`${source.bucket(request.stepMs)} AS t`]),
      ...columns.map((column, index) => `${keyOf(source, column)} AS k${index}`),
      ...request.sums.map((sum, index) => `${source.addend(sum)} AS s${index}`),
    ];
    const within = source.within(params.add('Int64', BigInt(from)), params.add('Int64', BigInt(to)));
    const where = `WHERE ${within} AND ${filterSql(request.filter, source, params)}`;
    return `SELECT ${selected.join(', ')} FROM ${DATABASE}.${source.table} ${where}`;
  });
  return {
    sql: parts.join('\nUNION ALL\n'),
    // Both arrays come from one look at the dictionary. Taken out of their tuple where they are used, they would be copied into the
    // plan there: with 300,000 entities a question took three times the memory and twice the time.
    with: [...named].flatMap(([arrays, name]) => [
      `${arrays} AS ${name}`,
      `(SELECT ${name}.1) AS ${name}_from`,
      `(SELECT ${name}.2) AS ${name}_to`,
    ]),
    columns,
  };
}

/** The WITH clause of a statement; nothing when there is nothing in it. */
export function withSql(items: readonly string[]): string {
  return items.length === 0 ? '' : `WITH ${items.join(',\n')}\n`;
}

/** Name of the key of a raw column among the rows that match. */
export function keyColumn({ columns }: Matching, column: string): string {
  return `k${columns.indexOf(column)}`;
}

/** Names of all keys. */
export function keyColumns({ columns }: Matching): string[] {
  return columns.map((_, index) => `k${index}`);
}

/** SELECT items m0…: each sum over a group. */
export function sumItems(sums: readonly Sum[]): string[] {
  return sums.map((_, index) => `toFloat64(sum(s${index})) AS m${index}`);
}
