import { FIELD, type Field, FlowBatch, IPV4_MAPPED_WORD, KINDS, setNumber, stringKey } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import type { ElementKey } from '../ipfix/registry.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { NOW, TestCollector, UPTIME } from '../testing/collector.ts';
import { templateField } from './encode.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0, text: (lo: number) => TEXTS.get(lo) ?? '' };

/** Texts that rows may have, by the low word of their key. */
const TEXTS = new Map(
  ['eth0', 'x', 'naïve', 'y'.repeat(254), 'z'.repeat(255)].map((text) => [stringKey(text).lo, text]),
);
const texts = fc.constantFrom(...TEXTS.values());

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const u64 = fc.tuple(u32, u32);
const v4 = u32.map((word) => [0, 0, IPV4_MAPPED_WORD, word]);
const v6 = fc.tuple(u32, u32, fc.integer({ min: 1, max: 0xff }), u32);
const ago = fc.nat(5_000_000);

interface Case {
  readonly element: ElementKey;
  readonly field: Field;
  /** The words of the column. */
  readonly value: fc.Arbitrary<number | readonly number[]>;
  readonly length?: number;
}

const words = (ms: number): number[] => {
  const column = new Uint32Array(2);
  setNumber(column, 0, ms);
  return [...column];
};
const time = ago.map((before) => words(NOW - before));
const key = texts.map((text) => [stringKey(text).lo, stringKey(text).hi]);

/** Elements whose column comes back as it was, in both protocols. */
const COMMON: readonly Case[] = [
  { element: 7, field: FIELD.src_port, value: u16 },
  { element: 11, field: FIELD.dst_port, value: u16 },
  { element: 4, field: FIELD.proto, value: fc.constantFrom(6, 17, 132) },
  { element: 6, field: FIELD.tcp_flags, value: fc.nat(0x1ff) },
  { element: 6, field: FIELD.tcp_flags, value: u8, length: 1 },
  { element: 195, field: FIELD.dscp, value: fc.nat(63) },
  { element: 10, field: FIELD.in_if, value: u32 },
  { element: 14, field: FIELD.out_if, value: u16, length: 2 },
  { element: 16, field: FIELD.src_as, value: u32 },
  { element: 17, field: FIELD.dst_as, value: u16, length: 2 },
  { element: 9, field: FIELD.src_mask, value: u8 },
  { element: 13, field: FIELD.dst_mask, value: u8 },
  { element: 136, field: FIELD.end_reason, value: u8 },
  { element: 61, field: FIELD.direction, value: fc.nat(2) },
  { element: 192, field: FIELD.ip_ttl, value: u8 },
  { element: 58, field: FIELD.src_vlan, value: u16 },
  { element: 56, field: FIELD.src_mac, value: fc.tuple(u32, u16) },
  { element: 1, field: FIELD.bytes_sampled, value: u64 },
  { element: 2, field: FIELD.packets_sampled, value: u32.map((low) => [low, 0]), length: 4 },
  { element: 1, field: FIELD.bytes_sampled, value: u16.map((low) => [low, 0]), length: 3 },
  { element: 86, field: FIELD.total_packets, value: u64 },
  { element: 8, field: FIELD.src_addr, value: v4 },
  { element: 12, field: FIELD.dst_addr, value: v4 },
  { element: 27, field: FIELD.src_addr, value: v6 },
  { element: 28, field: FIELD.dst_addr, value: v6 },
  { element: 15, field: FIELD.next_hop, value: v4.filter((address) => address[3] !== 0) },
  { element: 225, field: FIELD.nat_src_addr, value: v4.filter((address) => address[3] !== 0) },
  { element: 152, field: FIELD.time_start, value: time },
  { element: 153, field: FIELD.time_end, value: time },
  { element: 154, field: FIELD.time_start, value: time },
  { element: 157, field: FIELD.time_end, value: time },
  { element: 158, field: FIELD.time_start, value: fc.nat(4_000_000).map((before) => words(NOW - before)) },
  { element: 96, field: FIELD.app_name, value: key },
  {
    element: 82,
    field: FIELD.in_if_name,
    value: texts.filter((t) => t.length < 16).map((t) => [stringKey(t).lo, stringKey(t).hi]),
    length: 16,
  },
];
const V9: readonly Case[] = [
  { element: 22, field: FIELD.time_start, value: time },
  { element: 21, field: FIELD.time_end, value: time },
];
const IPFIX: readonly Case[] = [
  { element: '29305/1', field: FIELD.rev_bytes_sampled, value: u64 },
  { element: '56506/136', field: FIELD.tcp_state, value: key },
  { element: '56506/108', field: FIELD.service_port, value: u16 },
  { element: '6876/892', field: FIELD.tunnel_id, value: u64 },
];

