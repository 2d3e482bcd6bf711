import { parseAddress } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reassembly } from './reassembly.ts';

const SRC = parseAddress('10.0.0.1');
const DST = parseAddress('10.0.0.2');

/** Offset, whether more follow, length. */
type Fragment = readonly [number, boolean, number];

/** A fragment that counts how often its length, or that of a copy, is looked at. */
class Counted extends Uint8Array<ArrayBuffer> {
  static looks = 0;
  override get length(): number {
    Counted.looks++;
    return super.length;
  }
}

/** How often lengths are looked at when a datagram comes in so many fragments of eight bytes. */
function looksFor(fragments: number): number {
  const reassembly = new Reassembly();
  Counted.looks = 0;
  let whole: Uint8Array | undefined;
  for (let i = 0; i < fragments; i++) {
    whole = reassembly.add(SRC, DST, 7, i * 8, i < fragments - 1, new Counted(new ArrayBuffer(8)));
  }
  expect(whole?.length).toBe(fragments * 8);
  return Counted.looks;
}

describe('reassembly', () => {
  it('does no more work per fragment of a datagram in many than of one in few', () => {
    expect(looksFor(8000) / 8000).toBeLessThanOrEqual(looksFor(100) / 100);
  });

  it('gives back what was cut, in whatever order the parts come', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 8 }), fc.infiniteStream(fc.nat()), (units, last, random) => {
        const bytes = Uint8Array.from(
          { length: units.reduce((sum, n) => sum + n, 0) * 8 + last },
          (_, at) => (at * 7) & 0xff,
        );
        let at = 0;
        const parts = [...units.map((n) => n * 8), last].map((length) => {
          at += length;
          return { offset: at - length, bytes: bytes.subarray(at - length, at), more: at < bytes.length };
        });
        const order = parts.map((part) => ({ part, by: random.next().value })).sort((a, b) => a.by - b.by);
        const reassembly = new Reassembly();
        const results = order.map(({ part }) => reassembly.add(SRC, DST, 1, part.offset, part.more, part.bytes));
        expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
        expect(results.at(-1)).toEqual(bytes);
        expect(reassembly.unfinished).toBe(0);
      }),
    );
  });

  it.each<[string, Fragment, Fragment]>([
    ['overlaps one before it', [0, true, 16], [8, false, 16]],
    ['is cut inside a unit and not the last', [0, true, 12], [16, false, 8]],
    ['lies behind the last one', [16, true, 8], [0, false, 8]],
    ['is a second last one', [8, false, 8], [16, false, 8]],
    ['is longer than IP allows', [0, true, 8], [65_528, false, 16]],
  ])('makes a datagram void when a fragment %s', (_, ...fragments) => {
    const reassembly = new Reassembly();
    for (const [offset, more, length] of fragments) {
      expect(reassembly.add(SRC, DST, 1, offset, more, new Uint8Array(length))).toBeUndefined();
    }
    expect(reassembly.unfinished).toBe(2);
  });

  it('keeps so many datagrams under way and counts what it forgot', () => {
    const reassembly = new Reassembly();
    for (let id = 0; id < 3000; id++) reassembly.add(SRC, DST, id, 0, true, new Uint8Array(8));
    expect(reassembly.unfinished).toBe(3000);
    // The last ones are still there, the first is not.
    expect(reassembly.add(SRC, DST, 2999, 8, false, new Uint8Array(3))?.length).toBe(11);
    expect(reassembly.add(SRC, DST, 0, 8, false, new Uint8Array(3))).toBeUndefined();
  });
});
