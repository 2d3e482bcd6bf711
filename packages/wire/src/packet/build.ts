// Builds packets from rows of a FlowBatch: what `dissect` takes apart. For encoders, the demo, tests and benchmarks; checksums of
// IPv4 headers are right, those of TCP, UDP and ICMP are left zero because the payload is not known.
import { FIELD, type FlowBatch, getNumber, isIPv4, TUNNEL_TYPE } from '@weir/record';

const ETHERTYPE = { ipv4: 0x0800, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8, bridged: 0x6558 } as const;
const PROTO = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmp6: 58, sctp: 132 } as const;
const ETHERNET_BYTES = 14;
/** UDP and the eight bytes of VXLAN or of Geneve without options. */
const UDP_TUNNEL_BYTES = 16;
const DEFAULT_TTL = 64;
/** As in IE 197; on the wire it stands above the offset's high bits. */
const DONT_FRAGMENT = 0x40;
/** Locally administered. */
const DEFAULT_SRC_MAC = 0x02_00_00_00_00_01;
const DEFAULT_DST_MAC = 0x02_00_00_00_00_02;

export interface BuiltPacket {
  /** Bytes written. */
  readonly headerBytes: number;
  /** Length of the whole frame on the wire, without FCS. */
  readonly frameBytes: number;
}

class Writer {
  readonly view: DataView;
  at: number;

  constructor(out: Uint8Array, at: number) {
    this.view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    this.at = at;
  }

  u8(value: number): void {
    this.view.setUint8(this.at, value);
    this.at += 1;
  }

  u16(value: number): void {
    this.view.setUint16(this.at, value);
    this.at += 2;
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value);
    this.at += 4;
  }

  mac(value: number): void {
    this.u16(Math.floor(value / 2 ** 32));
    this.u32(value >>> 0);
  }
}

/** A column's value, 0 where the batch has no such column. */
const u = (
  batch: FlowBatch,
  field: (typeof FIELD)['src_port' | 'ip_ttl' | 'ecn' | 'src_vlan' | 'tcp_flags'],
  row: number,
) => (batch.has(field) ? batch.use(field)[row] : 0);

/**
 * Writes the headers of the packet that `row` describes to `out` from `at`, as an Ethernet frame of at most `limit` bytes; payload at hand
 * is zeros. `ipBytes` is the length of the innermost IP packet. `out` must have 256 bytes from `at`: the deepest headers fit.
 */
export function buildPacket(
  batch: FlowBatch,
  row: number,
  ipBytes: number,
  out: Uint8Array,
  at: number,
  limit: number,
): BuiltPacket {
  const writer = new Writer(out, at);
  out.fill(0, at, Math.min(out.length, at + Math.max(limit, 192)));
  const inner = isIPv4(batch.core.src_addr, row * 4) ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6;
  const minimum = (inner === ETHERTYPE.ipv4 ? 20 : 40) + transportBytes(batch.core.proto[row]);
  const length = Math.max(ipBytes, minimum);
  const tunnel = batch.has(FIELD.tunnel_type) ? batch.use(FIELD.tunnel_type)[row] : TUNNEL_TYPE.none;
  let frameBytes: number;
  if (tunnel === TUNNEL_TYPE.none) {
    frameBytes = writeEthernet(writer, batch, row, inner) + length;
  } else frameBytes = writeTunnel(writer, batch, row, tunnel, inner, length);
  writeIP(writer, batch, row, length, false, batch.core.proto[row]);
  writeTransport(writer, batch, row, length - (inner === ETHERTYPE.ipv4 ? 20 : 40));
  return { headerBytes: Math.min(limit, frameBytes), frameBytes };
}

function transportBytes(proto: number): number {
  if (proto === PROTO.tcp) return 20;
  if (proto === PROTO.sctp) return 12;
  return 8;
}

/** MACs, tags and type of the row. Returns the bytes written. */
function writeEthernet(writer: Writer, batch: FlowBatch, row: number, type: number): number {
  const start = writer.at;
  const dst = batch.has(FIELD.dst_mac) ? getNumber(batch.use(FIELD.dst_mac), row) : 0;
  const src = batch.has(FIELD.src_mac) ? getNumber(batch.use(FIELD.src_mac), row) : 0;
  writer.mac(dst || DEFAULT_DST_MAC);
  writer.mac(src || DEFAULT_SRC_MAC);
  const vlan = u(batch, FIELD.src_vlan, row);
  const innerVlan = u(batch, FIELD.src_inner_vlan, row);
  if (innerVlan !== 0) {
    writer.u16(ETHERTYPE.serviceVlan);
    writer.u16(vlan);
    writer.u16(ETHERTYPE.vlan);
    writer.u16(innerVlan);
  } else if (vlan !== 0) {
    writer.u16(ETHERTYPE.vlan);
    writer.u16(vlan);
  }
  writer.u16(type);
  return writer.at - start;
}

