import {
  FIELD,
  FlowBatch,
  IPV4_MAPPED_WORD,
  parseNetwork,
  QUALITY,
  SAMPLING_SOURCE,
  SOURCE,
  setNumber,
} from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW, TestCollector, UPTIME } from '../testing/collector.ts';
import { encodeNetflow5 } from './v5-encode.ts';

const HEADER = { time: NOW, sysUptime: UPTIME, sequence: 0 };

/** A message of one hand-made record: 10.0.0.1:4000 to 10.0.0.2:80. */
function message(change: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(72);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 5);
  view.setUint16(2, 1);
  view.setUint32(4, UPTIME);
  view.setUint32(8, NOW / 1000);
  view.setUint32(12, 250_000_000);
  view.setUint16(20, 0x0102);
  view.setUint32(24, 0x0a000001);
  view.setUint32(28, 0x0a000002);
  view.setUint32(32, 0x0a0000fe);
  view.setUint16(36, 3);
  view.setUint16(38, 4);
  view.setUint32(40, 7);
  view.setUint32(44, 900);
  view.setUint32(48, UPTIME - 5000);
  view.setUint32(52, UPTIME - 1000);
  view.setUint16(56, 4000);
  view.setUint16(58, 80);
  view.setUint8(61, 0x1b);
  view.setUint8(62, 6);
  view.setUint8(63, 0xb9);
  view.setUint16(64, 64500);
  view.setUint16(66, 64501);
  view.setUint8(68, 24);
  view.setUint8(69, 16);
  change(view);
  return bytes;
}

