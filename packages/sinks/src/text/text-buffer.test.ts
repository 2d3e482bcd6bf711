import { formatAddress } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextBuffer } from './text-buffer.ts';

const written = (write: (out: TextBuffer) => void): string => {
  const out = new TextBuffer(64);
  write(out);
  return out.written.toString();
};

const words = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 9, 10, 0xffff, 0x1f_ffff, 0x20_0000, 0xffff_0000, 0xffff_ffff),
);

describe('TextBuffer', () => {
  it('writes 64-bit numbers as BigInt prints them', () => {
    fc.assert(
      fc.property(words, words, (lo, hi) => {
        expect(written((out) => out.wide(lo, hi))).toBe(((BigInt(hi) << 32n) | BigInt(lo)).toString());
      }),
      { numRuns: 3000 },
    );
  });

  it('writes numbers of every length', () => {
    const powers = Array.from({ length: 20 }, (_, power) => 10n ** BigInt(power)).flatMap((power) => [
      power - 1n,
      power,
      power + 1n,
    ]);
    for (const value of [...powers, 2n ** 32n - 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      const [lo, hi] = [Number(value & 0xffffffffn), Number(value >> 32n)];
      expect([value, written((out) => out.wide(lo, hi))]).toEqual([value, String(value)]);
      if (hi === 0) expect(written((out) => out.number(lo))).toBe(String(value));
      // The same bits as signed words.
      expect(written((out) => out.wide(lo | 0, hi | 0))).toBe(String(value));
    }
  });

  it('writes addresses as they are formatted elsewhere', () => {
    const addresses = fc.oneof(
      fc.tuple(words, words, words, words),
      words.map((word): [number, number, number, number] => [0, 0, 0xffff0000, word]),
      fc.constant<[number, number, number, number]>([0, 0, 0, 0]),
    );
    fc.assert(
      fc.property(addresses, (address) => {
        const column = Uint32Array.from([7, ...address]);
        expect(written((out) => out.address(column, 1))).toBe(formatAddress(column, 1));
      }),
      { numRuns: 2000 },
    );
  });

  it('grows for texts of any length and keeps what was before them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 })), (texts) => {
        const whole = texts.filter((text) => text.isWellFormed());
        const asText = written((out) => {
          for (const text of whole) out.text(text);
        });
        const asBytes = written((out) => {
          for (const text of whole) out.raw(Buffer.from(text));
        });
        expect([asText, asBytes]).toEqual([whole.join(''), whole.join('')]);
      }),
    );
  });
});
