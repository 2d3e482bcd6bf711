// Extended flow records: what the device knew about the packet besides its header (VLANs, route, BGP, MPLS, NAT, tunnel).
// Each reader returns false where a length or count does not fit its record.
import { FIELD, IPV4_MAPPED_WORD, QUALITY } from '@weir/record';
import type { Packet } from '../packet/packet.ts';
import { isTunnelPort, tunnelType } from '../packet/tunnel-type.ts';
import { ADDRESS_TYPE } from './format.ts';

const UDP = 17;

/** Highest VLAN id; agents send 4095 or more for "unknown". */
const MAX_VLAN = 4094;
/** AS numbers of a path, communities and labels that are kept of a sample. */
const MAX_LIST = 64;

/** Writes `type, address` to `row` of a column; an unknown address leaves it. Returns where it ends, or -1. */
function readAddress(column: Uint32Array, row: number, view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1;
  const type = view.getUint32(at);
  const four = row * 4;
  if (type === ADDRESS_TYPE.unknown) return at + 4;
  if (type === ADDRESS_TYPE.ipv4 && end - at >= 8) {
    const address = view.getUint32(at + 4, true);
    if (address !== 0) {
      column[four] = 0;
      column[four + 1] = 0;
      column[four + 2] = IPV4_MAPPED_WORD;
      column[four + 3] = address;
    }
    return at + 8;
  }
  if (type !== ADDRESS_TYPE.ipv6 || end - at < 20) return -1;
  for (let word = 0; word < 4; word++) column[four + word] = view.getUint32(at + 4 + word * 4, true);
  return at + 20;
}

/** VLANs of the frame as it came in and as it left: surer than the tag in the header, which one side may have taken off. */
export function readSwitch(packet: Packet, view: DataView, at: number, end: number): boolean {
  if (end - at < 16) return false;
  const { batch, row } = packet;
  const src = view.getUint32(at);
  const dst = view.getUint32(at + 8);
  if (src > 0 && src <= MAX_VLAN) batch.use(FIELD.src_vlan)[row] = src;
  if (dst > 0 && dst <= MAX_VLAN) batch.use(FIELD.dst_vlan)[row] = dst;
  return true;
}

/** Next hop and the prefix lengths of both routes. */
export function readRouter(packet: Packet, view: DataView, start: number, end: number): boolean {
  const { batch, row } = packet;
  const at = readAddress(batch.core.next_hop, row, view, start, end);
  if (at < 0 || end - at < 8) return false;
  const src = view.getUint32(at);
  const dst = view.getUint32(at + 4);
  if (src <= 128) batch.core.src_mask[row] = src;
  if (dst <= 128) batch.core.dst_mask[row] = dst;
  return true;
}

/**
 * BGP: next hop, own AS, source AS, source peer AS, path segments to the destination, communities, local preference. A zero source AS
 * and an empty path mean the router's own AS.
 */
export function readGateway(packet: Packet, view: DataView, start: number, end: number): boolean {
  const { batch, row } = packet;
  let at = readAddress(batch.use(FIELD.bgp_next_hop), row, view, start, end);
  if (at < 0 || end - at < 16) return false;
  const own = view.getUint32(at);
  const src = view.getUint32(at + 4);
  const peer = view.getUint32(at + 8);
  const segments = view.getUint32(at + 12);
  at += 16;
  let first = 0;
  let last = 0;
  let kept = 0;
  for (let segment = 0; segment < segments; segment++) {
    if (end - at < 8) return false;
    const count = view.getUint32(at + 4);
    at += 8;
    if (count > (end - at) >>> 2) return false;
    for (let i = 0; i < count; i++, at += 4) {
      last = view.getUint32(at);
      if (kept === 0) first = last;
      if (kept++ < MAX_LIST) batch.use(FIELD.as_path).push(row, last);
    }
  }
  batch.core.src_as[row] = src === 0 ? own : src;
  batch.core.dst_as[row] = last === 0 ? own : last;
  packet.quality |= QUALITY.as_given;
  if (first !== 0) batch.use(FIELD.next_as)[row] = first;
  if (peer !== 0) batch.use(FIELD.previous_as)[row] = peer;

  if (end - at < 4) return false;
  const communities = view.getUint32(at);
  at += 4;
  if (communities > (end - at) >>> 2) return false;
  for (let i = 0; i < communities && i < MAX_LIST; i++) {
    batch.use(FIELD.bgp_communities).push(row, view.getUint32(at + i * 4));
  }
  return true;
}

