import { FIELD, FlowBatch, QUALITY, type RowValue, rowToObject, TUNNEL_TYPE } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as layers from '../testing/layers.ts';
import { dissect, HEADER_PROTOCOL } from './dissect.ts';
import { Packet } from './packet.ts';

const { ethernet, extension, geneve, gre, icmp, ipv4, ipv6, mpls, tag, tcp, u16, u32, udp, vxlan } = layers;

interface Result {
  readonly row: Record<string, RowValue>;
  readonly partly: boolean;
  readonly ipBytes: number;
  readonly ipOffset: number;
}

/** Dissects a packet that lies in the middle of a buffer full of `around`. */
function dissected(
  bytes: layers.Bytes,
  protocol: number = HEADER_PROTOCOL.ethernet,
  detail = false,
  around = 0,
): Result {
  const data = new Uint8Array(bytes.length + 200).fill(around);
  data.set(bytes, 100);
  const batch = new FlowBatch(4);
  const packet = new Packet(batch);
  packet.bind(data, batch, detail);
  packet.begin(0);
  dissect(packet, 100, 100 + bytes.length, protocol);
  batch.use(FIELD.quality)[0] = packet.quality & QUALITY.icmp_given;
  batch.length = 1;
  const { quality: _, ...row } = rowToObject(batch, 0);
  return {
    row,
    partly: (packet.quality & QUALITY.dissected_partly) !== 0,
    ipBytes: packet.ipBytes,
    ipOffset: packet.ipOffset,
  };
}

/** The row of a packet that was understood to its end. */
function rowOf(bytes: layers.Bytes, protocol?: number): Record<string, RowValue> {
  const { row, partly } = dissected(bytes, protocol);
  expect(partly).toBe(false);
  return row;
}

const ends = { src_addr: '10.0.0.1', dst_addr: '10.0.0.2' };
const ends6 = { src_addr: '2001:db8::1', dst_addr: '2001:db8::2' };
const tcpFlow = { ...ends, src_port: 40000, dst_port: 443, proto: 6, tcp_flags: 0x12 };
const tcpPacket = ipv4(6, tcp(40000, 443, 0x12));

describe('a sampled header', () => {
  it('of Ethernet and TCP gives the flow', () => {
    expect(rowOf(ethernet(0x0800, tcpPacket))).toEqual(tcpFlow);
  });

  it('gives MACs, EtherType and TTL when detail is asked for', () => {
    expect(dissected(ethernet(0x0800, tcpPacket, 0x11, 0x22), HEADER_PROTOCOL.ethernet, true).row).toEqual({
      ...tcpFlow,
      src_mac: '02:00:00:00:00:11',
      dst_mac: '02:00:00:00:00:22',
      ether_type: 0x0800,
      ip_ttl: 64,
    });
  });

  it('gives the identification and the flags of packets that are whole too when detail is asked for', () => {
    const whole = (bytes: layers.Bytes) => dissected(bytes, HEADER_PROTOCOL.ethernet, true).row;
    const dontFragment = ipv4(6, tcp(40000, 443, 0x12), 1, 2, { id: 0xbeef, fragment: 0x4000 });
    expect(whole(ethernet(0x0800, dontFragment))).toMatchObject({ fragment_id: 0xbeef, fragment_flags: 0x40 });
    expect(whole(ethernet(0x0800, dontFragment))).not.toHaveProperty('fragment_offset');
    const plain = whole(ethernet(0x0800, ipv4(17, udp(1, 2), 1, 2, { id: 9 })));
    expect(plain).toMatchObject({ fragment_id: 9 });
    expect(plain).not.toHaveProperty('fragment_flags');
    // A whole IPv6 packet with a fragment header, and one without.
    const atomic = ipv6(44, [17, 0, 0, 0, ...u32(0xabcdef01), ...udp(53, 5353)]);
    expect(whole(ethernet(0x86dd, atomic))).toMatchObject({ fragment_id: 0xabcdef01, src_port: 53 });
    expect(whole(ethernet(0x86dd, ipv6(17, udp(1, 2))))).not.toHaveProperty('fragment_id');
    // In a tunnel they are the inner packet's.
    const inner = ethernet(0x86dd, ipv6(17, udp(1, 2)));
    const outer = ipv4(17, udp(50000, 4789, vxlan(7, inner)), 3, 4, { id: 5, fragment: 0x4000 });
    expect(whole(ethernet(0x0800, outer))).not.toHaveProperty('fragment_id');
    expect(whole(ethernet(0x0800, outer))).not.toHaveProperty('fragment_flags');
  });

  it('splits the traffic class into DSCP and ECN', () => {
    expect(rowOf(ethernet(0x0800, ipv4(17, udp(1, 2), 1, 2, { tos: 0xb9 })))).toMatchObject({ dscp: 46, ecn: 1 });
    expect(rowOf(ethernet(0x86dd, ipv6(17, udp(1, 2), 1, 2, 0x6b9abcde)))).toMatchObject({ dscp: 46, ecn: 1 });
  });

  it('begins with PPP, IPv4, IPv6 or MPLS where the agent says so', () => {
    expect(rowOf([...u16(0x0021), ...tcpPacket], HEADER_PROTOCOL.ppp)).toEqual(tcpFlow);
    expect(rowOf([0xff, 0x03, ...u16(0x0021), ...tcpPacket], HEADER_PROTOCOL.ppp)).toEqual(tcpFlow);
    expect(rowOf([0x21, ...tcpPacket], HEADER_PROTOCOL.ppp)).toEqual(tcpFlow);
    expect(rowOf(tcpPacket, HEADER_PROTOCOL.ipv4)).toEqual(tcpFlow);
    expect(rowOf(ipv6(6, tcp(40000, 443, 0x12)), HEADER_PROTOCOL.ipv6)).toEqual({ ...tcpFlow, ...ends6 });
    expect(rowOf(mpls([17], tcpPacket), HEADER_PROTOCOL.mpls)).toEqual({ ...tcpFlow, mpls_labels: [17] });
  });

  it('of another protocol is kept as dissected partly', () => {
    expect(dissected(tcpPacket, 15)).toMatchObject({ row: {}, partly: true });
  });
});

