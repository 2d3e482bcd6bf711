import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, inNetwork, isIPv4, parseAddress, parseNetwork, tryParseAddress } from './address.ts';
import { RecordError } from './errors.ts';

describe('addresses', () => {
  it('hold IPv4 as ::ffff:a.b.c.d, the last word being the bytes in memory order', () => {
    const words = parseAddress('10.1.2.3');
    expect([...words]).toEqual([0, 0, 0xffff0000, 0x0302010a]);
    expect([...new Uint8Array(words.buffer)].slice(10)).toEqual([0xff, 0xff, 10, 1, 2, 3]);
    expect(isIPv4(words, 0)).toBe(true);
  });

  it.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('read %s and write it as %s (RFC 5952)', (text, expected) => {
    expect(formatAddress(parseAddress(text))).toBe(expected);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '2001:db8',
    'g::1',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
  ])('refuse %j', (text) => {
    expect(tryParseAddress(text)).toBeUndefined();
    expect(() => parseAddress(text)).toThrow(RecordError);
  });

  it('come back the same from text, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const words = new Uint32Array(Uint8Array.from(bytes).buffer);
        if (words.every((word) => word === 0)) return;
        expect([...parseAddress(formatAddress(words))]).toEqual([...words]);
      }),
    );
  });

  it('write nothing for an absent address', () => {
    expect(formatAddress(new Uint32Array(4))).toBe('');
  });
});

describe('networks', () => {
  it.each([
    ['10.128.0.0/14', '10.131.255.255', true],
    ['10.128.0.0/14', '10.132.0.0', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '10.0.0.1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
  ])('%s holds %s: %s', (network, address, holds) => {
    expect(inNetwork(parseNetwork(network), parseAddress(address))).toBe(holds);
  });

  it('clear the host bits and keep the text a person would write', () => {
    expect(parseNetwork('10.1.2.3/8').text).toBe('10.0.0.0/8');
    expect(parseNetwork('::/0').text).toBe('::/0');
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', 'x/8', '10.0.0.0/8/8', '2001:db8::/129'])('refuse %j', (text) => {
    expect(() => parseNetwork(text)).toThrow(RecordError);
  });
});

describe('MAC addresses', () => {
  it('are written from a 48-bit number', () => {
    expect(formatMac(0xccddeeff, 0xaabb)).toBe('aa:bb:cc:dd:ee:ff');
    expect(formatMac(1, 0)).toBe('00:00:00:00:00:01');
  });
});
