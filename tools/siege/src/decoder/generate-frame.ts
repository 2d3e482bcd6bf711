// Frames as switches sample them: links, tags, tunnels and transports on top of each other, as deep as chance has it.
import type { Random } from '../random.ts';

type Bytes = readonly number[];
const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, mpls: 0x8847, pppoe: 0x8864, backbone: 0x88e7, bridged: 0x6558 };
const TAG_TYPES = [0x8100, 0x88a8, 0x9100];
const PROTO = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmp6: 58, sctp: 132 };
const VXLAN_PORT = 4789;
const GENEVE_PORT = 6081;
/** Headers that IPv6 may put between: hop-by-hop, routing, fragment, authentication, destination options. */
const EXTENSIONS = [0, 43, 44, 51, 60];

/** A frame that begins with its Ethernet header, at most `deep` tunnels in each other. */
export function generateFrame(random: Random, deep = 3): number[] {
  const macs = [...random.bytes(12)];
  if (random.chance(0.05)) {
    // 802.3 with SNAP.
    return [...macs, ...u16(100), 0xaa, 0xaa, 3, 0, 0, 0, ...behindType(random, deep)];
  }
  return [...macs, ...behindType(random, deep)];
}

/** An EtherType and what it says comes next. */
function behindType(random: Random, deep: number): number[] {
  switch (random.below(12)) {
    case 0:
    case 1:
      return [...u16(random.pick(TAG_TYPES)), ...u16(random.below(0x10000)), ...behindType(random, deep)];
    case 2:
      return [...u16(ETHERTYPE.mpls), ...labels(random), ...networkPacket(random, deep)];
    case 3:
      return [
        ...u16(ETHERTYPE.pppoe),
        0x11,
        0,
        ...random.bytes(4),
        ...u16(random.pick([0x21, 0x57, 0x281])),
        ...networkPacket(random, deep),
      ];
    case 4:
      return [...u16(ETHERTYPE.backbone), ...random.bytes(4), ...(deep > 0 ? generateFrame(random, deep - 1) : [])];
    case 5:
      return [...u16(random.below(0x10000)), ...random.bytes(random.below(40))];
    default: {
      const four = random.chance(0.6);
      return [...u16(four ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6), ...(four ? ipv4(random, deep) : ipv6(random, deep))];
    }
  }
}

function labels(random: Random): number[] {
  const count = random.between(1, 5);
  return Array.from({ length: count }, (_, index) =>
    u32(((random.below(0x100000) << 12) | (index === count - 1 ? 0x100 : 0) | 64) >>> 0),
  ).flat();
}

export function networkPacket(random: Random, deep: number): number[] {
  return random.chance(0.6) ? ipv4(random, deep) : ipv6(random, deep);
}

function ipv4(random: Random, deep: number): number[] {
  const options = random.chance(0.1) ? [...random.bytes(4 * random.between(1, 10))] : [];
  const { proto, payload } = transport(random, deep, PROTO.icmp);
  const headerBytes = 20 + options.length;
  const length = random.chance(0.9) ? headerBytes + payload.length : random.below(0x10000);
  const fragment = random.chance(0.1) ? random.below(0x10000) : 0x4000;
  const fixed = [
    0x40 | (headerBytes / 4),
    random.below(256),
    ...u16(length),
    ...random.bytes(2),
    ...u16(fragment),
    64,
    proto,
  ];
  return [...fixed, 0, 0, ...random.bytes(8), ...options, ...payload];
}

function ipv6(random: Random, deep: number): number[] {
  const { proto, payload } = transport(random, deep, PROTO.icmp6);
  let next = proto;
  let behind: Bytes = payload;
  while (random.chance(0.2)) {
    const kind = random.pick(EXTENSIONS);
    const units = kind === 44 ? 0 : random.below(3);
    behind = [next, units, ...random.bytes((kind === 51 ? units * 4 : units * 8) + 6), ...behind];
    next = kind;
  }
  const length = random.chance(0.9) ? behind.length : random.below(0x10000);
  return [0x60, ...random.bytes(3), ...u16(length), next, 64, ...random.bytes(32), ...behind];
}

function transport(random: Random, deep: number, icmp: number): { proto: number; payload: number[] } {
  const ports = [...u16(random.below(0x10000)), ...u16(random.below(0x10000))];
  const rest = () => [...random.bytes(random.below(24))];
  switch (random.below(deep > 0 ? 9 : 4)) {
    case 0:
      return { proto: icmp, payload: [...random.bytes(2), 0, 0, ...rest()] };
    case 1:
      return { proto: PROTO.udp, payload: [...ports, ...u16(8), 0, 0, ...rest()] };
    case 2:
      return { proto: random.pick([PROTO.sctp, random.below(256)]), payload: [...ports, ...rest()] };
    case 3:
      return {
        proto: PROTO.tcp,
        payload: [...ports, ...random.bytes(8), ...u16(0x5000 | random.below(0x200)), ...random.bytes(6)],
      };
    case 4:
      return {
        proto: PROTO.udp,
        payload: udpTunnel(VXLAN_PORT, [8, ...random.bytes(7)], generateFrame(random, deep - 1)),
      };
    case 5:
      return {
        proto: PROTO.udp,
        payload: udpTunnel(GENEVE_PORT, geneveHeader(random), generateFrame(random, deep - 1)),
      };
    case 6:
      return { proto: PROTO.gre, payload: gre(random, deep - 1) };
    case 7:
      return { proto: PROTO.ipip, payload: ipv4(random, deep - 1) };
    default:
      return { proto: PROTO.ipv6, payload: ipv6(random, deep - 1) };
  }
}

function udpTunnel(port: number, header: Bytes, inner: Bytes): number[] {
  return [...u16(50_000), ...u16(port), ...u16(8 + header.length + inner.length), 0, 0, ...header, ...inner];
}

function geneveHeader(random: Random): number[] {
  const words = random.below(4);
  return [words, random.below(256), ...u16(ETHERTYPE.bridged), ...random.bytes(4), ...random.bytes(words * 4)];
}

/** Checksum, key and sequence number as the flags say (RFC 2784, RFC 2890). */
function gre(random: Random, deep: number): number[] {
  const flags = random.pick([0, 0x8000, 0x2000, 0x1000, 0xb000, random.below(0x10000)]);
  const words = [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length;
  const bridged = random.chance(0.3);
  const inner = bridged ? generateFrame(random, deep) : ipv4(random, deep);
  return [...u16(flags), ...u16(bridged ? ETHERTYPE.bridged : ETHERTYPE.ipv4), ...random.bytes(words * 4), ...inner];
}
