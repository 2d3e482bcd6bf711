// The part that series, top and graph share: one aggregation over all segments of the plan, grouped by raw columns.
// Grouping happens by key; names are looked up once a group afterwards, not once a row.
//
// Where only attributes that many entities share are asked for (namespace, workload, node), every key is first replaced by the
// smallest key with the same attributes: pairs of 5,000 pods are 25 million groups, pairs of 20 namespaces 400. `transform` with
// constant arrays is a look-up in one hash table; it was three to five times as fast as `dictGet` of the text for each row.
import type { Filter } from '../language/ast.ts';
import type { FilterField } from '../language/catalogue.ts';
import type { Sum } from '../metrics.ts';
import { filterSql } from './filter.ts';
import { DATABASE, identifier } from './names.ts';
import type { Params } from './params.ts';
import type { Plan } from './plan.ts';
import type { Source } from './source.ts';

export interface Aggregate {
  /** WITH clause that `sql` needs at the head of the whole statement; may be empty. */
  readonly with: string;
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
  /** Columns of entity keys, each with the expressions over the dimension that tell its groups apart. */
  readonly alike?: ReadonlyMap<string, readonly string[]>;
  readonly sums: readonly Sum[];
  /** Groups by intervals of this many milliseconds too. */
  readonly stepMs?: number;
}

export function aggregate(request: AggregateRequest, params: Params): Aggregate {
  const columns = [...new Set(request.columns)];
  const arrays = new Map<string, string>();
  const grouped = (source: Source, column: string): string => {
    const key = source.column(column);
    const expressions = request.alike?.get(column);
    if (expressions === undefined) return key;
    const list = expressions.join(', ');
    const name = arrays.get(list) ?? `alike${arrays.size}`;
    arrays.set(list, name);
    return `transform(${key}, ${name}.1, ${name}.2, ${key})`;
  };
  const parts = request.plan.segments.map(({ source, from, to }) => {
    const selected = [
      ...(request.stepMs === undefined ? [] : [`${source.bucket(request.stepMs)} AS t`]),
      ...columns.map((column, index) => `${grouped(source, column)} AS k${index}`),
      ...request.sums.map((sum, index) => `${source.sum(sum)} AS s${index}`),
    ];
    const within = source.within(params.add('Int64', BigInt(from)), params.add('Int64', BigInt(to)));
    const groups = [...(request.stepMs === undefined ? [] : ['t']), ...columns.map((_, index) => `k${index}`)];
    const where = `WHERE ${within} AND ${filterSql(request.filter, source, params)}`;
    const groupBy = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
    return `SELECT ${selected.join(', ')} FROM ${DATABASE}.${source.table} ${where}${groupBy}`;
  });
  const clauses = [...arrays].map(([list, name]) => `${alikeSql(list)} AS ${name}`);
  return {
    sql: parts.join('\nUNION ALL\n'),
    with: clauses.length === 0 ? '' : `WITH ${clauses.join(',\n')}\n`,
    columns,
  };
}

/** Keys of entities, and for each the smallest key of those with the same attributes. The first pair keeps the arrays filled. */
const alikeSql = (list: string): string =>
  `(SELECT (arrayConcat([toUInt64(0)], groupArray(key)), arrayConcat([toUInt64(0)], groupArray(least_key))) FROM (` +
  `SELECT key, min(key) OVER (PARTITION BY ${list}) AS least_key FROM dictionary('${DATABASE}.entities_dict')))`;

/** For the fields of an answer: the columns whose keys may stand for each other, and by which attributes. */
export function alikeColumns(fields: readonly FilterField[]): Map<string, readonly string[]> {
  const alike = new Map<string, readonly string[]>();
  for (const column of new Set(fields.map((field) => field.column))) {
    const attributes = fields.filter((field) => field.column === column).map((field) => field.attribute);
    const shared = attributes.every(
      (attribute) => attribute !== undefined && attribute.dimension === 'entities' && attribute.attribute !== 'name',
    );
    const names = attributes.map((attribute) => identifier(attribute?.attribute ?? ''));
    if (shared) alike.set(column, [...new Set(names)].sort());
  }
  return alike;
}

/** Name of the raw column of a field within an aggregate. */
export function rawColumn(aggregated: Aggregate, column: string): string {
  return `k${aggregated.columns.indexOf(column)}`;
}
