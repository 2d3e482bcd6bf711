// Flow records of a sample: the sampled header, or its fields already taken out, and what the device knew about the packet. An address
// absent from the header (not IP, or no header record) may still come from another record; the header is believed before them.
import { FIELD, QUALITY } from '@weir/record';
import { dissect } from '../packet/dissect.ts';
import type { Packet } from '../packet/packet.ts';
import type { StringTable } from '../strings.ts';
import { readGateway, readMplsStacks, readNat, readNatPorts, readRouter, readSwitch, readTunnel } from './extended.ts';
import { FLOW_RECORD } from './format.ts';

/** What the records say of the packet's size. One object, reused. */
export interface FlowRecords {
  /** Length of the frame, FCS included. */
  frameBytes: number;
  /** Length from the innermost IP header on. */
  ipBytes: number;
  sawHeader: boolean;
  dropReasonGiven: boolean;
}

/** Reads `count, {format, length, data}…`. False where a count or length does not fit. */
export function readFlowRecords(
  packet: Packet,
  strings: StringTable,
  view: DataView,
  start: number,
  end: number,
  out: FlowRecords,
): boolean {
  out.frameBytes = 0;
  out.ipBytes = 0;
  out.sawHeader = false;
  out.dropReasonGiven = false;
  const count = view.getUint32(start);
  let at = start + 4;
  for (let i = 0; i < count; i++) {
    if (end - at < 8) return false;
    const format = view.getUint32(at);
    const length = view.getUint32(at + 4);
    at += 8;
    if (length > end - at) return false;
    if (!readFlowRecord(packet, strings, view, at, at + length, format, out)) return false;
    at = Math.min(end, at + ((length + 3) & ~3));
  }
  if (out.ipBytes === 0) out.ipBytes = out.frameBytes;
  return true;
}

function readFlowRecord(
  packet: Packet,
  strings: StringTable,
  view: DataView,
  at: number,
  end: number,
  format: number,
  out: FlowRecords,
): boolean {
  switch (format) {
    case FLOW_RECORD.header:
      return readHeader(packet, view, at, end, out);
    case FLOW_RECORD.ethernet:
      return readEthernetFields(packet, view, at, end, out);
    case FLOW_RECORD.ipv4:
      return readIPFields(packet, view, at, end, 4, out);
    case FLOW_RECORD.ipv6:
      return readIPFields(packet, view, at, end, 16, out);
    case FLOW_RECORD.switch:
      return readSwitch(packet, view, at, end);
    case FLOW_RECORD.router:
      return readRouter(packet, view, at, end);
    case FLOW_RECORD.gateway:
      return readGateway(packet, view, at, end);
    case FLOW_RECORD.mpls:
      return readMplsStacks(packet, view, at, end);
    case FLOW_RECORD.nat:
      return readNat(packet, view, at, end);
    case FLOW_RECORD.natPort:
      return readNatPorts(packet, view, at, end);
    case FLOW_RECORD.ipv4TunnelEgress:
    case FLOW_RECORD.ipv4TunnelIngress:
      return readTunnel(packet, view, at, end, 4);
    case FLOW_RECORD.ipv6TunnelEgress:
    case FLOW_RECORD.ipv6TunnelIngress:
      return readTunnel(packet, view, at, end, 16);
    case FLOW_RECORD.vniEgress:
    case FLOW_RECORD.vniIngress:
      if (end - at < 4) return false;
      packet.batch.use(FIELD.tunnel_id)[packet.row * 2] = view.getUint32(at);
      return true;
    case FLOW_RECORD.linuxDropReason:
      return readDropReason(packet, strings, view, at, end, out);
    default:
      // Vendors' records and those that say nothing about the flow.
      return true;
  }
}

/** header_protocol, frame_length, stripped, header_length, header. */
function readHeader(packet: Packet, view: DataView, at: number, end: number, out: FlowRecords): boolean {
  if (end - at < 16) return false;
  const headerBytes = view.getUint32(at + 12);
  if (headerBytes > end - at - 16) return false;
  const frameBytes = view.getUint32(at + 4);
  // What the agent took off before the header and behind it: the FCS, and encapsulations it does not report.
  const stripped = view.getUint32(at + 8);
  const { row } = packet;
  out.frameBytes = frameBytes;
  out.sawHeader = true;
  if (packet.detail) packet.batch.use(FIELD.header_bytes)[row] = headerBytes;
  dissect(packet, at + 16, at + 16 + headerBytes, view.getUint32(at));
  if (packet.ipOffset < 0) return true;
  const { ipBytes } = packet;
  // A total length that the frame cannot hold, or none (segmentation offload), gives way to the frame's.
  if (ipBytes > 0 && ipBytes <= frameBytes) out.ipBytes = ipBytes;
  else out.ipBytes = Math.max(0, frameBytes - stripped - packet.ipOffset);
  return true;
}

