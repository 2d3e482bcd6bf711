// Any bytes at all: the decoder neither throws nor reads outside its message, and what it makes of them is bounded by their number.
import { ACCOUNT, BALANCES, FlowBatch, KINDS, ListColumn } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from './ipfix/encode.ts';
import { encodeNetflow5 } from './netflow/v5-encode.ts';
import { encodeNetflow9 } from './netflow/v9-encode.ts';
import { type SetSpec, templateField } from './template/encode.ts';
import { ipv4, ipv6, NOW, TestCollector, UPTIME } from './testing/collector.ts';
import { ethernet, ipv4 as ipv4Packet, ipv6 as ipv6Packet, tcp, udp, vxlan } from './testing/layers.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };
const FIXED = {
  id: 256,
  fields: [8, 12, 7, 11, 4, 1, 2, 10, 22, 21, 5, 56, 70, 71, 48].map((id) => templateField(id)),
};
const VARIABLE = { id: 257, fields: [82, 8, 96, 27, 152, 161, 291, 95, 34].map((id) => templateField(id)) };
const ENTERPRISE = { id: 258, fields: ['56506/136', '29305/1', '6876/892', 130, 4].map((key) => templateField(key)) };
/** Packets in packets, with and without a field of variable length, and elements that repeat at different lengths. */
const HEADERS = [27, 28, 4, 193, 7, 11, 8, 12, 4, 7, 11, 498, 5, 5, 32].map((id) => templateField(id));
const NESTED = { id: 259, fields: [...HEADERS, templateField(4, 2)] };
const NESTED_VARIABLE = {
  id: 260,
  fields: [templateField(82), ...HEADERS, templateField(495), templateField(7, 65535)],
};
/** Sections of packets, of variable length and of a fixed one, and what says how to read them. */
const FRAME = { id: 261, fields: [312, 408, 409, 410, 315, 70, 4].map((id) => templateField(id)) };
const SECTIONS = {
  id: 262,
  fields: [templateField(313, 24), templateField(314), templateField(102), templateField(104, 30)],
};
const EVENT = { id: 263, fields: [233, 230, 231, 6, 193, 9999].map((id) => templateField(id, 2)) };
const REPEATED = { id: 264, fields: Array.from({ length: 30 }, (_, index) => templateField([8, 12, 4][index % 3])) };
const OPTIONS = { id: 512, scopes: 1, fields: [10, 82, 34, 48, 311, 160].map((id) => templateField(id)) };
const RATES = {
  id: 513,
  scopes: 1,
  fields: [149, 304, 305, 306, 309, 310, 311, 34, 302].map((id) => templateField(id)),
};
const TEMPLATES = [
  FIXED,
  VARIABLE,
  ENTERPRISE,
  NESTED,
  NESTED_VARIABLE,
  FRAME,
  SECTIONS,
  EVENT,
  REPEATED,
  OPTIONS,
  RATES,
];

/** An Ethernet frame of UDP to VXLAN's port with a frame in it. */
const PACKET = Uint8Array.from(
  ethernet(0x0800, ipv4Packet(17, udp(50000, 4789, vxlan(7, ethernet(0x86dd, ipv6Packet(6, tcp(1, 2, 0x12))))))),
);
const headers = [
  ipv6('2001:db8::1'),
  ipv6('2001:db8::2'),
  41,
  4,
  1,
  2,
  ipv4('10.0.0.1'),
  ipv4('10.0.0.2'),
  6,
  3,
  4,
  1,
  0,
  8,
  0,
];
const zeros = (count: number) => Array.from({ length: count }, () => 0);
const SETS: readonly SetSpec[] = [
  { templates: TEMPLATES },
  { template: OPTIONS, records: [[5, 'eth0', 10, 1, 0.5, NOW]] },
  { template: FIXED, records: [zeros(15), zeros(15)] },
  {
    template: VARIABLE,
    records: [
      ['eth0', ...zeros(8)],
      ['x'.repeat(300), ...zeros(8)],
    ],
  },
  { template: ENTERPRISE, records: [['SYN_SENT', ...zeros(4)]] },
  { template: RATES, records: [[1, 3, 1, 9, 1, 256, 0.5, 1, 7]] },
  { template: NESTED, records: [[...headers, 17], zeros(16), [...headers, 47]] },
  { template: NESTED_VARIABLE, records: [['eth0', ...headers, new Uint8Array(16), 9]] },
  { template: FRAME, records: [[PACKET.length, 1, 0, PACKET.length, PACKET, 0x012341, 6]] },
  { template: SECTIONS, records: [[PACKET.subarray(14, 38), PACKET.subarray(34), 0, PACKET.subarray(0, 30)]] },
  { template: EVENT, records: [[3, 4, 100, 0x5112, 58, 1]] },
  { template: REPEATED, records: [Array.from({ length: 30 }, (_, index) => index + 1)] },
];

