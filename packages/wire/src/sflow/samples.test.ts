import { QUALITY, RECORD_TYPE, TUNNEL_TYPE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { ethernet, ipv4, tcp, udp, vxlan } from '../testing/layers.ts';
import {
  decodeOne,
  flowSample,
  header,
  headerOf,
  record,
  SflowCollector,
  tcpFrame,
  wantedFlow,
  words,
} from '../testing/sflow.ts';
import { encodeSflowDatagram, type SflowRecord, type SflowSample } from './index.ts';

describe('a flow sample', () => {
  it('becomes a row whose counters are scaled by its rate and whose exporter is the agent', () => {
    expect(decodeOne(flowSample([headerOf(tcpFrame)]))).toEqual(wantedFlow);
  });

  it('is the same in its expanded form', () => {
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { expanded: true }))).toEqual(wantedFlow);
  });

  it('has the columns of a packet, by default', () => {
    const [row] = new SflowCollector({}).take(encodeSflowDatagram(header, [flowSample([headerOf(tcpFrame)])]));
    expect(row).toEqual({
      ...wantedFlow,
      sequence: 1,
      src_mac: '02:00:00:00:00:01',
      dst_mac: '02:00:00:00:00:02',
      ether_type: 0x0800,
      ip_ttl: 64,
      bytes_l2: (114 + 4) * 400,
      header_bytes: 114,
    });
  });

  it('says how its packet may be cut, or was', () => {
    const take = (id: number, fragment: number) => {
      const frame = ethernet(0x0800, ipv4(17, udp(53, 5353), 1, 2, { id, fragment }));
      return new SflowCollector({}).take(encodeSflowDatagram(header, [flowSample([headerOf(frame)])]))[0];
    };
    expect(take(0xbeef, 0x4000)).toMatchObject({ fragment_id: 0xbeef, fragment_flags: 0x40, dst_port: 5353 });
    expect(take(7, 0x2000)).toMatchObject({ fragment_id: 7, fragment_flags: 0x20, dst_port: 5353 });
    expect(take(7, 185)).toMatchObject({ fragment_id: 7, fragment_offset: 185 });
    expect(take(7, 185)).not.toHaveProperty('dst_port');
  });

  it('counts the IP packet, not the padding of a short frame', () => {
    const short = ethernet(0x0800, ipv4(6, tcp(1, 2, 2)));
    expect(decodeOne(flowSample([headerOf([...short, 0, 0, 0, 0, 0, 0], 64)]))).toMatchObject({ bytes_sampled: 40 });
  });

  it('counts what the frame leaves where the header has no total length', () => {
    const offloaded = ethernet(0x0800, ipv4(6, tcp(1, 2, 2), 1, 2, { totalLength: 0 }));
    expect(decodeOne(flowSample([headerOf(offloaded, 9018)]))).toMatchObject({ bytes_sampled: 9000 });
  });

  it('counts the frame where it is not IP, and says that there is no address', () => {
    const arp = decodeOne(flowSample([headerOf(ethernet(0x0806, new Array(46).fill(0)), 64)]));
    expect(arp).toMatchObject({
      bytes_sampled: 64,
      ether_type: 0x0806,
      quality: QUALITY.address_unknown | QUALITY.dissected_partly,
    });
  });

  it('counts the inner packet of a tunnel', () => {
    const frame = ethernet(0x0800, ipv4(17, udp(9, 4789, vxlan(7, tcpFrame))));
    expect(decodeOne(flowSample([headerOf(frame)]))).toMatchObject({
      bytes_sampled: 100,
      src_addr: '10.0.0.1',
      tunnel_type: TUNNEL_TYPE.vxlan,
      tunnel_id: 7,
    });
  });

  it('scales to more than 32 bits', () => {
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { samplingRate: 0xffffffff }))).toMatchObject({
      bytes: 0xffffffff * 100,
      packets: 0xffffffff,
    });
  });

  it('without a rate is kept as it is and flagged', () => {
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { samplingRate: 0 }))).toMatchObject({
      bytes: 100,
      packets: 1,
      quality: QUALITY.no_sampling_rate,
    });
  });

  it('taken where the packet left has direction egress', () => {
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { source: { class: 0, index: 5 } })).direction).toBe(2);
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { source: { class: 2, index: 5 } })).direction).toBeUndefined();
  });

  it.each([false, true])('to several interfaces has no output interface (expanded: %s)', (expanded) => {
    const row = decodeOne(flowSample([headerOf(tcpFrame)], { expanded, output: { format: 2, value: 7 } }));
    expect(row.out_if).toBeUndefined();
  });

  it('of a packet that was then dropped says why', () => {
    // What Open vSwitch sends for a packet that no rule let through.
    expect(decodeOne(flowSample([headerOf(tcpFrame)], { output: { format: 1, value: 256 } }))).toMatchObject({
      bytes: 40_000,
      dropped_bytes: 40_000,
      dropped_packets: 400,
      drop_reason: 'unknown',
    });
  });
});

describe('a discarded packet', () => {
  const discarded = (reason: number, ...records: SflowRecord[]): SflowSample => ({
    kind: 'discarded',
    sequence: 1,
    source: { class: 0, index: 4 },
    drops: 0,
    input: 4,
    output: 0,
    reason,
    records,
  });

  it('becomes a drop sample that adds nothing to traffic', () => {
    const row = decodeOne(discarded(258, headerOf(tcpFrame)));
    expect(row).toMatchObject({
      record_type: RECORD_TYPE.drop_sample,
      src_addr: '10.0.0.1',
      in_if: 4,
      dropped_packets: 1,
      dropped_bytes: 100,
      bytes_sampled: 100,
      drop_reason: 'acl',
    });
    expect([row.bytes, row.packets, row.sampling_rate]).toEqual([undefined, undefined, undefined]);
  });

  it('has the reason of the Linux kernel where it is given, and "other" for numbers without a name', () => {
    const reason = record(
      1042,
      words(9),
      [...'NO_SOCKET'].map((letter) => letter.charCodeAt(0)),
      [0, 0, 0],
    );
    expect(decodeOne(discarded(256, headerOf(tcpFrame), reason)).drop_reason).toBe('NO_SOCKET');
    expect(decodeOne(discarded(999_999, headerOf(tcpFrame))).drop_reason).toBe('other');
  });
});
