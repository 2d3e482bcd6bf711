// Wraps recorded payloads as UDP datagrams in a pcap file, for tshark to read.
import type { SentMessage } from './decode.ts';

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html: magic of a little-endian file with microseconds. */
const MAGIC = 0xa1b2c3d4;
/** Link type of packets that begin with an IP header. */
const LINKTYPE_RAW = 101;
const IPV4_AND_UDP_HEADERS = 28;

export interface SentTo extends SentMessage {
  readonly port: number;
}

/** A pcap file with one datagram a second. Senders are IPv4. */
export function pcapOf(messages: readonly SentTo[]): Uint8Array {
  const parts = [fileHeader()];
  for (const [index, message] of messages.entries()) parts.push(packet(message, index));
  return Buffer.concat(parts);
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, LINKTYPE_RAW, true);
  return new Uint8Array(view.buffer);
}

function packet({ from, port, data }: SentTo, second: number): Uint8Array {
  const length = IPV4_AND_UDP_HEADERS + data.length;
  const bytes = new Uint8Array(16 + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, second, true);
  view.setUint32(8, length, true);
  view.setUint32(12, length, true);
  // IPv4 header without a checksum, which tshark does not ask for.
  view.setUint8(16, 0x45);
  view.setUint16(18, length);
  view.setUint8(24, 64);
  view.setUint8(25, 17);
  bytes.set(from.split('.').map(Number), 28);
  bytes.set([192, 0, 2, 1], 32);
  view.setUint16(36, port);
  view.setUint16(38, port);
  view.setUint16(40, 8 + data.length);
  bytes.set(data, 16 + IPV4_AND_UDP_HEADERS);
  return bytes;
}
