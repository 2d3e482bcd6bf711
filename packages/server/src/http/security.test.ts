import { describe, expect, it } from 'vitest';
import { hostAllowed, hostName, originAllowed } from './security.ts';

describe('the Host header', () => {
  it('is read without port, brackets, case and a last dot', () => {
    expect(['LocalHost.', 'a.b:80', '[::1]:8080', '[fe80::1]'].map(hostName)).toEqual([
      'localhost',
      'a.b',
      '::1',
      'fe80::1',
    ]);
  });

  it('must name localhost, an address or an allowed name', () => {
    const allowed = (host: string | undefined) => hostAllowed(host, ['Weir.example.com']);
    expect(['localhost:1', '10.0.0.1:8080', '[::1]', 'weir.example.com'].map(allowed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([undefined, '', 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'].map(allowed)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a request that changes something', () => {
  it('comes from no page, or from the page of this server', () => {
    const host = '127.0.0.1:8080';
    expect(originAllowed({ host })).toBe(true);
    expect(originAllowed({ host, origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(originAllowed({ host, origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' })).toBe(false);
    expect(originAllowed({ host, origin: 'https://evil.example' })).toBe(false);
    expect(originAllowed({ host, origin: 'null' })).toBe(false);
    expect(originAllowed({ host, 'sec-fetch-site': 'cross-site' })).toBe(false);
  });
});
