// Sizes and durations as people write them: `64MiB`, `7d`.

const SIZE = /^(\d+(?:\.\d+)?)\s*(|B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$/;
const SIZE_FACTOR: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 ** 2,
  GB: 1e9,
  GiB: 1024 ** 3,
  TB: 1e12,
  TiB: 1024 ** 4,
};
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)$/;
const DURATION_FACTOR: Record<string, number> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86400e3,
  w: 7 * 86400e3,
  y: 365 * 86400e3,
};

/** Bytes of a size such as `64MiB`; undefined for what is none. */
export function parseSize(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isInteger(text) && text >= 0 ? text : undefined;
  const match = SIZE.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * SIZE_FACTOR[match[2]]);
}

/** Milliseconds of a duration such as `15m`; undefined for what is none. A bare number has no unit and is none. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * DURATION_FACTOR[match[2]]);
}
