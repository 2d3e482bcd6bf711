// Layers of packets written by hand for tests: each function puts its header before what it is given.

export type Bytes = readonly number[];

const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Ethernet from 02:…:01 to 02:…:02 unless other last bytes are given. */
export const ethernet = (type: number, payload: Bytes, src = 1, dst = 2): number[] => [
  ...[2, 0, 0, 0, 0, dst],
  ...[2, 0, 0, 0, 0, src],
  ...u16(type),
  ...payload,
];

/** What follows an EtherType of 0x8100 and its like: tag and the next type. */
export const tag = (vlan: number, nextType: number, payload: Bytes): number[] => [
  ...u16(vlan),
  ...u16(nextType),
  ...payload,
];

export interface IPv4Options {
  readonly tos?: number;
  readonly ttl?: number;
  readonly id?: number;
  /** Flags and offset as on the wire. */
  readonly fragment?: number;
  readonly options?: Bytes;
  readonly totalLength?: number;
}

/** IPv4 from 10.0.0.`src` to 10.0.0.`dst`. */
export function ipv4(proto: number, payload: Bytes, src = 1, dst = 2, more: IPv4Options = {}): number[] {
  const options = more.options ?? [];
  const headerBytes = 20 + options.length;
  return [
    0x40 | (headerBytes / 4),
    more.tos ?? 0,
    ...u16(more.totalLength ?? headerBytes + payload.length),
    ...u16(more.id ?? 0),
    ...u16(more.fragment ?? 0),
    more.ttl ?? 64,
    proto,
    ...[0, 0],
    ...[10, 0, 0, src],
    ...[10, 0, 0, dst],
    ...options,
    ...payload,
  ];
}

/** IPv6 from 2001:db8::`src` to 2001:db8::`dst`. */
export function ipv6(nextHeader: number, payload: Bytes, src = 1, dst = 2, first = 0x60000000): number[] {
  const address = (last: number) => [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
  return [...u32(first), ...u16(payload.length), nextHeader, 64, ...address(src), ...address(dst), ...payload];
}

export const udp = (src: number, dst: number, payload: Bytes = []): number[] => [
  ...u16(src),
  ...u16(dst),
  ...u16(8 + payload.length),
  ...[0, 0],
  ...payload,
];

export const tcp = (src: number, dst: number, flags: number): number[] => [
  ...u16(src),
  ...u16(dst),
  ...u32(1),
  ...u32(2),
  ...u16(0x5000 | flags),
  ...[0xff, 0xff, 0, 0, 0, 0],
];

export const icmp = (type: number, code: number): number[] => [type, code, 0, 0, 0, 0, 0, 0];

/** A label stack, bottom last. */
export const mpls = (labels: Bytes, payload: Bytes): number[] => [
  ...labels.flatMap((label, index) => u32((label << 12) | (index === labels.length - 1 ? 0x100 : 0) | 64)),
  ...payload,
];

export const vxlan = (vni: number, payload: Bytes): number[] => [8, 0, 0, 0, ...u32(vni << 8), ...payload];

export const geneve = (vni: number, type: number, options: Bytes, payload: Bytes): number[] => [
  options.length / 4,
  0,
  ...u16(type),
  ...u32(vni << 8),
  ...options,
  ...payload,
];

export interface GreOptions {
  readonly checksum?: boolean;
  readonly key?: number;
  readonly sequence?: number;
}

export const gre = (type: number, payload: Bytes, { checksum, key, sequence }: GreOptions = {}): number[] => [
  ...u16((checksum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000)),
  ...u16(type),
  ...(checksum ? [0, 0, 0, 0] : []),
  ...(key === undefined ? [] : u32(key)),
  ...(sequence === undefined ? [] : u32(sequence)),
  ...payload,
];

/** An IPv6 extension header of eight bytes. */
export const extension = (nextHeader: number, payload: Bytes): number[] => [
  nextHeader,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  ...payload,
];

export { u16, u32 };