describe('VLAN tags', () => {
  it('give the VLAN of both sides', () => {
    expect(rowOf(ethernet(0x8100, tag(100, 0x0800, tcpPacket)))).toEqual({ ...tcpFlow, src_vlan: 100, dst_vlan: 100 });
  });

  it.each([0x88a8, 0x9100])('stacked behind %i give the inner one as well', (type) => {
    expect(rowOf(ethernet(type, tag(200, 0x8100, tag(0x6000 | 100, 0x0800, tcpPacket))))).toEqual({
      ...tcpFlow,
      src_vlan: 200,
      dst_vlan: 200,
      src_inner_vlan: 100,
      dst_inner_vlan: 100,
    });
  });

  it('without end are given up', () => {
    let packet: number[] = tcpPacket;
    for (let depth = 0; depth < 30; depth++) packet = tag(depth + 1, depth === 0 ? 0x0800 : 0x8100, packet);
    expect(dissected(ethernet(0x8100, packet))).toMatchObject({ row: { src_vlan: 30 }, partly: true });
  });
});

describe('MPLS', () => {
  it('gives the labels, top first, and the IP behind them', () => {
    expect(rowOf(ethernet(0x8847, mpls([16, 1048575], tcpPacket)))).toEqual({
      ...tcpFlow,
      ether_type: 0x8847,
      mpls_labels: [16, 1048575],
    });
    expect(rowOf(ethernet(0x8847, mpls([16], ipv6(6, tcp(40000, 443, 0x12)))))).toMatchObject(ends6);
  });

  it('leads to an Ethernet frame behind a control word', () => {
    expect(rowOf(ethernet(0x8847, mpls([18], [...u32(7), ...ethernet(0x0800, tcpPacket)])))).toMatchObject(tcpFlow);
  });
});

describe('other encapsulations of layer 2', () => {
  it('are PPPoE', () => {
    expect(rowOf(ethernet(0x8864, [0x11, 0, ...u16(5), ...u16(42), ...u16(0x0021), ...tcpPacket]))).toEqual(tcpFlow);
  });

  it('are SNAP', () => {
    expect(rowOf(ethernet(48, [0xaa, 0xaa, 3, 0, 0, 0, ...u16(0x0800), ...tcpPacket]))).toEqual(tcpFlow);
  });

  it('are provider backbone bridging', () => {
    expect(rowOf(ethernet(0x88e7, [...u32(99), ...ethernet(0x0800, tcpPacket)]))).toEqual(tcpFlow);
  });

  it('give the EtherType of what is not read further', () => {
    expect(dissected(ethernet(0x0806, icmp(0, 1)))).toMatchObject({ row: { ether_type: 0x0806 }, partly: true });
  });
});

