// The part that series, top and graph share: one aggregation over all segments of the plan, grouped by raw columns.
// Grouping happens by key; names are looked up once a group afterwards, not once a row.
import type { Filter } from '../language/ast.ts';
import type { Sum } from '../metrics.ts';
import { filterSql } from './filter.ts';
import { DATABASE } from './names.ts';
import type { Params } from './params.ts';
import type { Plan } from './plan.ts';

export interface Aggregate {
  /** SELECT with the columns k0… (groups), s0… (sums) and, when there is a step, t. One row a group and segment. */
  readonly sql: string;
  /** Raw columns, in order: k0 is the first. */
  readonly columns: readonly string[];
}

export interface AggregateRequest {
  readonly plan: Plan;
  readonly filter: Filter | undefined;
  /** Raw columns to group by; repeated ones are grouped by once. */
  readonly columns: readonly string[];
  readonly sums: readonly Sum[];
  /** Groups by intervals of this many milliseconds too. */
  readonly stepMs?: number;
}

export function aggregate(request: AggregateRequest, params: Params): Aggregate {
  const columns = [...new Set(request.columns)];
  const parts = request.plan.segments.map(({ source, from, to }) => {
    const selected = [
      ...(request.stepMs === undefined ? [] : [`${source.bucket(request.stepMs)} AS t`]),
      ...columns.map((column, index) => `${source.column(column)} AS k${index}`),
      ...request.sums.map((sum, index) => `${source.sum(sum)} AS s${index}`),
    ];
    const within = source.within(params.add('Int64', BigInt(from)), params.add('Int64', BigInt(to)));
    const groups = [...(request.stepMs === undefined ? [] : ['t']), ...columns.map((_, index) => `k${index}`)];
    const where = `WHERE ${within} AND ${filterSql(request.filter, source, params)}`;
    const grouped = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
    return `SELECT ${selected.join(', ')} FROM ${DATABASE}.${source.table} ${where}${grouped}`;
  });
  return { sql: parts.join('\nUNION ALL\n'), columns };
}

/** Name of the raw column of a field within an aggregate. */
export function rawColumn(aggregated: Aggregate, column: string): string {
  return `k${aggregated.columns.indexOf(column)}`;
}
