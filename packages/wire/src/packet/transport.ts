// Transport headers: ports, TCP flags, ICMP; and the tunnels that begin here: VXLAN (RFC 7348), Geneve (RFC 8926), GRE (RFC 2784,
// 2890), NVGRE (RFC 7637), IP in IP (RFC 2003), IPv6 in IPv4 (RFC 4213), segment routing over IPv6 (RFC 8986).
import { QUALITY, TUNNEL_TYPE } from '@weir/record';
import { LAYER, type Layer, type Packet } from './packet.ts';
import { isTunnelPort, PORT } from './tunnel-type.ts';

const PROTO = {
  icmp: 1,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  sctp: 132,
  udplite: 136,
  mpls: 137,
} as const;

/** EtherType of a bridged Ethernet frame in GRE and Geneve. */
const BRIDGED = 0x6558;
/** NVGRE reserves the virtual subnet ids below this (RFC 7637 section 3.2): a smaller one is the plain key of a GRE tunnel. */
const MIN_VSID = 0x1000;

export function readTransport(packet: Packet): Layer {
  const { view, at, row } = packet;
  const left = packet.end - at;
  switch (packet.next) {
    case PROTO.tcp:
      if (!readPorts(packet)) return packet.stop();
      if (left < 14) return packet.stop();
      packet.tcpFlags[row] = view.getUint16(at + 12) & 0x1ff;
      return LAYER.end;
    case PROTO.udp:
      if (!readPorts(packet)) return packet.stop();
      return readUdpTunnel(packet);
    case PROTO.sctp:
    case PROTO.udplite:
    case PROTO.dccp:
      return readPorts(packet) ? LAYER.end : packet.stop();
    case PROTO.icmp:
    case PROTO.icmp6:
      if (left < 2) return packet.stop();
      packet.icmpType[row] = view.getUint8(at);
      packet.icmpCode[row] = view.getUint8(at + 1);
      packet.quality |= QUALITY.icmp_given;
      return LAYER.end;
    case PROTO.ipip:
      packet.enterTunnel(packet.segmentRouted ? TUNNEL_TYPE.srv6 : TUNNEL_TYPE.ipip, 0);
      return LAYER.ipv4;
    case PROTO.ipv6:
      packet.enterTunnel(packet.segmentRouted ? TUNNEL_TYPE.srv6 : TUNNEL_TYPE.ip6_in_ip, 0);
      return LAYER.ipv6;
    case PROTO.gre:
      return LAYER.gre;
    case PROTO.mpls:
      packet.enterTunnel(TUNNEL_TYPE.other, 0);
      return LAYER.mpls;
    case PROTO.ah: {
      // Over IPv6 it was passed as an extension header.
      if (left < 8) return packet.stop();
      const bytes = (view.getUint8(at + 1) + 2) * 4;
      if (bytes > left) return packet.stop();
      packet.next = view.getUint8(at);
      packet.proto[row] = packet.next;
      packet.at = at + bytes;
      return LAYER.transport;
    }
    case PROTO.esp:
      // Encrypted from here on.
      return packet.stop();
    default:
      return LAYER.end;
  }
}

function readPorts(packet: Packet): boolean {
  const { view, at, row } = packet;
  if (packet.end - at < 4) return false;
  packet.srcPort[row] = view.getUint16(at);
  packet.dstPort[row] = view.getUint16(at + 2);
  return true;
}

/** VXLAN and Geneve go by their destination port, and are believed only if their fixed bits are right. */
function readUdpTunnel(packet: Packet): Layer {
  const port = packet.dstPort[packet.row];
  if (!isTunnelPort(port)) return LAYER.end;
  const { view } = packet;
  const at = packet.at + 8;
  if (packet.end - at < 8) return packet.stop();
  const first = view.getUint32(at);
  const vni = view.getUint32(at + 4) >>> 8;
  if (port === PORT.geneve) {
    const type = first & 0xffff;
    // Version 0; payload is an Ethernet frame or IP.
    if (first >>> 30 !== 0 || (type !== BRIDGED && type !== 0x0800 && type !== 0x86dd)) return LAYER.end;
    packet.enterTunnel(TUNNEL_TYPE.geneve, vni);
    const optionBytes = ((first >>> 24) & 0x3f) * 4;
    // The O bit: a control message, no frame.
    if ((first & 0x800000) !== 0 || packet.end - at < 8 + optionBytes) return packet.stop();
    packet.at = at + 8 + optionBytes;
    packet.next = type;
    return type === BRIDGED ? LAYER.ethernet : LAYER.etherType;
  }
  // The I bit must be set; the highest bit is the group policy extension's.
  if (((first >>> 24) & 0x7f) !== 0x08) return LAYER.end;
  packet.enterTunnel(TUNNEL_TYPE.vxlan, vni);
  packet.at = at + 8;
  return LAYER.ethernet;
}

/** GRE version 0 with optional checksum, key and sequence number, in that order. */
export function readGre(packet: Packet): Layer {
  const { view, at, end } = packet;
  if (end - at < 4) return packet.stop();
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  const hasChecksum = (flags & 0x8000) !== 0;
  const hasKey = (flags & 0x2000) !== 0;
  const hasSequence = (flags & 0x1000) !== 0;
  // Source routing (RFC 1701) went out of use; version 1 is PPTP's.
  if ((flags & 0x4007) !== 0) return packet.stop();
  const keyAt = at + (hasChecksum ? 8 : 4);
  const payload = keyAt + (hasKey ? 4 : 0) + (hasSequence ? 4 : 0);
  if (payload > end) return packet.stop();
  const key = hasKey ? view.getUint32(keyAt) : 0;
  if (type === BRIDGED && hasKey && !hasChecksum && !hasSequence && key >>> 8 >= MIN_VSID) {
    packet.enterTunnel(TUNNEL_TYPE.nvgre, key >>> 8);
  } else packet.enterTunnel(TUNNEL_TYPE.gre, key);
  packet.at = payload;
  packet.next = type;
  return type === BRIDGED ? LAYER.ethernet : LAYER.etherType;
}
