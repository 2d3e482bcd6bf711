import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatClock,
  formatDateTime,
  formatDuration,
  formatRange,
  fromInput,
  toInput,
  toMs,
} from './time.ts';

const MOMENT = Date.UTC(2026, 10, 20, 23, 31, 59, 42);

describe('times', () => {
  it('are written year first, to the second, or to the millisecond of a day', () => {
    expect(formatDateTime(MOMENT, true)).toBe('2026-11-20 23:31:59');
    expect(formatClock(MOMENT, true)).toBe('23:31:59.042');
  });

  it('say the date once in a range within a day', () => {
    expect(formatRange(MOMENT - 60_000, MOMENT, true)).toBe('2026-11-20 23:30:59 – 23:31:59');
    expect(formatRange(MOMENT, MOMENT + 3_600_000, true)).toBe('2026-11-20 23:31:59 – 2026-11-21 00:31:59');
  });

  it('are read from numbers, ISO 8601 and the form that databases print, which is UTC', () => {
    expect(toMs(MOMENT)).toBe(MOMENT);
    expect(toMs('2026-11-20T23:31:59.042Z')).toBe(MOMENT);
    expect(toMs('2026-11-20 23:31:59.042')).toBe(MOMENT);
    expect(toMs(undefined)).toBeNaN();
  });

  it('go through an input field and back', () => {
    const text = toInput(MOMENT, true);
    expect(text).toBe('2026-11-20T23:31:59');
    expect(fromInput(text, true)).toBe('2026-11-20T23:31:59Z');
    expect(fromInput('', true)).toBeUndefined();
  });
});

describe('durations', () => {
  it('have at most two units', () => {
    expect(formatDuration(85)).toBe('85 ms');
    expect(formatDuration(1234)).toBe('1.23 s');
    expect(formatDuration(59_960)).toBe('1 min');
    expect(formatDuration(245_000)).toBe('4 min 5 s');
    expect(formatDuration(3 * 3_600_000)).toBe('3 h');
    expect(formatDuration(100 * 3_600_000)).toBe('4 d 4 h');
    expect(formatDuration(-500)).toBe('−500 ms');
  });

  it('are coarse when they say how long ago', () => {
    expect(formatAgo(1000, 1500)).toBe('just now');
    expect(formatAgo(0, 12_000)).toBe('12 s ago');
    expect(formatAgo(0, 150_000)).toBe('2 min ago');
    expect(formatAgo(0, 90_000_000)).toBe('1 d ago');
  });
});
