import { describe, expect, it } from 'vitest';
import { WaitingTime } from './waiting-time.ts';

describe('how long the oldest file has been waiting', () => {
  it('is counted from when it was first seen, though older ones went before it', () => {
    const waiting = new WaitingTime();
    expect(waiting.look('a', 'a', 1000)).toBe(0);
    expect(waiting.look('a', 'b', 2000)).toBe(1000);
    expect(waiting.look('a', 'c', 3000)).toBe(2000);
    expect(waiting.look('b', 'c', 4000)).toBe(2000);
    expect(waiting.look('c', 'd', 5000)).toBe(2000);
  });

  it('is nothing when nothing waits, and begins anew then', () => {
    const waiting = new WaitingTime();
    waiting.look('a', 'b', 1000);
    expect(waiting.look(undefined, undefined, 9000)).toBe(0);
    expect(waiting.look('c', 'c', 10_000)).toBe(0);
    expect(waiting.look('c', 'c', 12_000)).toBe(2000);
  });

  it('is known of the files that were there at the first look', () => {
    const waiting = new WaitingTime();
    waiting.look('a', 'z', 1000);
    expect(waiting.look('m', 'z', 61_000)).toBe(60_000);
  });

  it('stays about right over days of a destination that is away', () => {
    const waiting = new WaitingTime();
    const name = (second: number) => String(second).padStart(8, '0');
    for (let second = 0; second <= 200_000; second++) waiting.look(name(0), name(second), second * 1000);
    expect(waiting.look(name(0), name(200_000), 200_000_000)).toBe(200_000_000);
    const half = waiting.look(name(100_000), name(200_000), 200_000_000);
    expect(half).toBeLessThanOrEqual(100_000_000);
    expect(half).toBeGreaterThan(99_000_000);
  });
});
