// Capture files from the formats' grammar: pcap and pcapng of either byte order, all link types, fragments, and blocks to pass over.
//
//     pcap   = header (24 bytes), packets of time (8), captured length (4), length (4), data
//     pcapng = blocks of type (4), length (4), body, length (4); the first is a section header
import { generateFrame, networkPacket } from '../decoder/generate-frame.ts';
import type { Random } from '../random.ts';

type Bytes = readonly number[];

/** LINKTYPE_ numbers: null, Ethernet, raw, loop, Linux cooked, raw IPv4 and IPv6, Linux cooked 2, and one that nobody reads. */
const LINKS = [0, 1, 1, 1, 101, 108, 113, 228, 229, 276, 147];
const SECONDS = 1_763_600_000;

class Order {
  readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  u16(value: number): number[] {
    const bytes = [(value >>> 8) & 0xff, value & 0xff];
    return this.little ? bytes.reverse() : bytes;
  }

  u32(value: number): number[] {
    const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
    return this.little ? bytes.reverse() : bytes;
  }
}

export function generateCapture(random: Random): Uint8Array<ArrayBuffer> {
  const order = new Order(random.chance(0.7));
  const link = random.pick(LINKS);
  const packets = generatePackets(random, link);
  return Uint8Array.from(
    random.chance(0.5) ? pcap(order, link, packets, random) : pcapng(order, link, packets, random),
  );
}

function generatePackets(random: Random, link: number): Bytes[] {
  const packets: Bytes[] = [];
  for (let count = random.below(8); count > 0; count--) {
    if (random.chance(0.3)) packets.push(...fragments(random).map((packet) => linked(packet, link, random)));
    else if (link === 1) packets.push(random.chance(0.5) ? generateFrame(random) : linked(udp(random), link, random));
    else packets.push(linked(random.chance(0.5) ? networkPacket(random, 1) : udp(random), link, random));
  }
  return packets;
}

/** An IP packet behind the header of its link. */
function linked(packet: Bytes, link: number, random: Random): number[] {
  const type = packet[0] >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0];
  switch (link) {
    case 1:
      return [...random.bytes(12), ...type, ...packet];
    case 0:
    case 108:
      return [2, 0, 0, 0, ...packet];
    case 113:
      return [...random.bytes(14), ...type, ...packet];
    case 276:
      return [...type, ...random.bytes(18), ...packet];
    default:
      return [...packet];
  }
}

function udp(random: Random): number[] {
  const payload = [...random.bytes(random.below(60))];
  const body = [...random.bytes(2), 8, 7, 0, 8 + payload.length, 0, 0, ...payload];
  return ip(body, random.chance(0.7), { id: random.below(4), offset: 0, more: false }, random.chance(0.2));
}

interface Fragment {
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
}

/** UDP in IPv4, or in IPv6 with a fragment header where it is one (or `forced`). */
function ip(body: Bytes, four: boolean, { id, offset, more }: Fragment, forced = false): number[] {
  if (four) {
    const place = (offset >> 3) | (more ? 0x2000 : 0);
    const length = 20 + body.length;
    const start = [0x45, 0, length >> 8, length & 0xff, 0, id, place >> 8, place & 0xff, 64, 17, 0, 0];
    return [...start, 192, 0, 2, 1, 192, 0, 2, 2, ...body];
  }
  const place = offset | (more ? 1 : 0);
  const header = offset > 0 || more || forced ? [17, 0, place >> 8, place & 0xff, 0, 0, 0, id] : [];
  const length = header.length + body.length;
  const addresses = [0x20, 1, 0xd, 0xb8, ...new Array(12).fill(0), 0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1];
  return [0x60, 0, 0, 0, length >> 8, length & 0xff, header.length > 0 ? 44 : 17, 64, ...addresses, ...header, ...body];
}

/** A datagram in parts of eight bytes or a multiple of them, mostly all of them, in any order. */
function fragments(random: Random): number[][] {
  // Now and then one of thousands of parts: work that grows with their square shows.
  const many = random.chance(0.02);
  const size = many ? 8 * random.between(1000, 8000) : 8 * random.between(1, 40);
  const body = [...random.bytes(4), size >> 8, size & 0xff, 0, 0, ...random.bytes(size - 8)];
  const step = many ? 8 : 8 * random.between(1, 4);
  const four = random.chance(0.7);
  const id = random.below(4);
  const parts: number[][] = [];
  for (let offset = 0; offset < size; offset += step) {
    const more = offset + step < size;
    const part = ip(body.slice(offset, offset + step), four, { id, offset, more });
    if (random.chance(0.97)) parts.splice(random.chance(0.2) ? random.below(parts.length + 1) : parts.length, 0, part);
  }
  return parts;
}

function pcap(order: Order, link: number, packets: readonly Bytes[], random: Random): number[] {
  const magic = random.chance(0.5) ? 0xa1b2c3d4 : 0xa1b23c4d;
  const header = [magic, 0x00020004, 0, 0, 262_144, link].flatMap((word) => order.u32(word));
  const records = packets.flatMap((data) => [
    ...[SECONDS, random.below(1e6), data.length, data.length].flatMap((word) => order.u32(word)),
    ...data,
  ]);
  return [...header, ...records];
}

function pcapng(order: Order, link: number, packets: readonly Bytes[], random: Random): number[] {
  const { u32, u16 } = { u32: (value: number) => order.u32(value), u16: (value: number) => order.u16(value) };
  const block = (type: number, body: Bytes) => {
    const padded = [...body, ...new Array((4 - (body.length % 4)) % 4).fill(0)];
    return [...u32(type), ...u32(padded.length + 12), ...padded, ...u32(padded.length + 12)];
  };
  const section = block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...u32(0xffffffff), ...u32(0xffffffff)]);
  const clock = random.chance(0.5) ? [...u16(9), ...u16(1), random.below(256), 0, 0, 0, ...u32(0)] : [];
  const out = [...section, ...block(1, [...u16(link), ...u16(0), ...u32(0), ...clock])];
  for (const data of packets) {
    const length = u32(data.length);
    if (random.chance(0.1)) out.push(...block(random.pick([2, 4, 5, 0xbad]), [...random.bytes(4 * random.below(12))]));
    if (random.chance(0.1)) out.push(...section, ...block(1, [...u16(link), ...u16(0), ...u32(0)]));
    if (random.chance(0.2)) out.push(...block(3, [...length, ...data]));
    else out.push(...block(6, [...u32(0), ...random.bytes(8), ...length, ...length, ...data]));
  }
  return out;
}
