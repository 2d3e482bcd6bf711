// IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200): addresses, lengths, fragments, and what comes next.
import { FIELD, IPV4_MAPPED_WORD } from '@weir/record';
import { LAYER, type Layer, type Packet } from './packet.ts';

/** IPv6 extension headers (IANA "IPv6 Extension Header Types") that lead on to another header. */
const EXTENSION = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
  mobility: 135,
} as const;
/** Routing type of a segment routing header (RFC 8754). */
const SEGMENT_ROUTING = 4;
/** More than any sensible packet has. */
const MAX_EXTENSIONS = 16;

export function readIPv4(packet: Packet): Layer {
  const { view, at, row } = packet;
  if (packet.end - at < 20) return packet.stop();
  const versionLength = view.getUint8(at);
  const headerBytes = (versionLength & 0xf) * 4;
  if (versionLength >> 4 !== 4 || headerBytes < 20) return packet.stop();
  const totalBytes = view.getUint16(at + 2);
  packet.enterIP(view.getUint8(at + 1), view.getUint8(at + 8), totalBytes);

  const { srcAddr, dstAddr } = packet;
  const four = row * 4;
  srcAddr[four] = 0;
  srcAddr[four + 1] = 0;
  srcAddr[four + 2] = IPV4_MAPPED_WORD;
  srcAddr[four + 3] = view.getUint32(at + 12, true);
  dstAddr[four] = 0;
  dstAddr[four + 1] = 0;
  dstAddr[four + 2] = IPV4_MAPPED_WORD;
  dstAddr[four + 3] = view.getUint32(at + 16, true);
  const protocol = view.getUint8(at + 9);
  packet.proto[row] = protocol;
  packet.next = protocol;

  const flagsOffset = view.getUint16(at + 6);
  if ((flagsOffset & 0x3fff) !== 0) {
    packet.fragment(view.getUint16(at + 4), flagsOffset & 0x1fff, (flagsOffset >> 8) & 0xe0);
    // Only the first fragment has a transport header.
    if ((flagsOffset & 0x1fff) !== 0) return LAYER.end;
  } else if (packet.detail) packet.identify(view.getUint16(at + 4), (flagsOffset >> 8) & 0xe0);
  if (headerBytes > packet.end - at) return packet.stop();
  packet.at = at + headerBytes;
  if (totalBytes >= headerBytes && at + totalBytes < packet.end) packet.end = at + totalBytes;
  return LAYER.transport;
}

export function readIPv6(packet: Packet): Layer {
  const { view, at, row } = packet;
  if (packet.end - at < 40) return packet.stop();
  const first = view.getUint32(at);
  if (first >>> 28 !== 6) return packet.stop();
  // Zero: a jumbogram, or segmentation offload left it to the card.
  const payloadBytes = view.getUint16(at + 4);
  packet.enterIP((first >>> 20) & 0xff, view.getUint8(at + 7), payloadBytes === 0 ? 0 : payloadBytes + 40);
  if (packet.detail && (first & 0xfffff) !== 0) packet.batch.use(FIELD.ipv6_flow_label)[row] = first & 0xfffff;

  const { srcAddr, dstAddr } = packet;
  for (let word = 0; word < 4; word++) {
    srcAddr[row * 4 + word] = view.getUint32(at + 8 + word * 4, true);
    dstAddr[row * 4 + word] = view.getUint32(at + 24 + word * 4, true);
  }
  packet.at = at + 40;
  if (payloadBytes > 0 && packet.at + payloadBytes < packet.end) packet.end = packet.at + payloadBytes;
  return readExtensions(packet, view.getUint8(at + 6));
}

/** Walks the extension headers. `proto` is the last header's type that could be read: the transport's, where all is at hand. */
function readExtensions(packet: Packet, firstHeader: number): Layer {
  const { view, end, proto, row } = packet;
  let { at } = packet;
  let header = firstHeader;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    proto[row] = header;
    const isExtension =
      header === EXTENSION.hopByHop ||
      header === EXTENSION.routing ||
      header === EXTENSION.fragment ||
      header === EXTENSION.authentication ||
      header === EXTENSION.destination ||
      header === EXTENSION.mobility;
    if (!isExtension) {
      packet.at = at;
      packet.next = header;
      return LAYER.transport;
    }
    if (end - at < 8) return packet.stop();
    const following = view.getUint8(at);
    let bytes = 8;
    if (header === EXTENSION.fragment) {
      const offsetFlags = view.getUint16(at + 2);
      if ((offsetFlags & 0xfff9) !== 0) {
        packet.fragment(view.getUint32(at + 4), offsetFlags >> 3, (offsetFlags & 1) << 5);
        if (offsetFlags >> 3 !== 0) {
          proto[row] = following;
          return LAYER.end;
        }
        // A whole packet with a fragment header (RFC 6946).
      } else if (packet.detail) packet.identify(view.getUint32(at + 4), 0);
    } else if (header === EXTENSION.authentication) {
      // Its length is in words of four bytes, less two (RFC 4302).
      bytes = (view.getUint8(at + 1) + 2) * 4;
    } else {
      bytes = (view.getUint8(at + 1) + 1) * 8;
      if (header === EXTENSION.routing && view.getUint8(at + 2) === SEGMENT_ROUTING) packet.segmentRouted = true;
    }
    if (bytes > end - at) return packet.stop();
    at += bytes;
    header = following;
  }
  return packet.stop();
}
