// sFlow v5 datagrams: seven flow samples, each with the first 128 bytes of an Ethernet frame.
import { type Draw, draw } from './cluster.ts';
import type { Random } from './random.ts';
import type { Messages } from './templates.ts';

const SAMPLES = 7;
const HEADER_BYTES = 128;
/** Sample header and its two words of format and length, record header, the record's own four words, the sampled bytes. */
const SAMPLE_BYTES = 8 + 32 + 8 + 16 + HEADER_BYTES;
const DATAGRAM = 28 + SAMPLES * SAMPLE_BYTES;

const scratch: Draw = { src: 0, dst: 0, srcPort: 0, dstPort: 0, proto: 0, packets: 0, bytes: 0 };

function writeSample(view: DataView, at: number, random: Random, sequence: number): void {
  draw(random, scratch);
  // sflow_version_5.txt: flow_sample, enterprise 0 format 1.
  view.setUint32(at, 1);
  view.setUint32(at + 4, SAMPLE_BYTES - 8);
  view.setUint32(at + 8, sequence);
  view.setUint32(at + 12, 3);
  view.setUint32(at + 16, 1_000);
  view.setUint32(at + 20, sequence * 1_000);
  view.setUint32(at + 28, 3);
  view.setUint32(at + 32, 7);
  view.setUint32(at + 36, 1);
  // sampled_header, enterprise 0 format 1: protocol 1 is Ethernet, then frame length, stripped, header length.
  const record = at + 40;
  view.setUint32(record, 1);
  view.setUint32(record + 4, 16 + HEADER_BYTES);
  view.setUint32(record + 8, 1);
  const length = 128 + (scratch.bytes % 1_390);
  view.setUint32(record + 12, length);
  view.setUint32(record + 16, 4);
  view.setUint32(record + 20, HEADER_BYTES);
  const frame = record + 24;
  view.setUint32(frame, 0x02000000);
  view.setUint32(frame + 4, scratch.dst);
  view.setUint32(frame + 8, scratch.src);
  view.setUint16(frame + 12, 0x0800);
  const ip = frame + 14;
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, length - 18);
  view.setUint16(ip + 8, 0x4000 | scratch.proto);
  view.setUint32(ip + 12, scratch.src);
  view.setUint32(ip + 16, scratch.dst);
  view.setUint16(ip + 20, scratch.srcPort);
  view.setUint16(ip + 22, scratch.dstPort);
  view.setUint8(ip + 32, 0x50);
  view.setUint8(ip + 33, 0x18);
}

/** `count` datagrams of an agent at 192.0.2.1. */
export function sflowMessages(count: number, random: Random, sequence: { next: number }): Messages {
  const data = new Uint8Array(count * DATAGRAM);
  const view = new DataView(data.buffer);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  for (let message = 0; message < count; message++) {
    const at = message * DATAGRAM;
    view.setUint32(at, 5);
    view.setUint32(at + 4, 1);
    view.setUint32(at + 8, 0xc0000201);
    view.setUint32(at + 16, sequence.next++);
    view.setUint32(at + 20, 3_600_000);
    view.setUint32(at + 24, SAMPLES);
    for (let sample = 0; sample < SAMPLES; sample++) {
      writeSample(view, at + 28 + sample * SAMPLE_BYTES, random, (sequence.next * SAMPLES + sample) >>> 0);
    }
    starts[message] = at;
    ends[message] = at + DATAGRAM;
  }
  return { template: new Uint8Array(0), data, starts, ends, records: count * SAMPLES };
}