describe('IPv4', () => {
  it('has its ports behind options', () => {
    expect(rowOf(ethernet(0x0800, ipv4(6, tcp(40000, 443, 0x12), 1, 2, { options: [1, 1, 1, 0] })))).toEqual(tcpFlow);
  });

  it('fragments have ports only in the first', () => {
    const first = ipv4(17, udp(53, 5353), 1, 2, { id: 7, fragment: 0x2000 });
    const second = ipv4(17, udp(53, 5353), 1, 2, { id: 7, fragment: 185 });
    const both = { ...ends, proto: 17, fragment_id: 7 };
    expect(rowOf(ethernet(0x0800, first))).toEqual({ ...both, src_port: 53, dst_port: 5353, fragment_flags: 0x20 });
    expect(rowOf(ethernet(0x0800, second))).toEqual({ ...both, fragment_offset: 185 });
  });

  it('does not take Ethernet padding for a transport header', () => {
    const empty = ipv4(6, [], 1, 2);
    expect(dissected(ethernet(0x0800, [...empty, ...tcp(1, 2, 3)]))).toMatchObject({
      row: { ...ends, proto: 6 },
      partly: true,
      ipBytes: 20,
    });
  });

  it('without a total length (segmentation offload) is read to the end', () => {
    expect(dissected(ethernet(0x0800, ipv4(6, tcp(40000, 443, 0x12), 1, 2, { totalLength: 0 })))).toMatchObject({
      row: tcpFlow,
      ipBytes: 0,
      ipOffset: 14,
    });
  });

  it('keeps the next protocol behind an authentication header', () => {
    const authenticated = [6, 4, 0, 0, ...u32(1), ...u32(2), ...u32(3), ...u32(4), ...u32(5), ...tcp(40000, 443, 0x12)];
    expect(rowOf(ethernet(0x0800, ipv4(51, authenticated)))).toEqual(tcpFlow);
  });

  it('encrypted by ESP is dissected partly', () => {
    expect(dissected(ethernet(0x0800, ipv4(50, u32(1))))).toMatchObject({ row: { ...ends, proto: 50 }, partly: true });
  });
});

describe('IPv6', () => {
  it('has its ports behind extension headers', () => {
    const behind = extension(43, extension(60, extension(135, extension(17, udp(53, 5353)))));
    expect(rowOf(ethernet(0x86dd, ipv6(0, behind)))).toEqual({ ...ends6, proto: 17, src_port: 53, dst_port: 5353 });
  });

  it('fragments have ports only in the first', () => {
    const fragment = (offsetFlags: number) => [17, 0, ...u16(offsetFlags), ...u32(0xabcdef01), ...udp(53, 5353)];
    const both = { ...ends6, proto: 17, fragment_id: 0xabcdef01 };
    expect(rowOf(ethernet(0x86dd, ipv6(44, fragment(1))))).toEqual({
      ...both,
      src_port: 53,
      dst_port: 5353,
      fragment_flags: 0x20,
    });
    expect(rowOf(ethernet(0x86dd, ipv6(44, fragment(185 << 3))))).toEqual({ ...both, fragment_offset: 185 });
  });

  it('has no more than so many extension headers', () => {
    let packet: number[] = udp(1, 2);
    for (let depth = 0; depth < 40; depth++) packet = extension(depth === 0 ? 17 : 60, packet);
    expect(dissected(ethernet(0x86dd, ipv6(60, packet)))).toMatchObject({ row: ends6, partly: true });
  });
});

