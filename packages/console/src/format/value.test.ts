import { QUALITY } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { dscpName } from './codes.ts';
import { exactValue, formatValue, keyPart } from './value.ts';

describe('values of fields', () => {
  it('are named where the field has codes', () => {
    expect(formatValue('proto', 6)).toBe('tcp');
    expect(formatValue('proto', 200)).toBe('200');
    expect(formatValue('flow_type', 4)).toBe('to external');
    expect(formatValue('outer_proto', 17)).toBe('udp');
  });

  it('have units where the field has one', () => {
    expect(formatValue('bytes', 2048)).toBe('2.00 KiB');
    expect(formatValue('total_bytes', '2048')).toBe('2.00 KiB');
    expect(formatValue('throughput', 1_000_000)).toBe('1.00 Mbit/s');
    expect(formatValue('rtt_us', 1500)).toBe('2 ms');
    expect(formatValue('time_start', Date.UTC(2026, 0, 2), true)).toBe('2026-01-02 00:00:00');
  });

  it('are letters for TCP flags, names for quality, DSCP classes and countries', () => {
    expect(formatValue('tcp_flags', 0x12)).toBe('SA');
    expect(formatValue('quality', QUALITY.clock_skewed | QUALITY.demo)).toBe('clock_skewed, demo');
    expect(formatValue('dscp', 46)).toBe('EF (46)');
    expect(formatValue('src_country', 0x4445)).toBe('DE');
  });

  it('say what a sampling rate means', () => {
    expect(formatValue('sampling_rate', 1)).toBe('every packet');
    expect(formatValue('sampling_rate', 4096)).toBe('1 in 4,096');
  });

  it('are empty when absent', () => {
    expect(formatValue('src_pod', undefined)).toBe('');
    expect(formatValue('src_pod', null)).toBe('');
  });

  it('have an exact form beside a rounded one', () => {
    expect(exactValue('bytes', 123_456)).toBe('123,456 bytes');
    expect(exactValue('proto', 6)).toBe('6');
    expect(exactValue('bytes', 12)).toBeUndefined();
    expect(exactValue('src_pod', 'cart-1')).toBeUndefined();
  });
});

describe('parts of a group', () => {
  it('say what is missing', () => {
    expect(keyPart('src_namespace', '')).toBe('no namespace');
    expect(keyPart('service_name', '')).toBe('no service');
    expect(keyPart('server_port', 0)).toBe('no server port');
  });

  it('name the usual listener of a port', () => {
    expect(keyPart('dst_port', 5432)).toBe('5432 postgres');
    expect(keyPart('dst_port', 5433)).toBe('5433');
  });
});

describe('DSCP', () => {
  it('has the names of RFC 4594', () => {
    expect([0, 8, 10, 26, 34, 46, 48].map(dscpName)).toEqual([
      'best effort',
      'CS1',
      'AF11',
      'AF31',
      'AF41',
      'EF',
      'CS6',
    ]);
    expect(dscpName(3)).toBeUndefined();
  });
});
