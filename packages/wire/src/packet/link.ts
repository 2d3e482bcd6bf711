// Layer 2 and what lies between it and IP: Ethernet II and 802.3 with SNAP, VLAN tags (IEEE 802.1Q and 802.1ad), provider backbone
// bridging (802.1ah), PPP (RFC 1661), PPPoE (RFC 2516), MPLS (RFC 3032).
import { FIELD } from '@weir/record';
import { LAYER, type Layer, type Packet } from './packet.ts';

const ETHERTYPE = {
  ipv4: 0x0800,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
  serviceVlan: 0x88a8,
  backbone: 0x88e7,
  oldServiceVlan: 0x9100,
} as const;

const PPP = { ipv4: 0x0021, ipv6: 0x0057, mpls: 0x0281 } as const;

/** Below this the two bytes after the addresses are a length (IEEE 802.3), not a type. */
const MIN_ETHERTYPE = 1536;
/** Tags that are read; the third and fourth are passed over. */
const MAX_TAGS = 4;
/** Labels that are kept. */
const MAX_LABELS = 16;

export function readEthernet(packet: Packet): Layer {
  const { view, row } = packet;
  let { at } = packet;
  if (packet.end - at < 14) return packet.stop();
  if (packet.tags > 0) clearTags(packet);
  if (packet.detail) {
    const { srcMac, dstMac } = packet;
    dstMac[row * 2 + 1] = view.getUint16(at);
    dstMac[row * 2] = view.getUint32(at + 2);
    srcMac[row * 2 + 1] = view.getUint16(at + 6);
    srcMac[row * 2] = view.getUint32(at + 8);
  }
  let type = view.getUint16(at + 12);
  at += 14;
  if (type < MIN_ETHERTYPE) {
    // 802.3: only SNAP (AA AA 03, organisation 00 00 00) leads on to an EtherType.
    if (packet.end - at < 8 || view.getUint32(at) !== 0xaaaa0300 || view.getUint16(at + 4) !== 0) return packet.stop();
    type = view.getUint16(at + 6);
    at += 8;
  }
  packet.at = at;
  packet.next = type;
  return LAYER.etherType;
}

export function readEtherType(packet: Packet): Layer {
  for (;;) {
    switch (packet.next) {
      case ETHERTYPE.ipv4:
        if (packet.detail) packet.etherType[packet.row] = ETHERTYPE.ipv4;
        return LAYER.ipv4;
      case ETHERTYPE.ipv6:
        if (packet.detail) packet.etherType[packet.row] = ETHERTYPE.ipv6;
        return LAYER.ipv6;
      case ETHERTYPE.vlan:
      case ETHERTYPE.serviceVlan:
      case ETHERTYPE.oldServiceVlan:
        if (packet.end - packet.at < 4 || packet.tags === MAX_TAGS) return packet.stop();
        readTag(packet);
        break;
      case ETHERTYPE.mpls:
      case ETHERTYPE.mplsMulticast:
        packet.batch.use(FIELD.ether_type)[packet.row] = packet.next;
        return LAYER.mpls;
      case ETHERTYPE.pppoe:
        // Version and type 1, code 0 (session data), session id, length.
        if (packet.end - packet.at < 8 || packet.view.getUint16(packet.at) !== 0x1100) return packet.stop();
        packet.at += 6;
        return LAYER.ppp;
      case ETHERTYPE.backbone:
        // The service tag's four bytes, then the customer's Ethernet header.
        if (packet.end - packet.at < 4) return packet.stop();
        packet.at += 4;
        return LAYER.ethernet;
      default:
        // ARP, LLDP and others have no flow; the type says what it was.
        packet.batch.use(FIELD.ether_type)[packet.row] = packet.next;
        return packet.stop();
    }
  }
}

/** Outer tag to `src_vlan` and `dst_vlan`, the next to the inner ones. Id 0 is a priority without a VLAN. */
function readTag(packet: Packet): void {
  const { view, at, row, batch, tags } = packet;
  const vlan = view.getUint16(at) & 0xfff;
  if (tags === 0) {
    batch.use(FIELD.src_vlan)[row] = vlan;
    batch.use(FIELD.dst_vlan)[row] = vlan;
  } else if (tags === 1) {
    batch.use(FIELD.src_inner_vlan)[row] = vlan;
    batch.use(FIELD.dst_inner_vlan)[row] = vlan;
  }
  packet.tags = tags + 1;
  packet.next = view.getUint16(at + 2);
  packet.at = at + 4;
}

/** The inner frame of a tunnel describes the row: tags of the outer one go. */
function clearTags(packet: Packet): void {
  const { batch, row } = packet;
  batch.use(FIELD.src_vlan)[row] = 0;
  batch.use(FIELD.dst_vlan)[row] = 0;
  if (packet.tags > 1) {
    batch.use(FIELD.src_inner_vlan)[row] = 0;
    batch.use(FIELD.dst_inner_vlan)[row] = 0;
  }
  packet.tags = 0;
}

/** PPP, with or without the HDLC address and control bytes (RFC 1662) and with a compressed protocol field. */
export function readPpp(packet: Packet): Layer {
  const { view } = packet;
  let { at } = packet;
  if (packet.end - at < 4) return packet.stop();
  if (view.getUint16(at) === 0xff03) at += 2;
  let protocol = view.getUint8(at);
  // The last byte of a protocol number is odd, the first even: an odd first byte is the whole of it.
  if ((protocol & 1) === 1) at += 1;
  else {
    protocol = view.getUint16(at);
    at += 2;
  }
  packet.at = at;
  if (protocol === PPP.ipv4) return LAYER.ipv4;
  if (protocol === PPP.ipv6) return LAYER.ipv6;
  if (protocol === PPP.mpls) return LAYER.mpls;
  return packet.stop();
}

/** A label stack, then what its first nibble says: IP, or Ethernet behind a control word (RFC 4385). */
export function readMpls(packet: Packet): Layer {
  const { view, end, row } = packet;
  const labels = packet.batch.use(FIELD.mpls_labels);
  if (packet.labels === 'record') labels.truncate(row);
  packet.labels = 'header';
  let { at } = packet;
  for (let kept = 0; ; kept++) {
    if (end - at < 4) return packet.stop();
    const entry = view.getUint32(at);
    at += 4;
    if (kept < MAX_LABELS) labels.push(row, entry >>> 12);
    if ((entry & 0x100) !== 0) break;
  }
  packet.at = at;
  if (at >= end) return packet.stop();
  const nibble = view.getUint8(at) >> 4;
  if (nibble === 4) return LAYER.ipv4;
  if (nibble === 6) return LAYER.ipv6;
  if (nibble !== 0 || end - at < 4) return packet.stop();
  packet.at = at + 4;
  return LAYER.ethernet;
}
