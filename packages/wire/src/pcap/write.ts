// Writes pcap files (microseconds, this machine's byte order spelled out as little-endian): for tests and for comparing with others.
import { isIPv4 } from '@weir/record';
import type { CapturedDatagram } from './udp.ts';

export const LINKTYPE_ETHERNET = 1;
/** Packets that begin with their IP header. */
export const LINKTYPE_RAW = 101;
const MAX_SNAP_BYTES = 262_144;

export interface PacketToWrite {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly data: Uint8Array;
  /** Length on the wire, where more than was captured. */
  readonly originalBytes?: number;
}

/** A pcap file of packets of one link type. */
export function writePcap(packets: readonly PacketToWrite[], linkType = LINKTYPE_ETHERNET): Uint8Array<ArrayBuffer> {
  const size = packets.reduce((sum, { data }) => sum + 16 + data.length, 24);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, MAX_SNAP_BYTES, true);
  view.setUint32(20, linkType, true);
  let at = 24;
  for (const { time, data, originalBytes } of packets) {
    const seconds = Math.floor(time / 1000);
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, Math.floor((time - seconds * 1000) * 1000), true);
    view.setUint32(at + 8, data.length, true);
    view.setUint32(at + 12, originalBytes ?? data.length, true);
    out.set(data, at + 16);
    at += 16 + data.length;
  }
  return out;
}

/** A pcap file of UDP datagrams, each an IP packet without a link header. IPv4 header checksums are right; UDP ones are left out. */
export function writeDatagrams(datagrams: readonly CapturedDatagram[]): Uint8Array<ArrayBuffer> {
  return writePcap(
    datagrams.map((datagram) => ({ time: datagram.time, data: ipPacket(datagram) })),
    LINKTYPE_RAW,
  );
}

function ipPacket({ src, dst, srcPort, dstPort, payload }: CapturedDatagram): Uint8Array<ArrayBuffer> {
  const four = isIPv4(src, 0);
  const headerBytes = four ? 20 : 40;
  const udpBytes = 8 + payload.length;
  const out = new Uint8Array(headerBytes + udpBytes);
  const view = new DataView(out.buffer);
  if (four) {
    view.setUint16(0, 0x4500);
    view.setUint16(2, out.length);
    view.setUint16(6, 0x4000);
    view.setUint16(8, (64 << 8) | 17);
    view.setUint32(12, src[3], true);
    view.setUint32(16, dst[3], true);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(10, ~(sum + (sum >>> 16)));
  } else {
    view.setUint32(0, 0x60000000);
    view.setUint16(4, udpBytes);
    view.setUint16(6, (17 << 8) | 64);
    for (let word = 0; word < 4; word++) {
      view.setUint32(8 + word * 4, src[word], true);
      view.setUint32(24 + word * 4, dst[word], true);
    }
  }
  view.setUint16(headerBytes, srcPort);
  view.setUint16(headerBytes + 2, dstPort);
  view.setUint16(headerBytes + 4, udpBytes);
  out.set(payload, headerBytes + 8);
  return out;
}
