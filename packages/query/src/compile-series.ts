// Time series: the largest groups over the range, each with a value an interval, and the rest as "other".
import type { GroupKey, SeriesAnswer } from './answers.ts';
import { type CompileContext, type Compiled, filterOf, groupFields, metricsOf, rangeOf } from './compile.ts';
import { QueryError } from './errors.ts';
import { metricValue, sumOf, sumsOf } from './metrics.ts';
import { orderOf, type SeriesQuery } from './query-schema.ts';
import { canonicalColumns } from './sql/canonical.ts';
import { filterNeeds, needOf } from './sql/filter.ts';
import { groupKey, groupSql, otherKey } from './sql/group.ts';
import { keyColumn, matching, withSql } from './sql/matching.ts';
import { Params } from './sql/params.ts';
import { plan, portWarnings } from './sql/plan.ts';
import { hasFewValues, rankedAfterwards, rankedBefore, ungrouped } from './sql/series-points.ts';
import { sumNeeds } from './sql/source.ts';
import { MAX_POINTS, niceStep } from './time.ts';

/** With more points than this, a row a point and group would be much to hold even for few groups. */
const FEW_POINTS = 500;

function stepOf(query: SeriesQuery, from: number, to: number): number {
  const seconds = query.interval === 'auto' ? niceStep(to - from) : query.interval;
  const points = Math.ceil((to - from) / 1000 / seconds);
  if (points > MAX_POINTS) {
    const least = Math.ceil((to - from) / 1000 / MAX_POINTS);
    const message = `An interval of ${seconds} s makes ${points} points of this range; at most ${MAX_POINTS}, so ${least} s or more`;
    throw new QueryError('bad_parameter', [{ message, parameter: 'interval', suggestion: 'auto' }]);
  }
  return seconds * 1000;
}

/** Compiles a series query. Throws QueryError. */
export function compileSeries(query: SeriesQuery, context: CompileContext): Compiled<Omit<SeriesAnswer, 'meta'>> {
  const { from, to } = rangeOf(query, context.now);
  const stepMs = stepOf(query, from, to);
  const filter = filterOf(query.filter);
  const fields = groupFields(query.by);
  const sums = sumsOf([...query.metrics, orderOf(query)]);
  const order = sums.indexOf(sumOf(orderOf(query)));
  const needs = [...filterNeeds(filter), ...fields.map(needOf), ...sumNeeds(sums)];
  const chosen = plan({ from, to, stepMs, needs, resolution: query.resolution }, context);
  const params = new Params();
  const columns = fields.map((field) => field.column);
  const rows = matching({ plan: chosen, filter, columns, canonical: canonicalColumns(fields), sums, stepMs }, params);
  const points =
    fields.length === 0
      ? ungrouped(rows, sums)
      : fields.length === 1 && hasFewValues(fields[0]) && (to - from) / stepMs <= FEW_POINTS
        ? rankedAfterwards(rows, sums, order, query.limit)
        : rankedBefore(rows, sums, order, query.limit);
  const selected = [
    'place',
    ...fields.map((field, index) => `${groupSql(field, `any(${keyColumn(rows, field.column)})`)} AS g${index}`),
    'groupArray(t) AS ts',
    ...sums.map((_, index) => `groupArray(m${index}) AS a${index}`),
  ];
  const sql = `${withSql(points.with)}SELECT ${selected.join(', ')} FROM (
${points.sql}
) GROUP BY place ORDER BY place = 0, place`;

  const starts: number[] = [];
  for (let start = Math.floor(from / stepMs) * stepMs; start < to; start += stepMs) starts.push(start);
  const indexOf = new Map(starts.map((start, index) => [start, index]));
  // The first and the last interval may be cut by the range: rates are over what they cover.
  const covered = starts.map((start) => (Math.min(start + stepMs, to) - Math.max(start, from)) / 1000);
  const seconds = (to - from) / 1000;

  return {
    sql,
    params: params.values,
    columns: selected.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    intervalSeconds: stepMs / 1000,
    warnings: portWarnings(chosen, rows.columns),
    answer(result) {
      // By key: a name that changed meanwhile may be that of two groups (merge-rows.ts).
      const groups = new Map<string, { key: GroupKey; other: boolean; sums: number[][] }>();
      for (const row of result.rows) {
        const other = Number(row.place) === 0;
        const key = other ? otherKey(fields) : groupKey(fields, row);
        const id = JSON.stringify(key);
        const group = groups.get(id) ?? { key, other, sums: sums.map(() => starts.map(() => 0)) };
        groups.set(id, group);
        for (const [index, values] of group.sums.entries()) addAt(values, row.ts, row[`a${index}`], indexOf);
      }
      const series = [...groups.values()].map(({ key, other, sums: perSum }) => {
        const totals = perSum.map((values) => values.reduce((sum, value) => sum + value, 0));
        const values = query.metrics.map((metric) => {
          const sums_ = perSum[sums.indexOf(sumOf(metric))];
          return [metric, sums_.map((sum, at) => metricValue(metric, sum, covered[at]))] as const;
        });
        return {
          key,
          ...(other ? { other: true as const } : {}),
          values: Object.fromEntries(values),
          total: metricsOf(query.metrics, seconds, (index) => totals[index], sums),
        };
      });
      return { times: starts, series, truncated: series.some((entry) => entry.other === true) };
    },
  };
}

/** Adds values at their times to those of the intervals; an interval without a value keeps its zero. */
function addAt(into: number[], times: unknown, values: unknown, indexOf: ReadonlyMap<number, number>): void {
  for (const [at, time] of (times as readonly unknown[]).entries()) {
    const index = indexOf.get(Number(time));
    if (index !== undefined) into[index] += Number((values as readonly unknown[])[at]);
  }
}
