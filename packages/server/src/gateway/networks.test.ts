import { describe, expect, it } from 'vitest';
import { networkOf } from './networks.ts';

describe('one caller', () => {
  it('is an IPv4 address, whichever socket it came by', () => {
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::FFFF:10.1.2.3'].map(networkOf)).toEqual(new Array(3).fill('10.1.2.3'));
  });

  it('is the /64 of an IPv6 address', () => {
    expect(
      ['2001:db8:1:2:3:4:5:6', '2001:0db8:1:2::1', '2001:db8:1:2:ffff::', 'fe80::1%eth0', '::1', '2001:db8::1'].map(
        networkOf,
      ),
    ).toEqual([
      '2001:db8:1:2::/64',
      '2001:db8:1:2::/64',
      '2001:db8:1:2::/64',
      'fe80:0:0:0::/64',
      '0:0:0:0::/64',
      '2001:db8:0:0::/64',
    ]);
  });

  it('is unknown where the connection is gone already', () => {
    expect(networkOf('')).toBe('');
  });
});