describe('NetFlow v5', () => {
  it('fills every column that a record has', () => {
    const collector = new TestCollector();
    expect(collector.receive(message())).toEqual([
      {
        time_received: NOW,
        time_start: NOW + 250 - 5000,
        time_end: NOW + 250 - 1000,
        source: SOURCE.netflow5,
        exporter: expect.any(String),
        observation_domain: 0x0102,
        quality: QUALITY.as_given | QUALITY.no_sampling_rate,
        src_addr: '10.0.0.1',
        dst_addr: '10.0.0.2',
        src_port: 4000,
        dst_port: 80,
        proto: 6,
        tcp_flags: 0x1b,
        dscp: 46,
        ecn: 1,
        src_mask: 24,
        dst_mask: 16,
        next_hop: '10.0.0.254',
        src_as: 64500,
        dst_as: 64501,
        in_if: 3,
        out_if: 4,
        bytes: 900,
        packets: 7,
        bytes_sampled: 900,
        packets_sampled: 7,
      },
    ]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_decoded: 1, flows_received: 1 });
  });

  it('scales by the 14 low bits of the sampling field and leaves the mode out', () => {
    const [row] = new TestCollector().receive(message((view) => view.setUint16(22, 0x4000 | 1000)));
    expect(row).toMatchObject({
      bytes: 900_000,
      packets: 7000,
      bytes_sampled: 900,
      packets_sampled: 7,
      sampling_rate: 1000,
      sampling_source: SAMPLING_SOURCE.header,
      quality: QUALITY.as_given,
    });
  });

  it('scales past 32 bits', () => {
    const bytes = message((view) => {
      view.setUint16(22, 16383);
      view.setUint32(44, 0xffffffff);
    });
    expect(new TestCollector().receive(bytes)[0].bytes).toBe(0xffffffff * 16383);
  });

  it('takes the configured rate where the header says none', () => {
    const samplingDefaults = [
      { network: parseNetwork('192.0.0.0/8'), rate: 10 },
      { network: parseNetwork('192.0.2.0/24'), rate: 50 },
    ];
    const [row] = new TestCollector({ samplingDefaults }).receive(message());
    expect(row).toMatchObject({ bytes: 45_000, sampling_rate: 50, sampling_source: SAMPLING_SOURCE.configured });
    expect(row.quality).toBe(QUALITY.as_given);
  });

  it('reads ICMP type and code from the destination port, which ICMP does not have', () => {
    const bytes = message((view) => {
      view.setUint8(62, 1);
      view.setUint16(58, 0x0301);
    });
    const [row] = new TestCollector().receive(bytes);
    expect(row).toMatchObject({ proto: 1, icmp_type: 3, icmp_code: 1 });
    expect(row).not.toHaveProperty('dst_port');
    expect(row).not.toHaveProperty('src_port');
    expect(Number(row.quality) & QUALITY.icmp_given).toBe(QUALITY.icmp_given);
  });

  it('places flows across a wrap of the uptime and slightly after the header', () => {
    const bytes = message((view) => {
      view.setUint32(4, 1000);
      view.setUint32(48, 0xffffffff - 999);
      view.setUint32(52, 1010);
    });
    expect(new TestCollector().receive(bytes)[0]).toMatchObject({ time_start: NOW + 250 - 2000, time_end: NOW + 260 });
  });

  it('flags a clock more than five minutes off, and takes an unset clock for the time of receipt', () => {
    const [skewed] = new TestCollector().receive(message(), NOW + 300_251);
    expect(Number(skewed.quality) & QUALITY.clock_skewed).toBe(QUALITY.clock_skewed);
    const [row] = new TestCollector().receive(message((view) => view.setUint32(8, 100)));
    expect(row).toMatchObject({ time_start: NOW - 5000, time_end: NOW - 1000 });
    expect(Number(row.quality) & QUALITY.clock_skewed).toBe(QUALITY.clock_skewed);
  });

  it.each([
    ['one more than there are', 2],
    ['the most', 0xffff],
  ])('keeps the flows that are whole of a count of %s, and counts the message as malformed', (_, count) => {
    const collector = new TestCollector();
    expect(collector.receive(message((view) => view.setUint16(2, count)))).toMatchObject([
      { src_addr: '10.0.0.1', dst_addr: '10.0.0.2', bytes: 900 },
    ]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_malformed: 1, flows_received: 1 });
  });

  it('takes the sequence after such a message as it comes: how many flows it was numbered for is not known', () => {
    const collector = new TestCollector();
    collector.receive(message());
    // Five flows are missing before it.
    const cut = (view: DataView) => {
      view.setUint16(2, 30);
      view.setUint32(16, 6);
    };
    const [row] = collector.receive(message(cut));
    expect(Number(row.quality) & QUALITY.after_sequence_gap).toBe(QUALITY.after_sequence_gap);
    for (const sequence of [36, 37]) collector.receive(message((view) => view.setUint32(16, sequence)));
    expect(collector.counts().sequence_lost_flows).toBe(5);
  });

  it.each([
    ['that counts no flows', message((view) => view.setUint16(2, 0))],
    ['whose header is cut', message().subarray(0, 23)],
    ['whose first flow is cut', message().subarray(0, 71)],
  ])('refuses a message %s', (_, bytes) => {
    const collector = new TestCollector();
    expect(collector.receive(bytes)).toEqual([]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_malformed: 1 });
  });

  it('counts flows missing by the sequence and flags the message after', () => {
    const collector = new TestCollector();
    collector.receive(message());
    const [row] = collector.receive(message((view) => view.setUint32(16, 11)));
    expect(Number(row.quality) & QUALITY.after_sequence_gap).toBe(QUALITY.after_sequence_gap);
    expect(collector.counts().sequence_lost_flows).toBe(10);
  });

  it('keeps a sequence for each engine', () => {
    const collector = new TestCollector();
    collector.receive(message());
    collector.receive(
      message((view) => {
        view.setUint16(20, 7);
        view.setUint32(16, 5000);
      }),
    );
    collector.receive(message((view) => view.setUint32(16, 1)));
    expect(collector.counts().sequence_lost_flows).toBeUndefined();
  });

  it('reads back what it wrote', () => {
    const u8 = fc.nat(0xff);
    const u16 = fc.nat(0xffff);
    const u32 = fc.nat(0xffffffff);
    const record = fc.record({
      src: u32,
      dst: u32,
      hop: u32,
      packets: u32,
      bytes: u32,
      start: fc.nat(1_000_000),
      end: fc.nat(1_000_000),
      ports: fc.tuple(u16, u16),
      interfaces: fc.tuple(u16, u16),
      as: fc.tuple(u16, u16),
      masks: fc.tuple(u8, u8),
      flags: u8,
      proto: fc.oneof(fc.constant(1), u8),
      tos: u8,
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), u16, (records, engine) => {
        const batch = new FlowBatch(records.length);
        for (const [row, r] of records.entries()) {
          for (const [field, word] of [
            [FIELD.src_addr, r.src],
            [FIELD.dst_addr, r.dst],
          ] as const) {
            batch.use(field).set([0, 0, IPV4_MAPPED_WORD, word], row * 4);
          }
          if (r.hop !== 0) batch.use(FIELD.next_hop).set([0, 0, IPV4_MAPPED_WORD, r.hop], row * 4);
          for (const field of [FIELD.packets_sampled, FIELD.packets]) batch.use(field)[row * 2] = r.packets;
          for (const field of [FIELD.bytes_sampled, FIELD.bytes]) batch.use(field)[row * 2] = r.bytes;
          setNumber(batch.use(FIELD.time_start), row, NOW - r.start);
          setNumber(batch.use(FIELD.time_end), row, NOW - r.end);
          if (r.proto === 1) {
            batch.use(FIELD.icmp_type)[row] = r.ports[0];
            batch.use(FIELD.icmp_code)[row] = r.ports[1];
          } else {
            batch.use(FIELD.src_port)[row] = r.ports[0];
            batch.use(FIELD.dst_port)[row] = r.ports[1];
          }
          batch.use(FIELD.in_if)[row] = r.interfaces[0];
          batch.use(FIELD.out_if)[row] = r.interfaces[1];
          batch.use(FIELD.src_as)[row] = r.as[0];
          batch.use(FIELD.dst_as)[row] = r.as[1];
          batch.use(FIELD.src_mask)[row] = r.masks[0];
          batch.use(FIELD.dst_mask)[row] = r.masks[1];
          batch.use(FIELD.tcp_flags)[row] = r.flags;
          batch.use(FIELD.proto)[row] = r.proto;
          batch.use(FIELD.dscp)[row] = r.tos >> 2;
          batch.use(FIELD.ecn)[row] = r.tos & 3;
        }
        batch.length = records.length;
        const back = new TestCollector().batch(encodeNetflow5(batch, 0, batch.length, { ...HEADER, engine }));
        expect(back.length).toBe(batch.length);
        expect(back.use(FIELD.observation_domain)[0]).toBe(engine);
        for (const field of batch.fields()) {
          // What the collector adds of its own.
          if (['time_received', 'source', 'exporter', 'quality', 'observation_domain'].includes(field.name)) continue;
          const words = batch.use(field as typeof FIELD.bytes);
          const length = (words.length / batch.capacity) * batch.length;
          expect([...back.use(field as typeof FIELD.bytes).subarray(0, length)], field.name).toEqual([...words]);
        }
      }),
    );
  });
});
