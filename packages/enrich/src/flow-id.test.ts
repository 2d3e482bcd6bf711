import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversationWord, directionWord } from './flow-id.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const port = fc.integer({ min: 0, max: 65_535 });
const proto = fc.integer({ min: 0, max: 255 });

/** Collisions that a perfect hash of `bits` would show among `n` values, give or take. */
const expectedCollisions = (n: number, bits: number) => (n * n) / 2 ** (bits + 1);

describe('the id of a flow', () => {
  it('has the same high word in both directions', () => {
    fc.assert(
      fc.property(word, port, word, port, proto, (src, srcPort, dst, dstPort, p) => {
        expect(conversationWord(src, srcPort, dst, dstPort, p)).toBe(conversationWord(dst, dstPort, src, srcPort, p));
      }),
    );
  });

  it('has another low word in the other direction and in another second', () => {
    fc.assert(
      fc.property(word, port, word, port, proto, word, (src, srcPort, dst, dstPort, p, second) => {
        fc.pre(src !== dst || srcPort !== dstPort);
        const low = directionWord(src, srcPort, dst, dstPort, p, second);
        // A chance of 2^-32 each: no run has met it.
        expect(directionWord(dst, dstPort, src, srcPort, p, second)).not.toBe(low);
        expect(directionWord(src, srcPort, dst, dstPort, p, second + 1)).not.toBe(low);
      }),
    );
  });

  it('spreads the regular addresses and ports of a cluster as chance would', () => {
    const high = new Set<number>();
    const low = new Set<number>();
    const both = new Set<number>();
    let flows = 0;
    for (let client = 0; client < 100; client++) {
      for (let server = 0; server < 20; server++) {
        for (let p = 0; p < 100; p++) {
          const src = 0x0000800a | (client << 24);
          const dst = 0x0000810a | (server << 24);
          const h = conversationWord(src, 32_768 + p, dst, 443, 6);
          const l = directionWord(src, 32_768 + p, dst, 443, 6, 1_700_000_000);
          high.add(h);
          low.add(l);
          both.add((h >>> 0) * 2 ** 21 + (l & 0x1fffff));
          flows++;
        }
      }
    }
    const limit = 5 * expectedCollisions(flows, 32);
    expect(flows - high.size).toBeLessThan(limit);
    expect(flows - low.size).toBeLessThan(limit);
    expect(both.size).toBe(flows);
  });

  it('moves about half of the high bits with any one bit of an end', () => {
    for (let bit = 0; bit < 32; bit++) {
      let moved = 0;
      for (let n = 0; n < 64; n++) {
        const src = Math.imul(n, 0x9e3779b1);
        const change = conversationWord(src, 1, 7, 2, 6) ^ conversationWord(src ^ (1 << bit), 1, 7, 2, 6);
        for (let b = 0; b < 32; b++) moved += (change >>> b) & 1;
      }
      expect(moved / 64).toBeGreaterThan(13);
      expect(moved / 64).toBeLessThan(19);
    }
  });
});
