// Times and durations. Times are shown in the browser's zone or in UTC, always with the zone said once where they are.

/** Zone name for Intl: undefined is the browser's own. */
const zone = (utc: boolean) => (utc ? 'UTC' : undefined);

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(utc: boolean, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${utc}${JSON.stringify(options)}`;
  let found = formatters.get(id);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', ...options, ...(utc ? { timeZone: zone(utc) } : {}) });
    formatters.set(id, found);
  }
  return found;
}

const DATE = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

function parts(ms: number, utc: boolean, options: Intl.DateTimeFormatOptions): Record<string, string> {
  return Object.fromEntries(
    formatter(utc, options)
      .formatToParts(ms)
      .map((part) => [part.type, part.value]),
  );
}

/** `2026-11-20 23:31:59`. */
export function formatDateTime(ms: number, utc = false): string {
  const p = parts(ms, utc, { ...DATE, ...CLOCK });
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** `23:31:59.042`. */
export function formatClock(ms: number, utc = false): string {
  const p = parts(ms, utc, CLOCK);
  const fraction = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, '0');
  return `${p.hour}:${p.minute}:${p.second}.${fraction}`;
}

/** A range in one line; the date is said once where both ends share it. */
export function formatRange(from: number, to: number, utc = false): string {
  const start = formatDateTime(from, utc);
  const stop = formatDateTime(to, utc);
  const sameDay = start.slice(0, 10) === stop.slice(0, 10);
  return `${start} – ${sameDay ? stop.slice(11) : stop}`;
}

/** Name of the zone that times are shown in: `UTC`, `Europe/Berlin`. */
export function zoneName(utc: boolean): string {
  return utc ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Two largest units of a duration: `85 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(ms < 9950 ? 2 : 1))} s`;
  const seconds = Math.round(ms / 1000);
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([count]) => count > 0);
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** How long ago: `just now`, `12 s ago`, `3 h ago`. Coarse on purpose: it is read at a glance. */
export function formatAgo(ms: number, now: number): string {
  const seconds = Math.round((now - ms) / 1000);
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Milliseconds since 1970 of what the API gives as a time: a number or ISO 8601. NaN where it is neither. */
export function toMs(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string'
    ? Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value.replace(' ', 'T')}Z`)
    : Number.NaN;
}

/** The value of a datetime-local input for a moment, in the shown zone: `2026-11-20T23:31:59`. */
export function toInput(ms: number, utc: boolean): string {
  return formatDateTime(ms, utc).replace(' ', 'T');
}

/** The moment that a datetime-local input means in the shown zone, as ISO 8601; undefined where it is no time. */
export function fromInput(text: string, utc: boolean): string | undefined {
  const ms = Date.parse(utc ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z');
}
