import { describe, expect, it } from 'vitest';
import { formatBits, formatBytes, formatCount, formatExact, formatRate, formatShare, trimmed } from './number.ts';

describe('rates of bits', () => {
  it('are decimal, with three digits', () => {
    expect(formatBits(0)).toBe('0 bit/s');
    expect(formatBits(999)).toBe('999 bit/s');
    expect(formatBits(1000)).toBe('1.00 kbit/s');
    expect(formatBits(12_340_000)).toBe('12.3 Mbit/s');
    expect(formatBits(400e9)).toBe('400 Gbit/s');
  });

  it('move to the next unit before they would print four digits', () => {
    expect(formatBits(999_600)).toBe('1.00 Mbit/s');
    expect(formatBits(9_996)).toBe('10.0 kbit/s');
    expect(formatBits(99_960)).toBe('100 kbit/s');
  });

  it('lose trailing zeros on an axis', () => {
    expect(trimmed('5.00 Mbit/s')).toBe('5 Mbit/s');
    expect(trimmed('2.50 Mbit/s')).toBe('2.5 Mbit/s');
    expect(trimmed('100 Mbit/s')).toBe('100 Mbit/s');
  });
});

describe('amounts of bytes', () => {
  it('are binary', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1023)).toBe('1023 B');
    expect(formatBytes(1024)).toBe('1.00 KiB');
    expect(formatBytes(1536 * 1024)).toBe('1.50 MiB');
    expect(formatBytes(2 ** 60)).toBe('1.00 EiB');
  });
});

describe('counts', () => {
  it('are exact below ten thousand and short above', () => {
    expect(formatCount(0)).toBe('0');
    expect(formatCount(1.5)).toBe('1.5');
    expect(formatCount(9999)).toBe('9,999');
    expect(formatCount(12_345)).toBe('12.3 k');
    expect(formatCount(4_000_000)).toBe('4.00 M');
    expect(formatRate(125, 'packets')).toBe('125 packets/s');
  });

  it('can be exact at any size', () => {
    expect(formatExact(1_234_567)).toBe('1,234,567');
  });
});

describe('shares', () => {
  it('say when they are small and when there is no whole', () => {
    expect(formatShare(1, 2)).toBe('50 %');
    expect(formatShare(1, 300)).toBe('0.3 %');
    expect(formatShare(1, 100_000)).toBe('< 0.1 %');
    expect(formatShare(0, 5)).toBe('0 %');
    expect(formatShare(0, 0)).toBe('–');
  });
});
