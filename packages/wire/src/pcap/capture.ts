// Capture files, pcap and pcapng, to packets. Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. The first four bytes say
// which one and in what byte order. Every length is checked before use; a file that breaks the format ends with WireError `bad_capture`.
import { WireError } from '../errors.ts';
import { ByteStream } from './byte-stream.ts';
import { type CapturedPacket, MAX_PACKET_BYTES } from './captured-packet.ts';
import { readPcapng } from './pcapng.ts';

const MAGIC_MICRO = 0xa1b2c3d4;
const MAGIC_NANO = 0xa1b23c4d;
const MAGIC_PCAPNG = 0x0a0d0d0a;

/**
 * Packets of a capture file, in file order. `source` is the whole file or its chunks (a file's read stream). Throws WireError
 * `bad_capture`, with the offset, where the file is neither format or is cut inside a packet; the packets before that have been yielded.
 */
export async function* readCapture(
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<CapturedPacket> {
  const stream = new ByteStream(source instanceof Uint8Array ? [source] : source);
  const head = await stream.peek(4);
  if (head === undefined) throw new WireError('bad_capture', 'the capture is shorter than four bytes');
  const view = new DataView(head.buffer, head.byteOffset, 4);
  const magic = view.getUint32(0);
  if (magic === MAGIC_PCAPNG) {
    yield* readPcapng(stream);
    return;
  }
  for (const little of [false, true]) {
    const value = view.getUint32(0, little);
    if (value === MAGIC_MICRO || value === MAGIC_NANO) {
      yield* readPcap(stream, little, value === MAGIC_NANO ? 1e6 : 1e3);
      return;
    }
  }
  throw new WireError('bad_capture', `neither pcap nor pcapng: it begins with ${magic.toString(16).padStart(8, '0')}`);
}

async function* readPcap(stream: ByteStream, little: boolean, unitsPerMs: number): AsyncGenerator<CapturedPacket> {
  const header = await stream.take(24);
  if (header === undefined) throw new WireError('bad_capture', 'the pcap header is cut, at offset 0');
  // The upper bits of the link type say whether frames carry an FCS.
  const linkType = viewOf(header).getUint32(20, little) & 0xffff;
  for (;;) {
    const { offset } = stream;
    const record = await stream.take(16);
    if (record === undefined) {
      if (stream.atEnd) return;
      throw new WireError('bad_capture', `a packet header is cut, at offset ${offset}`);
    }
    const view = viewOf(record);
    const time = view.getUint32(0, little) * 1000 + view.getUint32(4, little) / unitsPerMs;
    const captured = view.getUint32(8, little);
    const originalBytes = view.getUint32(12, little);
    if (captured > MAX_PACKET_BYTES) {
      throw new WireError('bad_capture', `a packet of ${captured} bytes, at offset ${offset}`);
    }
    const data = await stream.take(captured);
    if (data === undefined) throw new WireError('bad_capture', `a packet is cut, at offset ${offset}`);
    yield { linkType, time, data, originalBytes };
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
