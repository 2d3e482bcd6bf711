// What can be measured: sums over rows, and rates made of them.

/**
 * Sums that SQL computes. `flows` and `connections` count traffic: records that tell of an event only (a denied connection, a NAT mapping, a
 * dropped packet) and have no counters are counted by `events`.
 */
export const SUMS = [
  'bytes',
  'packets',
  'flows',
  'connections',
  'events',
  'bytes_sampled',
  'packets_sampled',
  'dropped_bytes',
  'dropped_packets',
] as const;
export type Sum = (typeof SUMS)[number];

interface Rate {
  readonly of: Sum;
  readonly factor: number;
}

/** Rates: the sum times the factor over the seconds that the value covers. */
const RATES = {
  bits_per_second: { of: 'bytes', factor: 8 },
  packets_per_second: { of: 'packets', factor: 1 },
  flows_per_second: { of: 'flows', factor: 1 },
} as const satisfies Record<string, Rate>;

export type Metric = Sum | keyof typeof RATES;

export const METRICS = [...SUMS, ...(Object.keys(RATES) as (keyof typeof RATES)[])] as const;

const rateOf = (metric: Metric): Rate | undefined => (RATES as Partial<Record<Metric, Rate>>)[metric];

/** The sum that a metric is made of. */
export function sumOf(metric: Metric): Sum {
  return rateOf(metric)?.of ?? (metric as Sum);
}

/** The sums that metrics are made of, each once. */
export function sumsOf(metrics: readonly Metric[]): Sum[] {
  return [...new Set(metrics.map(sumOf))];
}

/** Value of a metric from its sum over `seconds`. */
export function metricValue(metric: Metric, sum: number, seconds: number): number {
  const rate = rateOf(metric);
  return rate === undefined ? sum : seconds > 0 ? (sum * rate.factor) / seconds : 0;
}