/** Next hop, then the label stacks in and out. Kept: the one the packet leaves with, if any, unless the header showed labels. */
export function readMplsStacks(packet: Packet, view: DataView, start: number, end: number): boolean {
  const { batch, row } = packet;
  let at = readAddress(batch.core.next_hop, row, view, start, end);
  if (at < 0 || end - at < 4) return false;
  const incoming = view.getUint32(at);
  const incomingAt = at + 4;
  if (incoming > (end - incomingAt) >>> 2) return false;
  at = incomingAt + incoming * 4;
  if (end - at < 4) return false;
  const outgoing = view.getUint32(at);
  const outgoingAt = at + 4;
  if (outgoing > (end - outgoingAt) >>> 2) return false;
  const count = Math.min(MAX_LIST, outgoing > 0 ? outgoing : incoming);
  const from = outgoing > 0 ? outgoingAt : incomingAt;
  if (count === 0 || packet.labels !== 'none') return true;
  packet.labels = 'record';
  const labels = batch.use(FIELD.mpls_labels);
  for (let i = 0; i < count; i++) labels.push(row, view.getUint32(from + i * 4) >>> 12);
  return true;
}

export function readNat(packet: Packet, view: DataView, start: number, end: number): boolean {
  const { batch, row } = packet;
  const at = readAddress(batch.use(FIELD.nat_src_addr), row, view, start, end);
  return at >= 0 && readAddress(batch.use(FIELD.nat_dst_addr), row, view, at, end) >= 0;
}

export function readNatPorts(packet: Packet, view: DataView, at: number, end: number): boolean {
  if (end - at < 8) return false;
  const { batch, row } = packet;
  batch.use(FIELD.nat_src_port)[row] = view.getUint32(at);
  batch.use(FIELD.nat_dst_port)[row] = view.getUint32(at + 4);
  return true;
}

/**
 * The tunnel header that the device took off or will put on, in the form of a sampled IP record: length, protocol, addresses, ports,
 * flags, type of service. A tunnel seen in the header itself stays.
 */
export function readTunnel(packet: Packet, view: DataView, at: number, end: number, addressBytes: number): boolean {
  if (end - at < 24 + 2 * addressBytes) return false;
  if (packet.tunnelled) return true;
  packet.tunnelled = true;
  const { batch, row } = packet;
  const protocol = view.getUint32(at + 4) & 0xff;
  const src = batch.use(FIELD.outer_src_addr);
  const dst = batch.use(FIELD.outer_dst_addr);
  const four = row * 4;
  const from = at + 8;
  if (addressBytes === 4) {
    src[four + 2] = IPV4_MAPPED_WORD;
    src[four + 3] = view.getUint32(from, true);
    dst[four + 2] = IPV4_MAPPED_WORD;
    dst[four + 3] = view.getUint32(from + 4, true);
  } else {
    for (let word = 0; word < 4; word++) {
      src[four + word] = view.getUint32(from + word * 4, true);
      dst[four + word] = view.getUint32(from + 16 + word * 4, true);
    }
  }
  const ports = from + 2 * addressBytes;
  let srcPort = view.getUint32(ports) & 0xffff;
  let dstPort = view.getUint32(ports + 4) & 0xffff;
  // Open vSwitch (3.1 at least) writes both with their bytes swapped where it runs on a little-endian machine.
  if (protocol === UDP && !isTunnelPort(dstPort) && isTunnelPort(swapBytes(dstPort))) {
    srcPort = swapBytes(srcPort);
    dstPort = swapBytes(dstPort);
  }
  batch.use(FIELD.outer_src_port)[row] = srcPort;
  batch.use(FIELD.outer_dst_port)[row] = dstPort;
  batch.use(FIELD.outer_proto)[row] = protocol;
  batch.use(FIELD.tunnel_type)[row] = tunnelType(protocol, dstPort);
  return true;
}

const swapBytes = (port: number): number => ((port & 0xff) << 8) | (port >>> 8);
