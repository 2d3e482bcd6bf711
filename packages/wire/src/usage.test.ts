import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastWorth, type Usage, worth } from './usage.ts';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;

const flood = (learnt: number, read: boolean): Usage => ({ learnt, used: learnt, read });
const longUsed: Usage = { learnt: 0, used: NOW, read: true };
const idle: Usage = { learnt: 0, used: NOW - HOUR, read: true };

describe('what is worth least', () => {
  it('was never of use, then is idle for long, then is in use for the shortest time', () => {
    const things = [longUsed, flood(NOW, true), idle, flood(NOW, false), flood(NOW - HOUR, false)];
    const ranked = [4, 3, 2, 1, 0].map((index) => things[index]);
    for (let count = 0; count <= things.length; count++) {
      const chosen = leastWorth(new Map(things.entries()), count, NOW);
      expect(new Set(chosen)).toEqual(new Set(ranked.slice(0, count)));
    }
  });

  it('is as many things as are asked for, and none of them is worth more than one that stays', () => {
    const thing = fc.record({ learnt: fc.nat(5), used: fc.integer({ min: -5, max: 5 }), read: fc.boolean() });
    fc.assert(
      fc.property(fc.array(thing), fc.nat(20), (things, count) => {
        const chosen = leastWorth(new Map(things.entries()), count, HOUR);
        expect(chosen).toHaveLength(Math.min(count, things.length));
        const stay = things.filter((some) => !chosen.includes(some));
        const most = Math.max(...chosen.map((some) => worth(some, HOUR)));
        for (const some of stay) expect(worth(some, HOUR)).toBeGreaterThanOrEqual(most);
      }),
    );
  });
});
