import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { makeExchange } from './exchanges.ts';
import type { Surface } from './requests.ts';

const surface: Surface = {
  paths: [{ path: '/api/v1/top', parameters: ['by', 'filter', 'limit', 'cursor'] }],
  names: ['src_port', 'proto'],
  cursors: ['abc'],
};
const exchanges = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 2000 }, () => makeExchange(random, surface));
};

describe('exchanges', () => {
  it('are the same for the same seed', () => {
    expect(exchanges(1)).toEqual(exchanges(1));
    expect(exchanges(2)).not.toEqual(exchanges(1));
  });

  it('are owed an answer only where the request is well-formed', () => {
    const owed = exchanges(1).filter((one) => one.owed);
    expect(owed.length).toBeGreaterThan(500);
    for (const { pieces } of owed)
      expect(pieces.join('')).toMatch(/^(GET|HEAD) \/[\x21-\x7e]* HTTP\/1\.1\r\n([\w-]+: [^\r\n]*\r\n)+\r\n$/);
  });

  it('are also half, silent, bent, with content and abandoned', () => {
    const all = exchanges(1);
    expect(all.some(({ pieces }) => !pieces.join('').includes('\r\n\r\n'))).toBe(true);
    expect(all.some(({ ending }) => ending === 'stall')).toBe(true);
    expect(all.some(({ ending }) => ending === 'leave')).toBe(true);
    expect(all.some(({ pieces }) => pieces.join('').includes('Content-Length'))).toBe(true);
    expect(all.some(({ methods }) => methods.length > 5)).toBe(true);
  });
});
