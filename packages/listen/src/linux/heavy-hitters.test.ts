import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatagramBatch } from '../listener.ts';
import { HeavyHitters } from './heavy-hitters.ts';

/** A batch from senders of these numbers. */
function batch(senders: readonly number[]): DatagramBatch {
  const peers = Uint32Array.from(senders.flatMap((sender) => [sender >>> 4, 0, 0xffff0000, sender]));
  return { count: senders.length, peers } as unknown as DatagramBatch;
}

function found(hitters: HeavyHitters): Map<number, number> {
  return new Map(hitters.ranked().map((counter) => [hitters.addresses[counter * 4 + 3], hitters.counts[counter]]));
}

describe('counting who sends most', () => {
  it('finds everyone who sent more than one in 33, and misses no more of theirs than that', () => {
    const traffic = fc.record({
      heavy: fc.array(fc.record({ sender: fc.integer({ min: 0, max: 20 }), runs: fc.integer({ min: 1, max: 30 }) })),
      spread: fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 400 }),
    });
    fc.assert(
      fc.property(traffic, ({ heavy, spread }) => {
        const senders = [...heavy.flatMap(({ sender, runs }) => Array<number>(runs).fill(sender)), ...spread];
        // Mixed as they would come, the same way each time.
        senders.sort((a, b) => ((a * 2654435761) >>> 0) - ((b * 2654435761) >>> 0));
        const exact = new Map<number, number>();
        for (const sender of senders) exact.set(sender, (exact.get(sender) ?? 0) + 1);
        const hitters = new HeavyHitters();
        for (let at = 0; at < senders.length; at += 37) hitters.count(batch(senders.slice(at, at + 37)));
        expect(hitters.total).toBe(senders.length);
        const counted = found(hitters);
        for (const [sender, count] of exact) {
          const missing = count - (counted.get(sender) ?? 0);
          expect(missing).toBeGreaterThanOrEqual(0);
          expect(missing).toBeLessThanOrEqual(senders.length / 33);
        }
        for (const sender of counted.keys()) expect(exact.has(sender)).toBe(true);
      }),
    );
  });

  it('ranks the heaviest first, and starts from nothing when it is cleared', () => {
    const hitters = new HeavyHitters();
    hitters.count(batch([7, 8, 8, 9, 8, 9]));
    expect([...found(hitters)]).toEqual([
      [8, 3],
      [9, 2],
      [7, 1],
    ]);
    hitters.clear();
    expect([hitters.total, hitters.ranked()]).toEqual([0, []]);
  });
});
