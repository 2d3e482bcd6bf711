// Top-N: groups with the largest sums, the rest in one "other" row, and the total of everything.
import type { TopAnswer } from './answers.ts';
import { type CompileContext, type Compiled, filterOf, groupFields, metricsOf, rangeOf } from './compile.ts';
import { sumOf, sumsOf } from './metrics.ts';
import { orderOf, type TopQuery } from './query-schema.ts';
import { aggregate, alikeColumns, rawColumn } from './sql/aggregate.ts';
import { filterNeeds, needOf } from './sql/filter.ts';
import { groupKey, groupSql, otherKey } from './sql/group.ts';
import { Params } from './sql/params.ts';
import { plan, portWarnings } from './sql/plan.ts';

/** Compiles a top query. Throws QueryError. */
export function compileTop(query: TopQuery, context: CompileContext): Compiled<Omit<TopAnswer, 'meta'>> {
  const { from, to } = rangeOf(query, context.now);
  const filter = filterOf(query.filter);
  const fields = groupFields(query.by);
  const order = orderOf(query);
  const sums = sumsOf([...query.metrics, order]);
  const needs = [...filterNeeds(filter), ...fields.map(needOf)];
  const chosen = plan({ from, to, needs, resolution: query.resolution }, context);
  const params = new Params();
  const keys = fields.map((field) => field.column);
  const alike = alikeColumns(fields);
  const raw = aggregate({ plan: chosen, filter, columns: keys, alike, sums }, params);

  const groups = fields.map((_, index) => `g${index}`);
  const named = [
    ...fields.map((field, index) => `${groupSql(field, rawColumn(raw, field.column))} AS g${index}`),
    ...sums.map((_, index) => `toFloat64(sum(s${index})) AS m${index}`),
  ];
  const grouped = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
  const columns = [
    ...groups,
    ...sums.map((_, index) => `m${index}`),
    ...sums.map((_, index) => `sum(m${index}) OVER () AS total${index}`),
    'toFloat64(count() OVER ()) AS groups',
  ];
  const first = [`m${sums.indexOf(sumOf(order))} DESC`, ...groups].join(', ');
  const sql = `${raw.with}SELECT ${columns.join(', ')} FROM (
SELECT ${named.join(', ')} FROM (
${raw.sql}
)${grouped}
) ORDER BY ${first} LIMIT ${query.limit}`;

  const seconds = (to - from) / 1000;
  return {
    sql,
    params: params.values,
    columns: columns.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    warnings: portWarnings(chosen, raw.columns),
    answer(rows) {
      const count = Number(rows[0]?.groups ?? 0);
      const total = (index: number) => Number(rows[0]?.[`total${index}`] ?? 0);
      const answerRows: TopAnswer['rows'] = rows.map((row) => ({
        key: groupKey(fields, row),
        values: metricsOf(query.metrics, seconds, (index) => Number(row[`m${index}`]), sums),
      }));
      if (count > rows.length) {
        const rest = (index: number) =>
          Math.max(0, total(index) - rows.reduce((sum, row) => sum + Number(row[`m${index}`]), 0));
        answerRows.push({
          key: otherKey(fields),
          values: metricsOf(query.metrics, seconds, rest, sums),
          other: true,
        });
      }
      return {
        rows: answerRows,
        total: metricsOf(query.metrics, seconds, total, sums),
        groups: count,
        truncated: count > rows.length,
      };
    },
  };
}
