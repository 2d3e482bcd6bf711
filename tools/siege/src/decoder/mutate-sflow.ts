// Changes of sFlow datagrams along their structure: samples, and the records in them.
//
//     datagram = version 5, agent, sub-agent, sequence, uptime, number of samples, samples
//     sample   = format, length, fixed part, number of records, records        record = format, length, data (padded to four bytes)
import type { Random } from '../random.ts';
import { join, mutateBytes, putNumber, tellingNumber } from './mutate-bytes.ts';
import { MAX_DATAGRAM_BYTES } from './session.ts';

/** Bytes of a sample's fixed part by its format: flow, counters, both expanded, discarded packet. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 28, 2: 8, 3: 40, 4: 12, 5: 24 };
const RECORD_FORMATS = [
  ...[1, 2, 3, 4, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1012, 1020, 1023, 1024, 1025, 1026, 1029, 1030, 1042],
];

interface Item {
  readonly format: number;
  readonly body: Uint8Array;
  /** What the length says where it is not the body's. */
  readonly said?: number;
}

/** Samples or records beside which no more are put. */
const MANY = 1000;

export function isSflow(data: Uint8Array): boolean {
  return data.length >= 28 && data[0] === 0 && data[1] === 0 && data[2] === 0 && data[3] === 5;
}

/** One change of a datagram; `other` is any datagram, whose samples may come over. */
export function mutateSflow(data: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const headerBytes = bytesOfHeader(data);
  const samples = split(data, headerBytes);
  if (samples.length === 0) return mutateBytes(data, other, MAX_DATAGRAM_BYTES, random);
  const at = random.below(samples.length);
  switch (random.below(7)) {
    case 0:
      samples.splice(random.below(samples.length + 1), 0, samples[at]);
      break;
    case 1:
      samples.splice(at, 1);
      break;
    case 2:
      if (isSflow(other)) samples.push(...split(other, bytesOfHeader(other)));
      break;
    case 3:
      more(samples, at, random);
      break;
    case 4:
      samples[at] = { ...samples[at], format: random.pick([1, 2, 3, 4, 5, 6, tellingNumber(random)]) };
      break;
    default:
      samples[at] = mutateSample(samples[at], other, random);
  }
  const header = data.slice(0, headerBytes);
  const count = random.chance(0.9) ? samples.length : tellingNumber(random);
  return join(MAX_DATAGRAM_BYTES, putNumber(header, headerBytes - 4, 4, count), ...pack(samples, random));
}

/** Mostly a few more of one, now and then as many as a datagram has room for. */
function more(items: Item[], at: number, random: Random): void {
  if (items.length >= MANY) return;
  const most = Math.floor(MAX_DATAGRAM_BYTES / (items[at].body.length + 8));
  items.push(...new Array<Item>(random.chance(0.2) ? most : random.between(1, 4)).fill(items[at]));
}

/** The end is missing, and the length says that it is there. */
function cut({ format, body }: Item, random: Random): Item {
  return { format, body: body.slice(0, Math.max(0, body.length - random.between(1, 48))), said: body.length };
}

function bytesOfHeader(data: Uint8Array): number {
  return data[7] === 2 ? 40 : 28;
}

/** Items of format, length and data from `at` to the first that does not fit. */
function split(data: Uint8Array, start: number): Item[] {
  const items: Item[] = [];
  for (let at = start; data.length - at >= 8; ) {
    const view = new DataView(data.buffer, data.byteOffset + at);
    const length = view.getUint32(4);
    if (length > data.length - at - 8) break;
    items.push({ format: view.getUint32(0), body: data.slice(at + 8, at + 8 + length) });
    at += 8 + ((length + 3) & ~3);
  }
  return items;
}

/** Now and then a length that is not the right one. */
function pack(items: readonly Item[], random: Random): Uint8Array[] {
  return items.flatMap(({ format, body, said = body.length }) => {
    const head = new Uint8Array(8);
    putNumber(head, 0, 4, format);
    const length = random.chance(0.97) ? said : Math.max(0, said + random.between(-8, 8));
    putNumber(head, 4, 4, random.chance(0.995) ? length : tellingNumber(random));
    return [head, body, new Uint8Array((4 - (body.length % 4)) % 4)];
  });
}

function mutateSample({ format, body }: Item, other: Uint8Array, random: Random): Item {
  const fixed = FIXED_BYTES[format];
  if (fixed === undefined || body.length < fixed + 4 || random.chance(0.2)) {
    return { format, body: mutateBytes(body, other, MAX_DATAGRAM_BYTES, random) };
  }
  const records = split(body, fixed + 4);
  if (records.length === 0)
    records.push({ format: random.pick(RECORD_FORMATS), body: random.bytes(4 * random.below(16)) });
  const at = random.below(records.length);
  switch (random.below(7)) {
    case 0:
      more(records, at, random);
      break;
    case 4: {
      // The last record's end is that of the sample, and mostly that of the datagram.
      records.length = at + 1;
      records[at] = cut(records[at], random);
      break;
    }
    case 1:
      records.splice(at, 1);
      break;
    case 2:
      records[at] = { ...records[at], format: random.pick(RECORD_FORMATS) };
      break;
    case 3:
      records.splice(at, 0, { format: random.pick(RECORD_FORMATS), body: random.bytes(4 * random.below(24)) });
      break;
    default:
      records[at] = { ...records[at], body: mutateBytes(records[at].body, other, MAX_DATAGRAM_BYTES, random) };
  }
  const count = random.chance(0.95) ? records.length : tellingNumber(random);
  const head = putNumber(body.slice(0, fixed + 4), fixed, 4, count);
  return { format, body: join(MAX_DATAGRAM_BYTES, head, ...pack(records, random)) };
}