/** Some of the cases, one a column, each with its values for some rows. */
function flows(cases: readonly Case[]) {
  return fc
    .tuple(fc.shuffledSubarray([...cases], { minLength: 1 }), fc.integer({ min: 1, max: 12 }))
    .chain(([chosen, rows]) => {
      const columns = chosen.filter(({ field }, index) => chosen.findIndex((other) => other.field === field) === index);
      return fc.tuple(
        fc.constant(columns),
        fc.constant(rows),
        fc.tuple(...columns.map(({ value }) => fc.array(value, { minLength: rows, maxLength: rows }))),
      );
    });
}

function comesBack(
  protocol: 'v9' | 'ipfix',
  columns: readonly Case[],
  rows: number,
  values: readonly unknown[][],
): void {
  const batch = new FlowBatch(rows);
  for (const [index, { field }] of columns.entries()) {
    const column = batch.use(field as Field<'u32'>);
    for (const [row, value] of values[index].entries())
      column.set([value].flat() as number[], row * KINDS[field.kind].words);
  }
  batch.length = rows;
  const template = { id: 256, fields: columns.map(({ element, length }) => templateField(element, length)) };
  const sets = [{ templates: [template] }, { template, batch, from: 0, to: rows }];
  const bytes =
    protocol === 'v9'
      ? encodeNetflow9({ ...CONTEXT, sourceId: 1 }, sets)
      : encodeIpfix({ ...CONTEXT, domain: 1 }, sets).bytes;
  const back = new TestCollector().batch(bytes);
  expect(back.length).toBe(rows);
  for (const { field } of columns) {
    const length = rows * KINDS[field.kind].words;
    const read = back.use(field as Field<'u32'>).subarray(0, length);
    expect([...read], field.name).toEqual([...batch.use(field as Field<'u32'>).subarray(0, length)]);
  }
}

describe('what the encoders wrote comes back', () => {
  it('in NetFlow v9', () => {
    fc.assert(
      fc.property(flows([...COMMON, ...V9]), ([columns, rows, values]) => comesBack('v9', columns, rows, values)),
    );
  });

  it.each([
    [1, [4, 7, 11]],
    [58, [4, 7, 11]],
    [1, [4, 7, 11, 32]],
    [58, [4, 139]],
    [58, [193, 178, 179]],
  ])('for ICMP (%i) in the elements %s', (proto, elements) => {
    const batch = new FlowBatch(1);
    batch.core.proto[0] = proto;
    batch.core.icmp_type[0] = 8;
    batch.core.icmp_code[0] = 2;
    batch.length = 1;
    const template = { id: 256, fields: elements.map((element) => templateField(element)) };
    const sets = [{ templates: [template] }, { template, batch, from: 0, to: 1 }];
    const [row] = new TestCollector().receive(encodeIpfix({ ...CONTEXT, domain: 1 }, sets).bytes);
    expect(row).toMatchObject({ proto, icmp_type: 8, icmp_code: 2 });
    expect(row).not.toHaveProperty('dst_port');
  });

  it('in IPFIX', () => {
    fc.assert(
      fc.property(flows([...COMMON, ...IPFIX]), ([columns, rows, values]) => comesBack('ipfix', columns, rows, values)),
    );
  });
});
