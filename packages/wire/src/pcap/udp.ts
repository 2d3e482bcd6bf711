// UDP datagrams out of captured packets: the messages that exporters sent, as a socket would have given them.
import { IPV4_MAPPED_WORD } from '@weir/record';
import { readCapture } from './capture.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { Reassembly } from './reassembly.ts';

export interface CapturedDatagram {
  /** Addresses as four words, as in columns. */
  readonly src: Uint32Array<ArrayBuffer>;
  readonly dst: Uint32Array<ArrayBuffer>;
  readonly srcPort: number;
  readonly dstPort: number;
  /** Milliseconds since 1970, with a fraction; 0 where the capture has no time. */
  readonly time: number;
  /** A copy: it may be kept. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Packets that gave no datagram, by reason. */
export interface SkippedPackets {
  /** Link types that are not read. */
  linkType: number;
  /** Not UDP over IP. */
  notUdp: number;
  /** Cut by the capture's snap length, or malformed. */
  cut: number;
  /** Fragments of datagrams that never became whole. */
  fragments: number;
}

const LINK = {
  null: 0,
  ethernet: 1,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;
/** DLT_RAW's number on OpenBSD, and its old one. */
const RAW_ALIASES: readonly number[] = [12, 14];
const UDP = 17;
const FRAGMENT_HEADER = 44;

/**
 * UDP datagrams of a capture (pcap or pcapng), in order of their last fragment. What was skipped is counted in `skipped`.
 * Throws WireError `bad_capture`.
 */
export async function* readDatagrams(
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  skipped: SkippedPackets = newSkipped(),
): AsyncGenerator<CapturedDatagram> {
  const reassembly = new Reassembly();
  for await (const packet of readCapture(source)) {
    const datagram = readDatagram(packet, reassembly, skipped);
    if (datagram !== undefined) yield datagram;
  }
  skipped.fragments = reassembly.unfinished;
}

export function newSkipped(): SkippedPackets {
  return { linkType: 0, notUdp: 0, cut: 0, fragments: 0 };
}

type Skip = keyof SkippedPackets | 'fragment';

function readDatagram(
  packet: CapturedPacket,
  reassembly: Reassembly,
  skipped: SkippedPackets,
): CapturedDatagram | undefined {
  const { data } = packet;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const at = networkLayer(view, packet.linkType);
  let result: CapturedDatagram | Skip = 'cut';
  if (typeof at === 'string') result = at;
  else if (at < data.length) {
    const version = view.getUint8(at) >> 4;
    if (version === 4) result = fromIPv4(view, at, packet.time, reassembly);
    else if (version === 6) result = fromIPv6(view, at, packet.time, reassembly);
    else result = 'notUdp';
  }
  if (typeof result !== 'string') return result;
  // A fragment is under way, not skipped, until the end of the file.
  if (result !== 'fragment') skipped[result]++;
  return undefined;
}

/** Where the IP header begins, or why there is none. */
function networkLayer(view: DataView, linkType: number): number | Skip {
  const { byteLength } = view;
  switch (linkType) {
    case LINK.ethernet:
      return byteLength < 14 ? 'cut' : behindEtherType(view, 12);
    case LINK.linuxCooked:
      return byteLength < 16 ? 'cut' : behindEtherType(view, 14);
    case LINK.linuxCooked2:
      // The protocol comes first here, the payload after 20 bytes.
      if (byteLength < 20) return 'cut';
      return isIPType(view.getUint16(0)) ? 20 : 'notUdp';
    case LINK.null:
    case LINK.loop:
      // Four bytes of address family, whose IPv6 number depends on the system: the IP version says it better.
      return byteLength < 4 ? 'cut' : 4;
    case LINK.raw:
    case LINK.ipv4:
    case LINK.ipv6:
      return 0;
    default:
      return RAW_ALIASES.includes(linkType) ? 0 : 'linkType';
  }
}

const isIPType = (type: number) => type === 0x0800 || type === 0x86dd;

/** Follows VLAN tags from the EtherType at `at`. */
function behindEtherType(view: DataView, start: number): number | Skip {
  let at = start;
  while (at + 2 <= view.byteLength) {
    const type = view.getUint16(at);
    if (isIPType(type)) return at + 2;
    if (type !== 0x8100 && type !== 0x88a8 && type !== 0x9100) return 'notUdp';
    at += 4;
  }
  return 'cut';
}

function fromIPv4(view: DataView, at: number, time: number, reassembly: Reassembly): CapturedDatagram | Skip {
  if (view.byteLength - at < 20) return 'cut';
  const headerBytes = (view.getUint8(at) & 0xf) * 4;
  const totalBytes = view.getUint16(at + 2);
  if (view.getUint8(at + 9) !== UDP) return 'notUdp';
  const src = Uint32Array.of(0, 0, IPV4_MAPPED_WORD, view.getUint32(at + 12, true));
  const dst = Uint32Array.of(0, 0, IPV4_MAPPED_WORD, view.getUint32(at + 16, true));
  // Zero: the capture was made before segmentation.
  const end = totalBytes === 0 ? view.byteLength : at + totalBytes;
  const from = at + headerBytes;
  if (headerBytes < 20 || from > end || end > view.byteLength) return 'cut';
  const body = new Uint8Array(view.buffer, view.byteOffset + from, end - from);
  const flagsOffset = view.getUint16(at + 6);
  const more = (flagsOffset & 0x2000) !== 0;
  const offset = (flagsOffset & 0x1fff) * 8;
  if (!more && offset === 0) return fromUdp(body, src, dst, time);
  const whole = reassembly.add(src, dst, view.getUint16(at + 4), offset, more, body);
  return whole === undefined ? 'fragment' : fromUdp(whole, src, dst, time);
}

function fromIPv6(view: DataView, at: number, time: number, reassembly: Reassembly): CapturedDatagram | Skip {
  if (view.byteLength - at < 40) return 'cut';
  const src = new Uint32Array(4);
  const dst = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    src[word] = view.getUint32(at + 8 + word * 4, true);
    dst[word] = view.getUint32(at + 24 + word * 4, true);
  }
  const payloadBytes = view.getUint16(at + 4);
  const end = payloadBytes === 0 ? view.byteLength : at + 40 + payloadBytes;
  if (end > view.byteLength) return 'cut';
  let header = view.getUint8(at + 6);
  let from = at + 40;
  let fragment: { id: number; offset: number; more: boolean } | undefined;
  // Hop-by-hop, routing, destination options, fragment (RFC 8200 section 4): each has its length; the fragment header is eight bytes.
  while (header === 0 || header === 43 || header === 60 || header === FRAGMENT_HEADER) {
    if (end - from < 8) return 'cut';
    if (header === FRAGMENT_HEADER) {
      const offsetFlags = view.getUint16(from + 2);
      fragment = { id: view.getUint32(from + 4), offset: offsetFlags & 0xfff8, more: (offsetFlags & 1) === 1 };
    }
    const bytes = header === FRAGMENT_HEADER ? 8 : (view.getUint8(from + 1) + 1) * 8;
    header = view.getUint8(from);
    from += bytes;
    if (fragment !== undefined) break;
  }
  if (header !== UDP) return 'notUdp';
  if (from > end) return 'cut';
  const body = new Uint8Array(view.buffer, view.byteOffset + from, end - from);
  if (fragment === undefined || (fragment.offset === 0 && !fragment.more)) return fromUdp(body, src, dst, time);
  const whole = reassembly.add(src, dst, fragment.id, fragment.offset, fragment.more, body);
  return whole === undefined ? 'fragment' : fromUdp(whole, src, dst, time);
}

function fromUdp(
  body: Uint8Array,
  src: Uint32Array<ArrayBuffer>,
  dst: Uint32Array<ArrayBuffer>,
  time: number,
): CapturedDatagram | Skip {
  if (body.length < 8) return 'cut';
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const length = view.getUint16(4);
  if (length < 8 || length > body.length) return 'cut';
  return {
    src,
    dst,
    srcPort: view.getUint16(0),
    dstPort: view.getUint16(2),
    time,
    payload: body.slice(8, length),
  };
}
