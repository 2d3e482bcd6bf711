import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { QUALITY } from './codes.ts';
import { FIELD } from './fields.ts';
import { FlowBatch } from './flow-batch.ts';
import { rowToObject } from './row.ts';
import { setNumber } from './words.ts';

describe('a row as an object', () => {
  it('has each kind of value in its form, and nothing that is empty', () => {
    const batch = new FlowBatch(2);
    const row = 1;
    setNumber(batch.use(FIELD.time_start), row, Date.parse('2026-05-01T12:00:00.250Z'));
    batch.use(FIELD.src_addr).set(parseAddress('10.0.0.1'), row * 4);
    batch.use(FIELD.dst_addr).set(parseAddress('2001:db8::1'), row * 4);
    batch.use(FIELD.src_port)[row] = 443;
    setNumber(batch.use(FIELD.bytes), row, 2 ** 40);
    setNumber(batch.use(FIELD.src_mac), row, 0x02_00_00_00_00_0a);
    batch.use(FIELD.mpls_labels).push(row, 16);
    batch.use(FIELD.mpls_labels).push(row, 17);
    batch.use(FIELD.seen_by).pushAddress(row, 0, 0, 0xffff0000, 0x0900000a);
    batch.use(FIELD.src_entity).set([1, 1], row * 2);
    batch.use(FIELD.packets).set([0xffffffff, 0xffffffff], row * 2);
    batch.length = 2;
    expect(rowToObject(batch, row)).toEqual({
      time_start: '2026-05-01T12:00:00.250Z',
      seen_by: ['10.0.0.9'],
      src_addr: '10.0.0.1',
      dst_addr: '2001:db8::1',
      src_port: 443,
      src_mac: '02:00:00:00:00:0a',
      mpls_labels: [16, 17],
      bytes: 2 ** 40,
      packets: '18446744073709551615',
      src_entity: '4294967297',
    });
    expect(rowToObject(batch, 0)).toEqual({});
  });

  it('tells a zero ICMP type from an absent one', () => {
    const batch = new FlowBatch(1);
    batch.use(FIELD.quality)[0] = QUALITY.icmp_given;
    batch.length = 1;
    expect(rowToObject(batch, 0)).toEqual({ quality: QUALITY.icmp_given, icmp_type: 0, icmp_code: 0 });
  });

  it('has the text of a key where it is known', () => {
    const batch = new FlowBatch(1);
    batch.use(FIELD.drop_reason)[0] = 7;
    batch.use(FIELD.exporter)[0] = 8;
    batch.length = 1;
    const text = (_: unknown, key: string) => (key === '7' ? 'acl' : undefined);
    expect(rowToObject(batch, 0, { text })).toEqual({ exporter: '8', drop_reason: 'acl' });
  });
});
