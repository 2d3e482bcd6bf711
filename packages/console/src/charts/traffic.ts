// The answer of /api/v1/series as the traffic chart, its legend and its table want it. Pure: tested without a browser.
import type { Key, SeriesAnswer } from '../api/types.ts';
import { groupLabel } from '../format/entity.ts';
import { formatBits, formatRate } from '../format/number.ts';
import type { Metric } from '../state/search.ts';

/** One band of the chart and one line of its legend. */
export interface Band {
  readonly label: string;
  readonly key: Key | undefined;
  readonly other: boolean;
  readonly values: readonly number[];
  /** Over the whole range. */
  readonly average: number;
  readonly peak: number;
}

export interface Traffic {
  readonly times: readonly number[];
  readonly bands: readonly Band[];
  /** Sum of all bands at each time. */
  readonly sum: readonly number[];
  /** Over the whole range, all bands together. */
  readonly average: number;
}

export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  bits: 'bits_per_second',
  packets: 'packets_per_second',
  flows: 'flows_per_second',
};

export const METRIC_LABELS: Readonly<Record<Metric, string>> = {
  bits: 'Bits/s',
  packets: 'Packets/s',
  flows: 'Flows/s',
};

export function formatMetric(metric: Metric, value: number): string {
  return metric === 'bits' ? formatBits(value) : formatRate(value, metric);
}

/** What lies between a datagram and its flows being readable: intervals this new are still filling up and look like a fall. */
const SETTLING_MS = 6000;

/** How many intervals have settled by `now`. The server counts an interval that the range cuts by the seconds it covers. */
function settled(times: readonly number[], now: number): number {
  let count = times.length;
  while (count > 3 && (times[count - 1] ?? 0) > now - SETTLING_MS) count--;
  return count;
}

/** Bands of one metric, largest first as the server ordered them, "other" last. `now` is when the answer came. */
export function toTraffic(answer: SeriesAnswer, by: readonly string[], metric: Metric, now: number): Traffic {
  const name = METRIC_NAMES[metric];
  const count = settled(answer.times, now);
  const times = answer.times.slice(0, count);
  const sum = new Array<number>(count).fill(0);
  const bands = answer.series.map((series): Band => {
    const values = (series.values[name] ?? []).slice(0, count);
    let peak = 0;
    for (const [at, value] of values.entries()) {
      sum[at] = (sum[at] ?? 0) + value;
      peak = Math.max(peak, value);
    }
    const other = series.other === true;
    return {
      label: other ? 'all others' : by.length === 0 ? 'all traffic' : groupLabel(series.key, by),
      key: other ? undefined : series.key,
      other,
      values,
      average: series.total[name] ?? 0,
      peak,
    };
  });
  bands.sort((a, b) => Number(a.other) - Number(b.other));
  const average = bands.reduce((total, band) => total + band.average, 0);
  return { times, bands, sum, average };
}

/** The band that the point lies in: bands are stacked in order, from zero up. */
export function bandAt(traffic: Traffic, time: number, value: number): Band | undefined {
  const index = nearestIndex(traffic.times, time);
  if (index < 0 || value < 0) return undefined;
  let top = 0;
  for (const band of traffic.bands) {
    top += band.values[index] ?? 0;
    if (value <= top) return band;
  }
  return undefined;
}

/** Index of the time nearest to `time`; -1 where there are none. */
export function nearestIndex(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = times[middle] ?? 0;
    const next = times[middle + 1] ?? 0;
    if (Math.abs(time - here) <= Math.abs(next - time)) high = middle;
    else low = middle + 1;
  }
  return high < 0 ? -1 : low;
}

/** One sentence for those who do not see the chart. */
export function describeTraffic(traffic: Traffic, metric: Metric): string {
  if (traffic.bands.length === 0) return 'Traffic over time: nothing in this time range.';
  const peak = Math.max(0, ...traffic.sum);
  const top = traffic.bands
    .filter((band) => !band.other)
    .slice(0, 3)
    .map((band) => `${band.label} ${formatMetric(metric, band.average)}`);
  return `Traffic over time: ${formatMetric(metric, traffic.average)} on average, ${formatMetric(metric, peak)} at most. Largest: ${top.join(', ')}.`;
}
