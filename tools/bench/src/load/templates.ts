// NetFlow v9 and IPFIX datagrams of one template: 22 fields as routers send them, with or without two texts of variable length.
import { type Draw, draw } from './cluster.ts';
import type { Random } from './random.ts';

/** Element id, bytes (65,535: variable), and what to write: a part of the drawn flow or a number that stays as it is. */
interface TemplateField {
  readonly id: number;
  readonly bytes: number;
  readonly value: keyof Draw | 'start' | 'end' | 'text' | number;
}

const VARIABLE = 65_535;

const COMMON: readonly TemplateField[] = [
  { id: 8, bytes: 4, value: 'src' },
  { id: 12, bytes: 4, value: 'dst' },
  { id: 15, bytes: 4, value: 0x0a000001 },
  { id: 10, bytes: 4, value: 3 },
  { id: 14, bytes: 4, value: 7 },
  { id: 2, bytes: 8, value: 'packets' },
  { id: 1, bytes: 8, value: 'bytes' },
  { id: 7, bytes: 2, value: 'srcPort' },
  { id: 11, bytes: 2, value: 'dstPort' },
  { id: 4, bytes: 1, value: 'proto' },
  { id: 5, bytes: 1, value: 0 },
  { id: 6, bytes: 1, value: 0x1b },
  { id: 16, bytes: 4, value: 64_500 },
  { id: 17, bytes: 4, value: 64_501 },
  { id: 9, bytes: 1, value: 24 },
  { id: 13, bytes: 1, value: 24 },
  { id: 61, bytes: 1, value: 1 },
  { id: 58, bytes: 2, value: 100 },
  { id: 59, bytes: 2, value: 200 },
];

/** 22 fields; times as uptime, which is all v9 has. */
export const V9_FIELDS: readonly TemplateField[] = [
  ...COMMON,
  { id: 22, bytes: 4, value: 'start' },
  { id: 21, bytes: 4, value: 'end' },
  { id: 32, bytes: 2, value: 0 },
];

/** 22 fields; times in milliseconds since 1970. */
export const IPFIX_FIELDS: readonly TemplateField[] = [
  ...COMMON,
  { id: 152, bytes: 8, value: 'start' },
  { id: 153, bytes: 8, value: 'end' },
  { id: 136, bytes: 1, value: 2 },
];

/** The same and two texts: interfaceName and applicationName (IE 82 and 96 carry 4 to 24 bytes here). */
export const IPFIX_VARIABLE_FIELDS: readonly TemplateField[] = [
  ...IPFIX_FIELDS,
  { id: 82, bytes: VARIABLE, value: 'text' },
  { id: 83, bytes: VARIABLE, value: 'text' },
];

const TEMPLATE_ID = 300;
/** What fits an Ethernet frame: 1,500 less IP and UDP headers. */
const DATAGRAM = 1_472;
/** Different texts that an exporter sends: interface names of its ports. */
const TEXTS = Array.from({ length: 500 }, (_, i) =>
  Buffer.from(`GigabitEthernet0/${i >> 5}/${i & 31}`.slice(0, 24 - (i % 9))),
);

const scratch: Draw = { src: 0, dst: 0, srcPort: 0, dstPort: 0, proto: 0, packets: 0, bytes: 0 };

export interface Messages {
  /** The datagram that announces the template. */
  readonly template: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly records: number;
}

function header(view: DataView, at: number, version: 9 | 10, length: number, count: number, sequence: number): number {
  const now = Date.now();
  view.setUint16(at, version);
  if (version === 10) {
    view.setUint16(at + 2, length);
    view.setUint32(at + 4, Math.floor(now / 1000));
    view.setUint32(at + 8, sequence);
    view.setUint32(at + 12, 1);
    return 16;
  }
  view.setUint16(at + 2, count);
  view.setUint32(at + 4, 3_600_000);
  view.setUint32(at + 8, Math.floor(now / 1000));
  view.setUint32(at + 12, sequence);
  view.setUint32(at + 16, 1);
  return 20;
}

function templateMessage(version: 9 | 10, fields: readonly TemplateField[]): Uint8Array<ArrayBuffer> {
  const head = version === 10 ? 16 : 20;
  const bytes = new Uint8Array(head + 8 + fields.length * 4);
  const view = new DataView(bytes.buffer);
  header(view, 0, version, bytes.length, 1, 0);
  view.setUint16(head, version === 10 ? 2 : 0);
  view.setUint16(head + 2, bytes.length - head);
  view.setUint16(head + 4, TEMPLATE_ID);
  view.setUint16(head + 6, fields.length);
  for (const [index, { id, bytes: length }] of fields.entries()) {
    view.setUint16(head + 8 + index * 4, id);
    view.setUint16(head + 10 + index * 4, length);
  }
  return bytes;
}

/** Writes a record of newly drawn values; returns where it ends. */
function writeRecord(
  view: DataView,
  at: number,
  fields: readonly TemplateField[],
  random: Random,
  now: number,
): number {
  draw(random, scratch);
  for (const { bytes, value } of fields) {
    if (value === 'text') {
      const text = TEXTS[random.below(TEXTS.length)];
      view.setUint8(at, text.length);
      new Uint8Array(view.buffer, at + 1, text.length).set(text);
      at += 1 + text.length;
      continue;
    }
    const time = bytes === 8 ? now : 3_600_000;
    const number =
      typeof value === 'number'
        ? value
        : value === 'start'
          ? time - (scratch.bytes & 0x7fff)
          : value === 'end'
            ? time - (scratch.packets & 0xff)
            : scratch[value];
    if (bytes === 8) {
      view.setUint32(at, Math.floor(number / 0x1_0000_0000));
      view.setUint32(at + 4, number);
    } else if (bytes === 4) view.setUint32(at, number);
    else if (bytes === 2) view.setUint16(at, number);
    else view.setUint8(at, number);
    at += bytes;
  }
  return at;
}

/** `count` datagrams as full as an Ethernet frame allows, with flows never drawn before. `sequence` goes on from call to call. */
export function templateMessages(
  version: 9 | 10,
  fields: readonly TemplateField[],
  count: number,
  random: Random,
  sequence: { next: number },
): Messages {
  const longest = fields.reduce((sum, { bytes }) => sum + (bytes === VARIABLE ? 25 : bytes), 0);
  const head = version === 10 ? 16 : 20;
  const each = Math.floor((DATAGRAM - head - 4 - 3) / longest);
  const data = new Uint8Array(count * DATAGRAM);
  const view = new DataView(data.buffer);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const now = Date.now();
  let at = 0;
  for (let message = 0; message < count; message++) {
    starts[message] = at;
    const set = at + head;
    let to = set + 4;
    for (let record = 0; record < each; record++) to = writeRecord(view, to, fields, random, now);
    // Padding to 32 bits, as RFC 3954 asks; the data set's length includes it.
    const padded = version === 9 ? (to - set + 3) & ~3 : to - set;
    view.setUint16(set, TEMPLATE_ID);
    view.setUint16(set + 2, padded);
    header(view, at, version, head + padded, 1, sequence.next);
    sequence.next += version === 10 ? each : 1;
    at = set + padded;
    ends[message] = at;
  }
  return { template: templateMessage(version, fields), data, starts, ends, records: count * each };
}