/** Length, source and destination MAC (padded to eight bytes), type. */
function readEthernetFields(packet: Packet, view: DataView, at: number, end: number, out: FlowRecords): boolean {
  if (end - at < 24) return false;
  if (out.sawHeader) return true;
  const { batch, row } = packet;
  out.frameBytes = view.getUint32(at);
  if (!packet.detail) return true;
  const src = batch.use(FIELD.src_mac);
  const dst = batch.use(FIELD.dst_mac);
  src[row * 2 + 1] = view.getUint16(at + 4);
  src[row * 2] = view.getUint32(at + 6);
  dst[row * 2 + 1] = view.getUint16(at + 12);
  dst[row * 2] = view.getUint32(at + 14);
  batch.use(FIELD.ether_type)[row] = view.getUint32(at + 20);
  return true;
}

/** Length, protocol, source, destination, ports, TCP flags, type of service. For ICMP the ports are type and code. */
function readIPFields(
  packet: Packet,
  view: DataView,
  at: number,
  end: number,
  addressBytes: number,
  out: FlowRecords,
): boolean {
  if (end - at < 24 + 2 * addressBytes) return false;
  // The header told it in more detail.
  if (packet.ipOffset >= 0) return true;
  const { row } = packet;
  const length = view.getUint32(at);
  const protocol = view.getUint32(at + 4) & 0xff;
  writeAddress(packet.srcAddr, row, view, at + 8, addressBytes);
  writeAddress(packet.dstAddr, row, view, at + 8 + addressBytes, addressBytes);
  let rest = at + 8 + 2 * addressBytes;
  // A header that comes later replaces these.
  packet.ipOffset = 0;
  packet.proto[row] = protocol;
  if (protocol === 1 || protocol === 58) {
    packet.icmpType[row] = view.getUint32(rest);
    packet.icmpCode[row] = view.getUint32(rest + 4);
    packet.quality |= QUALITY.icmp_given;
  } else {
    packet.srcPort[row] = view.getUint32(rest);
    packet.dstPort[row] = view.getUint32(rest + 4);
  }
  rest += 8;
  packet.tcpFlags[row] = view.getUint32(rest) & 0x1ff;
  const trafficClass = view.getUint32(rest + 4) & 0xff;
  packet.dscp[row] = trafficClass >> 2;
  if ((trafficClass & 3) !== 0) packet.batch.use(FIELD.ecn)[row] = trafficClass & 3;
  out.ipBytes = length;
  if (out.frameBytes === 0) out.frameBytes = length;
  return true;
}

/** A string: what the Linux kernel calls the reason (`skb_drop_reason`). */
function readDropReason(
  packet: Packet,
  strings: StringTable,
  view: DataView,
  at: number,
  end: number,
  out: FlowRecords,
): boolean {
  if (end - at < 4) return false;
  const bytes = view.getUint32(at);
  if (bytes > end - at - 4) return false;
  const from = view.byteOffset + at + 4;
  const key = strings.internBytes(new Uint8Array(view.buffer, from, bytes), 0, bytes);
  const column = packet.batch.use(FIELD.drop_reason);
  column[packet.row * 2] = key.lo;
  column[packet.row * 2 + 1] = key.hi;
  out.dropReasonGiven = bytes > 0;
  return true;
}

/** Copies an address of 4 or 16 bytes to `row` of a column. */
export function writeAddress(column: Uint32Array, row: number, view: DataView, at: number, bytes: number): void {
  const four = row * 4;
  if (bytes === 4) {
    column[four] = 0;
    column[four + 1] = 0;
    column[four + 2] = 0xffff0000;
    column[four + 3] = view.getUint32(at, true);
  } else for (let word = 0; word < 4; word++) column[four + word] = view.getUint32(at + word * 4, true);
}
