// Times in queries: ISO 8601, milliseconds since 1970, or relative to now (`now-15m`, `now-1d`); and the steps of series.

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 };

/** Milliseconds of a duration such as `15m`, `90s`, `1h30m`, or undefined. */
export function readDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw])+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) ms += Number(count) * UNITS[unit];
  return ms;
}

/** What a time may look like, for the description of the API. Which of these are times resolveTime says. */
export const TIME_PATTERN =
  '^(?:now(?:[+-](?:[0-9]{1,9}[smhdw])+)?|[0-9]{10,15}|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])' +
  '(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?(?:Z|[+-][01][0-9]:?[0-5][0-9])?)?)$';

/** Milliseconds since 1970 of a time in any of the three forms, or undefined. */
export function resolveTime(text: string, now: number): number | undefined {
  const relative = /^now(?:([+-])(\w+))?$/.exec(text);
  if (relative !== null) {
    if (relative[2] === undefined) return now;
    const offset = readDuration(relative[2]);
    return offset === undefined ? undefined : now + (relative[1] === '-' ? -offset : offset);
  }
  if (/^\d{10,15}$/.test(text)) return Number(text);
  // A time without a zone is UTC; without a time of day it is midnight UTC.
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i.test(text))
    return undefined;
  const iso = text.replace(' ', 'T');
  const ms = Date.parse(iso.length <= 10 || /(?:Z|[+-]\d{2}:?\d{2})$/i.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Steps that people read easily, in seconds. */
const NICE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Most points that `auto` gives a series. */
export const AUTO_POINTS = 200;
/** Most points a series may have. */
export const MAX_POINTS = 5000;

/** The finest nice step, in seconds, that gives a range at most AUTO_POINTS points. */
export function niceStep(rangeMs: number): number {
  const wanted = rangeMs / 1000 / AUTO_POINTS;
  const nice = NICE_STEPS.find((step) => step >= wanted);
  return nice ?? Math.ceil(wanted / 86_400) * 86_400;
}