/** Outer Ethernet, IP and tunnel header, and the inner Ethernet header where the tunnel carries frames. Returns the frame's length. */
function writeTunnel(
  writer: Writer,
  batch: FlowBatch,
  row: number,
  tunnel: number,
  inner: number,
  length: number,
): number {
  const isOuter4 = isIPv4(batch.use(FIELD.outer_src_addr), row * 4);
  const id = batch.has(FIELD.tunnel_id) ? batch.use(FIELD.tunnel_id)[row * 2] : 0;
  const vlan = u(batch, FIELD.src_vlan, row);
  const innerVlan = u(batch, FIELD.src_inner_vlan, row);
  const innerEthernet = ETHERNET_BYTES + (innerVlan !== 0 ? 8 : vlan !== 0 ? 4 : 0);
  const bridged = tunnel === TUNNEL_TYPE.vxlan || tunnel === TUNNEL_TYPE.geneve || tunnel === TUNNEL_TYPE.nvgre;
  const overUdp = tunnel === TUNNEL_TYPE.vxlan || tunnel === TUNNEL_TYPE.geneve;
  const overGre = tunnel === TUNNEL_TYPE.gre || tunnel === TUNNEL_TYPE.nvgre;
  const tunnelBytes = overUdp ? UDP_TUNNEL_BYTES : overGre ? (id === 0 ? 4 : 8) : 0;
  const payload = tunnelBytes + (bridged ? innerEthernet : 0) + length;
  const outerLength = (isOuter4 ? 20 : 40) + payload;
  const proto = overUdp ? PROTO.udp : overGre ? PROTO.gre : inner === ETHERTYPE.ipv4 ? PROTO.ipip : PROTO.ipv6;

  writer.mac(DEFAULT_DST_MAC);
  writer.mac(DEFAULT_SRC_MAC);
  writer.u16(isOuter4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6);
  writeIP(writer, batch, row, outerLength, true, proto);
  if (overUdp) {
    writer.u16(u(batch, FIELD.outer_src_port, row));
    writer.u16(u(batch, FIELD.outer_dst_port, row) || (tunnel === TUNNEL_TYPE.vxlan ? 4789 : 6081));
    writer.u16(payload);
    writer.u16(0);
    writer.u32(tunnel === TUNNEL_TYPE.vxlan ? 0x08000000 : ETHERTYPE.bridged);
    writer.u32((id & 0xffffff) << 8);
  } else if (overGre) {
    writer.u16(id === 0 ? 0 : 0x2000);
    writer.u16(bridged ? ETHERTYPE.bridged : inner);
    if (id !== 0) writer.u32(tunnel === TUNNEL_TYPE.nvgre ? id << 8 : id);
  }
  if (bridged) writeEthernet(writer, batch, row, inner);
  return ETHERNET_BYTES + outerLength;
}

function writeIP(writer: Writer, batch: FlowBatch, row: number, length: number, outer: boolean, proto: number): void {
  const src = batch.use(outer ? FIELD.outer_src_addr : FIELD.src_addr);
  const dst = batch.use(outer ? FIELD.outer_dst_addr : FIELD.dst_addr);
  const trafficClass = outer ? 0 : (batch.core.dscp[row] << 2) | u(batch, FIELD.ecn, row);
  const ttl = outer ? DEFAULT_TTL : u(batch, FIELD.ip_ttl, row) || DEFAULT_TTL;
  const four = row * 4;
  const { view, at } = writer;
  if (isIPv4(src, four)) {
    writer.u16(0x4500 | trafficClass);
    writer.u16(length);
    writer.u32(outer ? DONT_FRAGMENT << 8 : identification(batch, row));
    writer.u16((ttl << 8) | proto);
    writer.u16(0);
    view.setUint32(at + 12, src[four + 3], true);
    view.setUint32(at + 16, dst[four + 3], true);
    writer.at = at + 20;
    view.setUint16(at + 10, checksum(view, at, 20));
    return;
  }
  const flowLabel = outer || !batch.has(FIELD.ipv6_flow_label) ? 0 : batch.use(FIELD.ipv6_flow_label)[row];
  writer.u32(0x60000000 | (trafficClass << 20) | flowLabel);
  writer.u16(length - 40);
  writer.u16((proto << 8) | ttl);
  for (let word = 0; word < 4; word++) {
    view.setUint32(at + 8 + word * 4, src[four + word], true);
    view.setUint32(at + 24 + word * 4, dst[four + word], true);
  }
  writer.at = at + 40;
}

/** Identification, flags and offset of an IPv4 header; of a row that says nothing of them those of a packet that may not be cut. */
function identification(batch: FlowBatch, row: number): number {
  const id = batch.has(FIELD.fragment_id) ? batch.use(FIELD.fragment_id)[row] : 0;
  const flags = batch.has(FIELD.fragment_flags) ? batch.use(FIELD.fragment_flags)[row] : DONT_FRAGMENT;
  const offset = batch.has(FIELD.fragment_offset) ? batch.use(FIELD.fragment_offset)[row] : 0;
  return (((id & 0xffff) << 16) | (flags << 8) | offset) >>> 0;
}

function writeTransport(writer: Writer, batch: FlowBatch, row: number, length: number): void {
  const proto = batch.core.proto[row];
  if (proto === PROTO.icmp || proto === PROTO.icmp6) {
    writer.u8(batch.core.icmp_type[row]);
    writer.u8(batch.core.icmp_code[row]);
    return;
  }
  writer.u16(batch.core.src_port[row]);
  writer.u16(batch.core.dst_port[row]);
  if (proto === PROTO.udp) writer.u16(length);
  if (proto === PROTO.tcp) {
    writer.at += 8;
    // Five words of header, no options.
    writer.u16(0x5000 | (batch.core.tcp_flags[row] & 0x1ff));
    writer.u16(0xffff);
  }
}

/** Internet checksum (RFC 1071) of an even number of bytes whose own field is zero. */
function checksum(view: DataView, at: number, bytes: number): number {
  let sum = 0;
  for (let offset = 0; offset < bytes; offset += 2) sum += view.getUint16(at + offset);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~(sum + (sum >>> 16)) & 0xffff;
}
