import { parseAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { HeavySenders } from './heavy-senders.ts';

describe('the heaviest of many senders', () => {
  it('is found among thousands that come once', () => {
    const senders = new HeavySenders();
    for (let i = 0; i < 10_000; i++) {
      senders.note(parseAddress(`10.${i & 255}.${(i >> 8) & 255}.1`), 0);
      if (i % 4 === 0) senders.note(parseAddress('2001:db8::7'), 0);
    }
    const [heaviest, ...others] = senders.heaviest();
    expect(heaviest.address).toBe('2001:db8::7');
    // Of 2,500, as counted since it last lost its place.
    expect(heaviest.times).toBeGreaterThan(1_500);
    expect(heaviest.times).toBeLessThanOrEqual(2_500);
    expect(others).toEqual([]);
    expect(senders.total).toBe(12_500);
  });

  it('is nobody where none stands out', () => {
    const senders = new HeavySenders();
    for (let i = 0; i < 10_000; i++) senders.note(parseAddress(`10.${i & 255}.${(i >> 8) & 255}.1`), 0);
    expect(senders.heaviest()).toEqual([]);
  });

  it('is told with the next two, the heaviest first', () => {
    const senders = new HeavySenders();
    for (const last of [1, 2, 2, 3, 3, 3, 4, 4, 4, 4]) {
      senders.note(Uint32Array.of(9, ...parseAddress(`192.0.2.${last}`)), 1);
    }
    expect(senders.heaviest()).toEqual([
      { address: '192.0.2.4', times: 4 },
      { address: '192.0.2.3', times: 3 },
      { address: '192.0.2.2', times: 2 },
    ]);
  });
});
