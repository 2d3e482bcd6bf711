import { describe, expect, it } from 'vitest';
import { figure, table } from './figures.ts';

describe('figures', () => {
  it('give the median of the measurements and whether it meets the target', () => {
    expect(figure('decode', 'records/s', [3, 1, 2], { target: 2 })).toEqual({
      name: 'decode',
      unit: 'records/s',
      min: 1,
      median: 2,
      max: 3,
      target: 2,
      atMost: false,
      met: true,
    });
    expect(figure('memory', 'MB', [5], { target: 4, atMost: true }).met).toBe(false);
    expect(figure('plain', 's', [5]).met).toBeUndefined();
  });

  it('line up in a table', () => {
    const text = table([figure('decode', 'records/s', [12_345_678], { target: 1 }), figure('x', 's', [0.126])]);
    expect(text.split('\n').map((line) => line.trim())).toEqual([
      'what        median  min … max  unit       target',
      'decode  12,345,678             records/s  at least 1  met',
      'x             0.13             s',
    ]);
  });
});
