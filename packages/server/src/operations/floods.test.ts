import { describe, expect, it } from 'vitest';
import { floodWarning, heaviestFloods } from './floods.ts';

describe('senders that flood', () => {
  it('are told once each, the heaviest first', () => {
    const small = { address: '192.0.2.1', share: 0.2, diverted: true };
    const large = { address: '192.0.2.9', share: 0.9, diverted: false };
    expect(heaviestFloods([small, { ...large, share: 0.5 }, large])).toEqual([large, small]);
  });

  it('are named, with whom they cost datagrams and what to do', () => {
    const flood = { address: '192.0.2.9', share: 0.934 };
    expect(floodWarning({ ...flood, diverted: true })).toBe(
      '192.0.2.9 floods: 93 % of what its lane got of late is from it. It is kept apart: what does not fit is dropped of its own alone, and counted as flood_dropped. Have it send less, or keep it out with listen.allow',
    );
    expect(floodWarning({ ...flood, diverted: false })).toBe(
      '192.0.2.9 floods: 93 % of what its lane got of late is from it, and what others send is dropped with it, counted as kernel_dropped. Have it send less, or keep it out with listen.allow',
    );
  });
});