function rowsOfZeros(): FlowBatch {
  const batch = new FlowBatch(3);
  batch.length = 3;
  return batch;
}

/** Messages that are right, to be bent. */
const MESSAGES: readonly Uint8Array[] = [
  encodeNetflow5(rowsOfZeros(), 0, 3, CONTEXT),
  encodeNetflow9({ ...CONTEXT, sourceId: 1 }, SETS),
  encodeIpfix({ ...CONTEXT, domain: 1 }, SETS).bytes,
];

/** A right message with some bytes and 16-bit numbers overwritten, and perhaps cut or continued. */
const bent = fc
  .tuple(
    fc.constantFrom(...MESSAGES),
    fc.array(fc.tuple(fc.nat(4000), fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 255, 256, 257, 512, 0x8000, 0xffff)), {
      maxLength: 6,
    }),
    fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 6 }),
    fc.integer({ min: -700, max: 40 }),
  )
  .map(([message, numbers, bytes, longer]) => {
    const out = new Uint8Array(Math.max(24, message.length + longer));
    out.set(message.subarray(0, out.length));
    const view = new DataView(out.buffer);
    // The version stays, so that the message gets to its decoder.
    for (const [at, value] of numbers) view.setUint16(2 + (at % (out.length - 3)), value);
    for (const [at, value] of bytes) out[2 + (at % (out.length - 2))] = value;
    return out;
  });

const noise = fc
  .tuple(fc.constantFrom([0, 5], [0, 9], [0, 10], [0, 0, 0, 5], []), fc.uint8Array({ maxLength: 600 }))
  .map(([version, bytes]) => Uint8Array.from([...version, ...bytes]));

/** A collector that knows the templates already. */
function warm(): TestCollector {
  const collector = new TestCollector();
  for (const message of MESSAGES) collector.receive(message);
  return collector;
}

/** Decodes `message` from within a buffer full of `poison`; the rows' bytes and the ledger. */
function decodeWithin(message: Uint8Array, poison: number): { columns: Record<string, number[]>; counters: number[] } {
  const collector = warm();
  const margin = 70;
  const buffer = new Uint8Array(message.length + margin * 2).fill(poison);
  buffer.set(message, margin);
  const batch = new FlowBatch(message.length);
  collector.decoder.decode(buffer, margin, margin + message.length, collector.peer.words, 0, NOW, batch);
  expect(batch.length).toBeLessThanOrEqual(message.length);
  const columns: Record<string, number[]> = {};
  for (const field of batch.fields()) {
    const column = batch.use(field);
    if (column instanceof ListColumn) {
      column.seal(batch.length);
      columns[field.name] = [...column.ends.subarray(0, batch.length), ...column.values.subarray(0, column.items)];
      continue;
    }
    const end = batch.length * KINDS[field.kind].words;
    columns[field.name] = [...column.subarray(0, end)];
    // A new row is all zeros: nothing may be left behind the last one.
    expect(
      column.subarray(end).some((word) => word !== 0),
      field.name,
    ).toBe(false);
  }
  return { columns, counters: [...collector.peer.counters] };
}

describe('any bytes', () => {
  it.each([
    ['at random', noise],
    ['of a bent message', bent],
  ])('%s give the same flows and counts whatever lies around them', (_, bytes) => {
    fc.assert(
      fc.property(bytes, (message) => {
        expect(decodeWithin(message, 0)).toEqual(decodeWithin(message, 0xff));
      }),
      { numRuns: 300 },
    );
  });

  it('one after the other leave a ledger that adds up, in bounded memory', () => {
    const collector = new TestCollector({ limits: { templates: 20, domains: 4, options: 8 } });
    let flows = 0;
    fc.assert(
      fc.property(fc.oneof(bent, noise), (message) => {
        flows += collector.batch(message).length;
      }),
      { numRuns: 1000 },
    );
    const total = (account: number) =>
      [collector.decoder.exporters.unattributed, ...collector.decoder.exporters.all()].reduce(
        (sum, { counters }) => sum + counters[account],
        0,
      );
    const [datagrams] = BALANCES;
    expect(total(ACCOUNT[datagrams.total])).toBe(datagrams.parts.reduce((sum, part) => sum + total(ACCOUNT[part]), 0));
    expect(total(ACCOUNT.flows_received)).toBe(flows);
    for (const state of collector.peer.protocols.values()) {
      const { domains, protocol } = state.describe();
      if (protocol !== 'NetFlow v9' && protocol !== 'IPFIX') continue;
      expect(domains.length).toBeLessThanOrEqual(4);
      expect(domains.flatMap(({ templates }) => templates).length).toBeLessThanOrEqual(20);
      for (const { interfaces } of domains) expect(interfaces.length).toBeLessThanOrEqual(8);
    }
  });
});
