import { describe, expect, it } from 'vitest';
import { isMoving, presetOf, rangeProblem, refreshInterval, resolveEnd } from './time-range.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

describe('an end of a range', () => {
  it('is relative to now or a time', () => {
    expect(resolveEnd('now', NOW)).toBe(NOW);
    expect(resolveEnd('now-15m', NOW)).toBe(NOW - 900_000);
    expect(resolveEnd('now-7d', NOW)).toBe(NOW - 604_800_000);
    expect(resolveEnd('2026-11-20T11:00:00Z', NOW)).toBe(NOW - 3_600_000);
  });

  it('is nothing else', () => {
    for (const text of ['', 'tomorrow', 'now-', 'now-5y', '17', 'now+1h'])
      expect(resolveEnd(text, NOW)).toBeUndefined();
  });
});

describe('a range', () => {
  it('is a preset where it ends now and has a preset length', () => {
    expect(presetOf({ from: 'now-6h', to: 'now' })?.label).toBe('Last 6 hours');
    expect(presetOf({ from: 'now-2h', to: 'now' })).toBeUndefined();
    expect(presetOf({ from: 'now-6h', to: 'now-1h' })).toBeUndefined();
  });

  it('says what is wrong with it', () => {
    expect(rangeProblem({ from: 'now', to: 'now-1h' }, NOW)).toBe('The start must be before the end.');
    expect(rangeProblem({ from: '', to: 'now' }, NOW)).toBe('The start is not a time.');
    expect(rangeProblem({ from: 'now-1h', to: '2026-11-20T12:00:00Z' }, NOW)).toBeUndefined();
  });

  it('refreshes itself only where its end moves', () => {
    const moving = { from: 'now-1h', to: 'now' };
    expect(isMoving(moving)).toBe(true);
    expect(refreshInterval('10s', moving)).toBe(10_000);
    expect(refreshInterval('1m', moving)).toBe(60_000);
    expect(refreshInterval('off', moving)).toBe(false);
    expect(refreshInterval('10s', { from: 'now-1h', to: '2026-11-20T11:00:00Z' })).toBe(false);
  });
});