describe('transports', () => {
  it.each([
    ['SCTP', 132],
    ['UDP-Lite', 136],
    ['DCCP', 33],
  ])('%s has ports', (_, proto) => {
    expect(rowOf(ethernet(0x0800, ipv4(proto, udp(1000, 2000))))).toMatchObject({
      src_port: 1000,
      dst_port: 2000,
      proto,
    });
  });

  it('ICMP has type and code, even if zero', () => {
    expect(rowOf(ethernet(0x0800, ipv4(1, icmp(3, 1))))).toEqual({ ...ends, proto: 1, icmp_type: 3, icmp_code: 1 });
    expect(rowOf(ethernet(0x0800, ipv4(1, icmp(0, 0))))).toEqual({ ...ends, proto: 1, icmp_type: 0, icmp_code: 0 });
    expect(rowOf(ethernet(0x86dd, ipv6(58, icmp(135, 0))))).toEqual({
      ...ends6,
      proto: 58,
      icmp_type: 135,
      icmp_code: 0,
    });
  });

  it('TCP cut before its flags keeps the ports', () => {
    expect(dissected(ethernet(0x0800, tcpPacket).slice(0, 14 + 20 + 8))).toMatchObject({
      row: { ...ends, src_port: 40000, dst_port: 443, proto: 6 },
      partly: true,
    });
  });
});

