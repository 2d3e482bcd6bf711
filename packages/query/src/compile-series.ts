// Time series: the largest groups over the range, each with a value an interval, and the rest as "other".
import type { SeriesAnswer } from './answers.ts';
import { type CompileContext, type Compiled, filterOf, groupFields, metricsOf, rangeOf } from './compile.ts';
import { QueryError } from './errors.ts';
import { metricValue, sumOf, sumsOf } from './metrics.ts';
import { orderOf, type SeriesQuery } from './query-schema.ts';
import { aggregate, alikeColumns, rawColumn } from './sql/aggregate.ts';
import { filterNeeds, needOf } from './sql/filter.ts';
import { groupKey, groupSql, otherKey } from './sql/group.ts';
import { Params } from './sql/params.ts';
import { plan, portWarnings } from './sql/plan.ts';
import { MAX_POINTS, niceStep } from './time.ts';

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
  const order = orderOf(query);
  const sums = sumsOf([...query.metrics, order]);
  const needs = [...filterNeeds(filter), ...fields.map(needOf)];
  const chosen = plan({ from, to, stepMs, needs, resolution: query.resolution }, context);
  const params = new Params();
  const keys = fields.map((field) => field.column);
  const alike = alikeColumns(fields);
  const raw = aggregate({ plan: chosen, filter, columns: keys, alike, sums, stepMs }, params);

  const groups = fields.map((_, index) => `g${index}`);
  const measures = sums.map((_, index) => `m${index}`);
  // 1: names, and one row an interval and group. 2: one row a group, with arrays over time. 3: rank. 4: beyond the limit, sum.
  const named = [
    't',
    ...fields.map((field, index) => `${groupSql(field, rawColumn(raw, field.column))} AS g${index}`),
    ...measures.map((measure, index) => `toFloat64(sum(s${index})) AS ${measure}`),
  ];
  const arrays = [
    ...groups,
    'groupArray(t) AS ts',
    ...measures.map((measure) => `groupArray(${measure}) AS a_${measure}`),
    `sum(m${sums.indexOf(sumOf(order))}) AS ordering`,
  ];
  const ranked = [
    ...groups,
    'ts',
    ...measures.map((measure) => `a_${measure}`),
    `row_number() OVER (ORDER BY ${['ordering DESC', ...groups].join(', ')}) AS rank`,
  ];
  const final = [
    `if(rank <= ${query.limit}, rank, 0) AS place`,
    ...groups.map((group) => `any(${group}) AS v_${group}`),
    ...measures.map((measure) => `sumMap(ts, a_${measure}) AS v_${measure}`),
  ];
  const grouped = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
  const sql = `${raw.with}SELECT ${final.join(', ')} FROM (
SELECT ${ranked.join(', ')} FROM (
SELECT ${arrays.join(', ')} FROM (
SELECT ${named.join(', ')} FROM (
${raw.sql}
) GROUP BY ${['t', ...groups].join(', ')}
)${grouped}
)
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
    columns: final.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    intervalSeconds: stepMs / 1000,
    warnings: portWarnings(chosen, raw.columns),
    answer(rows) {
      const series = rows
        // Sums over nothing give one row without a time: there is no series in it.
        .filter((row) => timesOf(row.v_m0).length > 0)
        .map((row) => {
          const other = Number(row.place) === 0;
          const perSum = sums.map((_, index) => spread(row[`v_m${index}`], indexOf, starts.length));
          const totals = perSum.map((values) => values.reduce((sum, value) => sum + value, 0));
          const values = query.metrics.map((metric) => {
            const sums_ = perSum[sums.indexOf(sumOf(metric))];
            return [metric, sums_.map((sum, at) => metricValue(metric, sum, covered[at]))] as const;
          });
          const named = Object.fromEntries(fields.map((_, index) => [`g${index}`, row[`v_g${index}`]]));
          return {
            key: other ? otherKey(fields) : groupKey(fields, named),
            ...(other ? { other: true as const } : {}),
            values: Object.fromEntries(values),
            total: metricsOf(query.metrics, seconds, (index) => totals[index], sums),
          };
        });
      return { times: starts, series, truncated: series.some((entry) => entry.other === true) };
    },
  };
}

/** Times of a sumMap: a tuple of times and sums. */
function timesOf(map: unknown): readonly unknown[] {
  if (Array.isArray(map)) return map[0] as unknown[];
  const named = map as Readonly<Record<string, unknown[]>> | undefined;
  return named === undefined ? [] : (Object.values(named)[0] ?? []);
}

/** Values of a sumMap put at their intervals; intervals without rows are zero. */
function spread(map: unknown, indexOf: ReadonlyMap<number, number>, length: number): number[] {
  const times = timesOf(map);
  const sums = (Array.isArray(map) ? map[1] : Object.values(map as Record<string, unknown>)[1]) as readonly unknown[];
  const out = new Array<number>(length).fill(0);
  for (const [at, time] of times.entries()) {
    const index = indexOf.get(Number(time));
    if (index !== undefined) out[index] = Number(sums[at]);
  }
  return out;
}
