import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const draw = (count: number, from: () => number) => Array.from({ length: count }, from);

describe('random numbers', () => {
  it('are the same for the same seed', () => {
    const a = new Random(5);
    const b = new Random(5);
    expect(draw(10, () => a.next())).toEqual(draw(10, () => b.next()));
  });

  it.each([
    [3, 0.1],
    [40, 0.5],
    [200, 0.01],
    [5000, 0.1],
    [1000, 0.9],
  ])('count successes of %d trials at %d with the right mean', (trials, probability) => {
    const random = new Random(11);
    const values = draw(20_000, () => random.binomial(trials, probability));
    const spread = Math.sqrt((trials * probability * (1 - probability)) / 20_000);
    expect(Math.abs(mean(values) - trials * probability)).toBeLessThan(5 * spread + 0.02);
    expect(Math.max(...values)).toBeLessThanOrEqual(trials);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  });

  it.each([0.1, 4, 80])('count events expected %d times with the right mean', (expected) => {
    const random = new Random(12);
    const values = draw(20_000, () => random.poisson(expected));
    expect(Math.abs(mean(values) - expected)).toBeLessThan(5 * Math.sqrt(expected / 20_000) + 0.02);
  });

  it('count all trials when nothing is left out', () => {
    expect(new Random(1).binomial(123, 1)).toBe(123);
  });
});
