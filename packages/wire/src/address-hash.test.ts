import { describe, expect, it } from 'vitest';
import { hashAddress } from './address-hash.ts';

const PLACES = 1024;

/** How many addresses fall into the fullest of the places. */
function fullest(addresses: readonly (readonly [number, number, number, number])[], seed: number): number {
  const places = new Uint32Array(PLACES);
  for (const [w0, w1, w2, w3] of addresses) places[hashAddress(seed, w0, w1, w2, w3) & (PLACES - 1)]++;
  return Math.max(...places);
}

describe('the hash of an address', () => {
  it('spreads addresses that were chosen to fall into one place under another seed', () => {
    const chosen: [number, number, number, number][] = [];
    for (let word = 0; chosen.length < 500; word++) {
      if ((hashAddress(1, 0x20010db8, 0, 0, word) & (PLACES - 1)) === 7) chosen.push([0x20010db8, 0, 0, word]);
    }
    expect(fullest(chosen, 1)).toBe(500);
    expect(fullest(chosen, 2)).toBeLessThan(10);
  });

  it('spreads addresses whose words cancel out in a sum or an exclusive-or', () => {
    const words = Array.from({ length: 500 }, (_, index) => index * 0x01000193);
    const same = (w0: number, w1: number) => [w0, w1, 0, 0] as const;
    for (const seed of [0, 1, 0x7fffffff]) {
      expect(
        fullest(
          words.map((word) => same(word, word)),
          seed,
        ),
      ).toBeLessThan(10);
      expect(
        fullest(
          words.map((word) => same(Math.imul(word, 0x9e3779b1), word)),
          seed,
        ),
      ).toBeLessThan(10);
      expect(
        fullest(
          words.map((word) => same(word, -word)),
          seed,
        ),
      ).toBeLessThan(10);
    }
  });
});
