import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityKey, hashBytes, keyFromText, keyOf, keyText } from './key.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('keys', () => {
  it('are MurmurHash3_x86_128, by vectors of the reference implementation', () => {
    // hash128x86("The quick brown fox jumps over the lazy dog", 0) = 2f1583c3 ecee2c67 5d7bf66c e5e91d2c
    expect(hashBytes(bytes('The quick brown fox jumps over the lazy dog'))).toEqual({ lo: 0x2f1583c3, hi: 0xecee2c67 });
    // Of nothing the hash is zero, which would mean "none": it is moved to one.
    expect(hashBytes(bytes(''))).toEqual({ lo: 1, hi: 0 });
  });

  it('separate their parts', () => {
    expect(keyOf('ab', 'c')).not.toEqual(keyOf('a', 'bc'));
  });

  it('name the same entity everywhere, and another incarnation otherwise', () => {
    expect(entityKey('prod', 'pod', 'shop', 'web-1')).toEqual(entityKey('prod', 'pod', 'shop', 'web-1', ''));
    expect(entityKey('prod', 'pod', 'shop', 'web-1', 'uid-2')).not.toEqual(entityKey('prod', 'pod', 'shop', 'web-1'));
  });

  it('come back the same from decimal text', () => {
    expect(keyText({ lo: 0xffffffff, hi: 0xffffffff })).toBe('18446744073709551615');
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (lo, hi) => {
        expect(keyFromText(keyText({ lo, hi }))).toEqual({ lo, hi });
      }),
    );
  });

  it('spread: a hundred thousand pods, no two alike', () => {
    const seen = new Set<string>();
    for (let pod = 0; pod < 100_000; pod++) seen.add(keyText(entityKey('c', 'pod', `ns-${pod % 97}`, `pod-${pod}`)));
    expect(seen.size).toBe(100_000);
  });
});
