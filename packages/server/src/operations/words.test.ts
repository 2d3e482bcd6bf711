import { describe, expect, it } from 'vitest';
import { countText, sizeText, spanText } from './words.ts';

describe('sizes and spans in sentences', () => {
  it('have the unit that fits', () => {
    expect([0, 1023, 1536, 10 * 1024 ** 3, 1.25 * 1024 ** 4].map(sizeText)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '10 GiB',
      '1.3 TiB',
    ]);
    expect([999, 119_999, 120_000, 7_199_999, 7_200_000, 172_800_000].map(spanText)).toEqual([
      '0 s',
      '119 s',
      '2 min',
      '119 min',
      '2 h',
      '2 d',
    ]);
    expect([countText(1, 'file'), countText(1200, 'flow')]).toEqual(['1 file', '1,200 flows']);
  });
});
