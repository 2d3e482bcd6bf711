// Top-N: groups with the largest sums, the rest in one "other" row, and the total of everything.
import type { TopAnswer } from './answers.ts';
import {
  COUNT_GROUPS,
  type CompileContext,
  type Compiled,
  filterOf,
  groupFields,
  metricsOf,
  rangeOf,
} from './compile.ts';
import { mergeRows } from './merge-rows.ts';
import { sumOf, sumsOf } from './metrics.ts';
import { orderOf, type TopQuery } from './query-schema.ts';
import { canonicalColumns } from './sql/canonical.ts';
import { filterNeeds, needOf } from './sql/filter.ts';
import { groupKey, groupSql, otherKey } from './sql/group.ts';
import { keyColumn, keyColumns, matching, sumItems, withSql } from './sql/matching.ts';
import { Params } from './sql/params.ts';
import { plan, portWarnings } from './sql/plan.ts';
import { sumNeeds } from './sql/source.ts';

/** Compiles a top query. Throws QueryError. */
export function compileTop(query: TopQuery, context: CompileContext): Compiled<Omit<TopAnswer, 'meta'>> {
  const { from, to } = rangeOf(query, context.now);
  const filter = filterOf(query.filter);
  const fields = groupFields(query.by);
  const sums = sumsOf([...query.metrics, orderOf(query)]);
  const order = sums.indexOf(sumOf(orderOf(query)));
  const needs = [...filterNeeds(filter), ...fields.map(needOf), ...sumNeeds(sums)];
  const chosen = plan({ from, to, needs, resolution: query.resolution }, context);
  const params = new Params();
  const columns = fields.map((field) => field.column);
  const rows = matching({ plan: chosen, filter, columns, canonical: canonicalColumns(fields), sums }, params);

  const shown = fields.map((field, index) => `${groupSql(field, keyColumn(rows, field.column))} AS g${index}`);
  const selected = [...shown, ...sumItems(sums)];
  const keys = keyColumns(rows).join(', ');
  // The engine looks names up after it has sorted and cut: for the rows of the answer, not for all groups.
  const ranked =
    keys === '' ? '' : ` GROUP BY ${keys} WITH TOTALS ORDER BY m${order} DESC, ${keys} LIMIT ${query.limit}`;

  const seconds = (to - from) / 1000;
  return {
    sql: `${withSql(rows.with)}SELECT ${selected.join(', ')} FROM (\n${rows.sql}\n)${ranked}`,
    params: params.values,
    settings: COUNT_GROUPS,
    columns: selected.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    warnings: portWarnings(chosen, rows.columns),
    answer(result) {
      // Sums over everything are in one row when there is nothing to group by.
      const totals = fields.length === 0 ? result.rows[0] : result.totals;
      const total = (index: number) => Number(totals?.[`m${index}`] ?? 0);
      const keyOf = (row: Readonly<Record<string, unknown>>) => groupKey(fields, row);
      const groups = mergeRows(result.rows, (row) => Object.values(keyOf(row)) as (string | number)[], sums, order);
      const count = result.rowsBeforeLimit - (result.rows.length - groups.length);
      const answerRows: TopAnswer['rows'] = groups.map((group) => ({
        key: keyOf(group.row),
        values: metricsOf(query.metrics, seconds, (index) => group.sums[index], sums),
      }));
      if (count > groups.length) {
        const rest = (index: number) =>
          Math.max(0, total(index) - groups.reduce((sum, group) => sum + group.sums[index], 0));
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
        truncated: count > groups.length,
      };
    },
  };
}
