// The time range: what the picker offers, how it reads, and how it goes to the server. Relative ends (`now-1h`) stay
// relative in the URL and in requests, so that a page left open keeps showing the newest hour.

/** From and to, each `now`, `now-<number><unit>` or an ISO 8601 time. */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export const PRESETS = [
  { id: '5m', label: 'Last 5 minutes' },
  { id: '15m', label: 'Last 15 minutes' },
  { id: '1h', label: 'Last hour' },
  { id: '6h', label: 'Last 6 hours' },
  { id: '24h', label: 'Last 24 hours' },
  { id: '7d', label: 'Last 7 days' },
] as const;

export const REFRESH_CHOICES = ['off', '5s', '10s', '30s', '1m'] as const;
export type Refresh = (typeof REFRESH_CHOICES)[number];

export const DEFAULT_RANGE: TimeRange = { from: 'now-15m', to: 'now' };
export const DEFAULT_REFRESH: Refresh = '30s';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^now(?:-(\d{1,6})([smhdw]))?$/;

/** Milliseconds since 1970 that an end means at `now`, undefined where it is neither relative nor a time. */
export function resolveEnd(text: string, now: number): number | undefined {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    return relative[1] === undefined ? now : now - Number(relative[1]) * (UNIT_MS[relative[2] ?? ''] ?? 0);
  }
  const parsed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Whether the range's newest end moves with the clock: then it can refresh itself. */
export function isMoving(range: TimeRange): boolean {
  return RELATIVE.test(range.to);
}

/** Why a range cannot be used, or undefined when it can. */
export function rangeProblem(range: TimeRange, now: number): string | undefined {
  const from = resolveEnd(range.from, now);
  const to = resolveEnd(range.to, now);
  if (from === undefined) return 'The start is not a time.';
  if (to === undefined) return 'The end is not a time.';
  return from < to ? undefined : 'The start must be before the end.';
}

/** The preset a range is, if it is one. */
export function presetOf(range: TimeRange): (typeof PRESETS)[number] | undefined {
  return range.to === 'now' ? PRESETS.find((preset) => `now-${preset.id}` === range.from) : undefined;
}

/** Milliseconds between two automatic refreshes, false for none. */
export function refreshInterval(refresh: Refresh, range: TimeRange): number | false {
  if (refresh === 'off' || !isMoving(range)) return false;
  return Number.parseInt(refresh, 10) * (UNIT_MS[refresh.slice(-1)] ?? 0);
}
