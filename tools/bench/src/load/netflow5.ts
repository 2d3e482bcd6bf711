// NetFlow v5 datagrams written in place: 24-byte header, 30 records of 48 bytes.
import { type Draw, draw } from './cluster.ts';
import type { Random } from './random.ts';

export const RECORDS = 30;
export const BYTES = 24 + RECORDS * 48;

const scratch: Draw = { src: 0, dst: 0, srcPort: 0, dstPort: 0, proto: 0, packets: 0, bytes: 0 };

/** What never changes: version, count, engine, interfaces, masks. */
export function prepare(view: DataView, at: number, engine: number): void {
  view.setUint16(at, 5);
  view.setUint16(at + 2, RECORDS);
  view.setUint8(at + 21, engine);
  // Mode 0, interval 1: every packet was counted.
  view.setUint16(at + 22, 1);
  for (let record = 0, to = at + 24; record < RECORDS; record++, to += 48) {
    view.setUint16(to + 12, 1 + (record & 3));
    view.setUint16(to + 14, 5 + (record & 3));
    view.setUint8(to + 37, 0x1b);
    view.setUint8(to + 44, 24);
    view.setUint8(to + 45, 24);
  }
}

/** Header's clock and sequence (flows before this message). `uptime` is in ms since `start` of the exporter. */
export function stamp(view: DataView, at: number, nowMs: number, uptime: number, sequence: number): void {
  view.setUint32(at + 4, uptime);
  view.setUint32(at + 8, Math.floor(nowMs / 1000));
  view.setUint32(at + 12, (nowMs % 1000) * 1e6);
  view.setUint32(at + 16, sequence);
}

/** New flows in all records. */
export function fill(view: DataView, at: number, random: Random, uptime: number): void {
  for (let record = 0, to = at + 24; record < RECORDS; record++, to += 48) {
    draw(random, scratch);
    view.setUint32(to, scratch.src);
    view.setUint32(to + 4, scratch.dst);
    view.setUint32(to + 16, scratch.packets);
    view.setUint32(to + 20, scratch.bytes);
    view.setUint32(to + 24, uptime - (scratch.bytes & 0x7fff));
    view.setUint32(to + 28, uptime - (scratch.packets & 0xff));
    view.setUint16(to + 32, scratch.srcPort);
    view.setUint16(to + 34, scratch.dstPort);
    view.setUint8(to + 38, scratch.proto);
  }
}
