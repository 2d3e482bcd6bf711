import { parseAddress, QUALITY, TUNNEL_TYPE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { ethernet, ipv4, mpls, tag, tcp } from '../testing/layers.ts';
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
import { encodeSflowDatagram, type SflowRecord } from './index.ts';

describe('flow records beside the header', () => {
  const address4 = (last: number) => [...words(1), 10, 0, 0, last];
  const row = (...records: SflowRecord[]) => decodeOne(flowSample(records));

  it('give the fields of IPv4 and IPv6 where the agent took them out', () => {
    const ports = words(40000, 443, 0x12, 0xb9);
    expect(row(record(3, words(100, 6), [10, 0, 0, 1], [10, 0, 0, 2], ports))).toEqual({
      ...wantedFlow,
      dscp: 46,
      ecn: 1,
    });
    const a = new Uint8Array(parseAddress('2001:db8::1').buffer);
    const b = new Uint8Array(parseAddress('2001:db8::2').buffer);
    expect(row(record(4, words(1400, 58), [...a], [...b], words(135, 0, 0, 0)))).toMatchObject({
      src_addr: '2001:db8::1',
      dst_addr: '2001:db8::2',
      icmp_type: 135,
      icmp_code: 0,
      bytes_sampled: 1400,
    });
  });

  it('give way to the header, in whichever order they come', () => {
    const fields = record(3, words(1, 17), [1, 1, 1, 1], [2, 2, 2, 2], words(7, 8, 0, 0));
    expect(row(fields, headerOf(tcpFrame))).toEqual(wantedFlow);
    expect(row(headerOf(tcpFrame), fields)).toEqual(wantedFlow);
  });

  it('give MACs and EtherType', () => {
    const [found] = new SflowCollector({}).take(
      encodeSflowDatagram(header, [
        flowSample([record(2, words(1518), [2, 0, 0, 0, 0, 1, 0, 0], [2, 0, 0, 0, 0, 2, 0, 0], words(0x88cc))]),
      ]),
    );
    expect(found).toMatchObject({
      src_mac: '02:00:00:00:00:01',
      dst_mac: '02:00:00:00:00:02',
      ether_type: 0x88cc,
      bytes_sampled: 1518,
    });
  });

  it('give VLANs, with unknown ones left out', () => {
    expect(row(headerOf(tcpFrame), record(1001, words(100, 0, 200, 7)))).toMatchObject({
      src_vlan: 100,
      dst_vlan: 200,
    });
    const tagged = ethernet(0x8100, tag(9, 0x0800, ipv4(6, tcp(1, 2, 2))));
    expect(row(headerOf(tagged), record(1001, words(0, 0, 4095, 0)))).toMatchObject({ src_vlan: 9, dst_vlan: 9 });
  });

  it('give the route', () => {
    expect(row(headerOf(tcpFrame), record(1002, address4(9), words(24, 16)))).toMatchObject({
      next_hop: '10.0.0.9',
      src_mask: 24,
      dst_mask: 16,
    });
  });

  it('give the BGP path', () => {
    const path = words(2, 2, 2, 65010, 65020, 1, 1, 65030);
    expect(
      row(headerOf(tcpFrame), record(1003, address4(9), words(65001, 65002, 65003), path, words(2, 1, 2, 100))),
    ).toMatchObject({
      bgp_next_hop: '10.0.0.9',
      src_as: 65002,
      dst_as: 65030,
      next_as: 65010,
      previous_as: 65003,
      as_path: [65010, 65020, 65030],
      bgp_communities: [1, 2],
      quality: QUALITY.as_given,
    });
  });

  it("give the router's own AS for what is local", () => {
    expect(row(headerOf(tcpFrame), record(1003, address4(9), words(65001, 0, 0, 0, 0, 100)))).toMatchObject({
      src_as: 65001,
      dst_as: 65001,
    });
  });

  it('give labels, translation and the tunnel that a switch took off', () => {
    const stacks = [...words(1, 100 << 12), ...words(2, 200 << 12, (201 << 12) | 0x100)];
    expect(row(headerOf(tcpFrame), record(1006, address4(9), stacks))).toMatchObject({ mpls_labels: [200, 201] });
    // Labels in the header are believed before them, whichever comes first.
    const labelled = headerOf(ethernet(0x8847, mpls([7, 8], ipv4(6, tcp(1, 2, 2)))));
    const record1006 = record(1006, address4(9), stacks);
    expect(row(labelled, record1006, record1006)).toMatchObject({ mpls_labels: [7, 8] });
    expect(row(record1006, record1006, labelled)).toMatchObject({ mpls_labels: [7, 8] });
    expect(row(headerOf(tcpFrame), record(1007, address4(7), address4(8)), record(1020, words(70, 80)))).toMatchObject({
      nat_src_addr: '10.0.0.7',
      nat_dst_addr: '10.0.0.8',
      nat_src_port: 70,
      nat_dst_port: 80,
    });
    const tunnel = record(1024, words(0, 17), [10, 1, 0, 1], [10, 1, 0, 2], words(55555, 6081, 0, 0));
    expect(row(headerOf(tcpFrame), tunnel, record(1030, words(5001)))).toMatchObject({
      src_addr: '10.0.0.1',
      outer_src_addr: '10.1.0.1',
      outer_dst_addr: '10.1.0.2',
      outer_src_port: 55555,
      outer_dst_port: 6081,
      outer_proto: 17,
      tunnel_type: TUNNEL_TYPE.geneve,
      tunnel_id: 5001,
    });
  });

  it('give the ports of a tunnel where Open vSwitch swapped their bytes', () => {
    const ends = [words(0, 17), [10, 1, 0, 1], [10, 1, 0, 2]];
    // 46354 is 0xb512 and 4789 0x12b5; 49369 is 0xc0d9 and 55744 0xd9c0.
    expect(row(headerOf(tcpFrame), record(1024, ...ends, words(49369, 46354, 0, 0)))).toMatchObject({
      outer_src_port: 55744,
      outer_dst_port: 4789,
      tunnel_type: TUNNEL_TYPE.vxlan,
    });
    expect(row(headerOf(tcpFrame), record(1024, ...ends, words(49369, 8080, 0, 0)))).toMatchObject({
      outer_src_port: 49369,
      outer_dst_port: 8080,
      tunnel_type: TUNNEL_TYPE.other,
    });
  });

  it('that nobody here knows are passed over', () => {
    expect(row(record((4413 << 12) | 1, [1, 2, 3, 4]), headerOf(tcpFrame), record(1004, [9, 9, 9, 9]))).toEqual(
      wantedFlow,
    );
  });
});
