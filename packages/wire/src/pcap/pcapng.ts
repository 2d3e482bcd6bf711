// pcapng: blocks with their length at both ends. Read: section headers (byte order), interface descriptions (link type, resolution and
// offset of times, snap length), enhanced and simple packets. All other blocks are passed over.
import { WireError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { type CapturedPacket, MAX_PACKET_BYTES } from './captured-packet.ts';

const BLOCK = { section: 0x0a0d0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION = { end: 0, timeResolution: 9, timeOffset: 14 } as const;
/** A block is a packet and some options. */
const MAX_BLOCK_BYTES = MAX_PACKET_BYTES + 65_536;
const MAX_INTERFACES = 4096;
/** Latest moment of ECMAScript's Date: the year 275760. */
const MAX_TIME_MS = 8.64e15;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Milliseconds a unit of time. */
  readonly msPerUnit: number;
  /** Milliseconds to add. */
  readonly offsetMs: number;
}

/** Packets of a pcapng file. A stream begins with a section header; interfaces belong to their section. */
export async function* readPcapng(stream: ByteStream): AsyncGenerator<CapturedPacket> {
  let little = false;
  let interfaces: Interface[] = [];
  for (;;) {
    const { offset } = stream;
    const bad = (what: string) => new WireError('bad_capture', `${what}, at offset ${offset}`);
    const head = await stream.peek(12);
    if (head === undefined) {
      if (stream.atEnd) return;
      throw bad('a block is cut');
    }
    const headView = viewOf(head);
    if (headView.getUint32(0) === BLOCK.section) {
      if (headView.getUint32(8, true) === BYTE_ORDER_MAGIC) little = true;
      else if (headView.getUint32(8) === BYTE_ORDER_MAGIC) little = false;
      else throw bad('a section of unknown byte order');
      interfaces = [];
    }
    const type = headView.getUint32(0, little);
    const length = headView.getUint32(4, little);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK_BYTES) throw bad(`a block of ${length} bytes`);
    const block = await stream.take(length);
    if (block === undefined) throw bad('a block is cut');
    const view = viewOf(block);
    if (view.getUint32(length - 4, little) !== length) throw bad('a block whose two lengths differ');

    if (type === BLOCK.interface) {
      if (length < 20 || interfaces.length === MAX_INTERFACES) throw bad('an interface that cannot be');
      interfaces.push(readInterface(view, length, little));
    } else if (type === BLOCK.enhancedPacket) {
      if (length < 32) throw bad('a packet block that is too short');
      const from = interfaces[view.getUint32(8, little)];
      const captured = view.getUint32(20, little);
      if (from === undefined) throw bad('a packet of an unknown interface');
      if (captured > length - 32) throw bad(`a packet of ${captured} bytes in a block of ${length}`);
      const units = view.getUint32(12, little) * 4294967296 + view.getUint32(16, little);
      yield {
        linkType: from.linkType,
        time: possibleTime(units * from.msPerUnit + from.offsetMs),
        data: block.subarray(28, 28 + captured),
        originalBytes: view.getUint32(24, little),
      };
    } else if (type === BLOCK.simplePacket) {
      const from = interfaces[0];
      if (length < 16 || from === undefined) throw bad('a simple packet without an interface');
      const originalBytes = view.getUint32(8, little);
      const snapped = from.snapLength === 0 ? originalBytes : Math.min(originalBytes, from.snapLength);
      const captured = Math.min(snapped, length - 16);
      yield { linkType: from.linkType, time: 0, data: block.subarray(12, 12 + captured), originalBytes };
    }
  }
}

/** Any 64 bits can stand there: what no clock can show is no time. */
function possibleTime(ms: number): number {
  return ms >= 0 && ms <= MAX_TIME_MS ? ms : 0;
}

function readInterface(view: DataView, length: number, little: boolean): Interface {
  let msPerUnit = 1e-3;
  let offsetMs = 0;
  let at = 16;
  while (at + 4 <= length - 4) {
    const option = view.getUint16(at, little);
    const bytes = view.getUint16(at + 2, little);
    at += 4;
    if (option === OPTION.end || bytes > length - 4 - at) break;
    if (option === OPTION.timeResolution && bytes >= 1) {
      const resolution = view.getUint8(at);
      // Upper bit: a power of two, else of ten.
      msPerUnit = 1000 * ((resolution & 0x80) !== 0 ? 2 ** -(resolution & 0x7f) : 10 ** -resolution);
    } else if (option === OPTION.timeOffset && bytes >= 8) {
      offsetMs = Number(view.getBigInt64(at, little)) * 1000;
    }
    at += (bytes + 3) & ~3;
  }
  return { linkType: view.getUint16(8, little), snapLength: view.getUint32(12, little), msPerUnit, offsetMs };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