describe('tunnels', () => {
  const inner = ipv4(6, tcp(40000, 443, 0x12), 101, 102);
  const innerFlow = { ...tcpFlow, src_addr: '10.0.0.101', dst_addr: '10.0.0.102' };
  const outer = { outer_src_addr: '10.0.0.1', outer_dst_addr: '10.0.0.2' };

  it.each([4789, 8472])('VXLAN to port %i', (port) => {
    const frame = ethernet(0x0800, ipv4(17, udp(55555, port, vxlan(5001, ethernet(0x0800, inner)))));
    expect(rowOf(frame)).toEqual({
      ...innerFlow,
      ...outer,
      outer_src_port: 55555,
      outer_dst_port: port,
      outer_proto: 17,
      tunnel_type: TUNNEL_TYPE.vxlan,
      tunnel_id: 5001,
    });
    expect(dissected(frame)).toMatchObject({ ipBytes: inner.length, ipOffset: 14 + 20 + 8 + 8 + 14 });
  });

  it('VXLAN over IPv6 with a tagged frame inside keeps the inner VLAN', () => {
    const frame = ethernet(
      0x8100,
      tag(7, 0x86dd, ipv6(17, udp(1, 4789, vxlan(1, ethernet(0x8100, tag(8, 0x0800, inner)))))),
    );
    expect(rowOf(frame)).toMatchObject({ ...innerFlow, src_vlan: 8, dst_vlan: 8, outer_src_addr: '2001:db8::1' });
  });

  it('UDP to the VXLAN port without the VNI bit is no tunnel', () => {
    expect(rowOf(ethernet(0x0800, ipv4(17, udp(1, 4789, [0, 0, 0, 0, 0, 0, 0, 0]))))).toEqual({
      ...ends,
      proto: 17,
      src_port: 1,
      dst_port: 4789,
    });
  });

  it('Geneve with options, carrying a frame or IP', () => {
    const want = { ...innerFlow, ...outer, outer_src_port: 1, outer_dst_port: 6081, outer_proto: 17 };
    const options = [1, 2, 3, 1, 0, 0, 0, 9];
    for (const payload of [geneve(77, 0x6558, options, ethernet(0x0800, inner)), geneve(77, 0x0800, [], inner)]) {
      expect(rowOf(ethernet(0x0800, ipv4(17, udp(1, 6081, payload))))).toEqual({
        ...want,
        tunnel_type: TUNNEL_TYPE.geneve,
        tunnel_id: 77,
      });
    }
  });

  it('GRE with checksum, key and sequence number', () => {
    for (const options of [{}, { key: 9 }, { checksum: true, key: 9, sequence: 1 }, { sequence: 1 }]) {
      const { key } = options as layers.GreOptions;
      expect(rowOf(ethernet(0x0800, ipv4(47, gre(0x0800, inner, options))))).toEqual({
        ...innerFlow,
        ...outer,
        outer_proto: 47,
        tunnel_type: TUNNEL_TYPE.gre,
        ...(key === undefined ? {} : { tunnel_id: key }),
      });
    }
  });

  it('GRE with frames: NVGRE where the key holds a subnet id, else bridged GRE', () => {
    const frame = (key: number) => rowOf(ethernet(0x0800, ipv4(47, gre(0x6558, ethernet(0x0800, inner), { key }))));
    expect(frame((5001 << 8) | 3)).toMatchObject({ ...innerFlow, tunnel_type: TUNNEL_TYPE.nvgre, tunnel_id: 5001 });
    expect(frame(100)).toMatchObject({ ...innerFlow, tunnel_type: TUNNEL_TYPE.gre, tunnel_id: 100 });
  });

  it('IP in IP and IPv6 in IPv4', () => {
    expect(rowOf(ethernet(0x0800, ipv4(4, inner)))).toEqual({
      ...innerFlow,
      ...outer,
      outer_proto: 4,
      tunnel_type: TUNNEL_TYPE.ipip,
    });
    expect(rowOf(ethernet(0x0800, ipv4(41, ipv6(6, tcp(40000, 443, 0x12)))))).toEqual({
      ...tcpFlow,
      ...ends6,
      ...outer,
      outer_proto: 41,
      tunnel_type: TUNNEL_TYPE.ip6_in_ip,
    });
  });

  it('by segment routing are told by its header', () => {
    // Next header, length in words of eight bytes less one, type 4, segments left, last entry, flags, tag, one segment.
    const segments = (next: number, type: number, payload: layers.Bytes) => [
      ...[next, 2, type, 1, 0, 0, 0, 0],
      ...[0x20, 0x01, 0x0d, 0xb8, 0, 0xf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      ...payload,
    ];
    expect(rowOf(ethernet(0x86dd, ipv6(43, segments(4, 4, tcpPacket))))).toMatchObject({
      ...tcpFlow,
      outer_src_addr: '2001:db8::1',
      outer_proto: 4,
      tunnel_type: TUNNEL_TYPE.srv6,
    });
    expect(rowOf(ethernet(0x86dd, ipv6(43, segments(41, 4, ipv6(17, udp(1, 2), 3, 4)))))).toMatchObject({
      src_addr: '2001:db8::3',
      tunnel_type: TUNNEL_TYPE.srv6,
    });
    // Another routing header, and a header without a packet in it.
    expect(rowOf(ethernet(0x86dd, ipv6(43, segments(4, 0, tcpPacket)))).tunnel_type).toBe(TUNNEL_TYPE.ipip);
    expect(rowOf(ethernet(0x86dd, ipv6(43, segments(17, 4, udp(1, 2)))))).not.toHaveProperty('tunnel_type');
  });

  it('nested: the innermost flow and the outermost header', () => {
    const frame = ethernet(
      0x0800,
      ipv4(17, udp(55555, 4789, vxlan(5001, ethernet(0x0800, ipv4(47, gre(0x0800, inner), 50, 51))))),
    );
    expect(rowOf(frame)).toMatchObject({ ...innerFlow, ...outer, tunnel_type: TUNNEL_TYPE.vxlan, tunnel_id: 5001 });
  });

  it('with a payload that is not IP keep the outer flow', () => {
    expect(dissected(ethernet(0x0800, ipv4(17, udp(9, 4789, vxlan(3, ethernet(0x0806, []))))))).toMatchObject({
      row: { ...ends, src_port: 9, ...outer, tunnel_id: 3, ether_type: 0x0806 },
      partly: true,
    });
  });
});

describe('any bytes', () => {
  const protocols = fc.constantFrom(...Object.values(HEADER_PROTOCOL), 0, 99);
  /** Bytes that look like packets often enough to get deep. */
  const likely = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 6 }).map((bytes) => [...bytes]),
      fc.constantFrom(
        ethernet(0x0800, []),
        tag(5, 0x8100, []),
        ipv4(17, [], 1, 2, { totalLength: 0 }),
        ipv4(47, [], 1, 2, { totalLength: 0 }),
        ipv4(4, [], 1, 2, { totalLength: 0 }),
        ipv6(60, []).fill(0, 4, 6),
        udp(1, 4789, vxlan(1, [])),
        gre(0x6558, [], { key: 1 }),
        mpls([1, 2], []),
      ),
    ),
    { maxLength: 12 },
  );

  it('neither throw nor change with what lies around them', () => {
    fc.assert(
      fc.property(likely, protocols, (parts, protocol) => {
        const bytes = parts.flat();
        expect(dissected(bytes, protocol, true, 0xff)).toEqual(dissected(bytes, protocol, true, 0x00));
      }),
      { numRuns: 2000 },
    );
  });

  it('cut anywhere give no more than the whole does', () => {
    const whole = ethernet(0x0800, ipv4(17, udp(5, 4789, vxlan(9, ethernet(0x0800, tcpPacket)))));
    for (let length = 0; length < whole.length - 6; length++) {
      expect(dissected(whole.slice(0, length)).partly).toBe(true);
    }
  });
});
