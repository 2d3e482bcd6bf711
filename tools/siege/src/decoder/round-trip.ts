// Encoding what was decoded, and decoding that: from then on nothing may change.
//
// The first decoding may correct what came (a clock out of range, an ICMP type in a port). What it made of it is a flow like any other: encoded
// and decoded it has to be the same, in each of the elements below.
import { FIELD, type Field, FlowBatch, getNumber } from '@weir/record';
import { Decoder, encodeIpfix, type TemplateSpec, templateField } from '@weir/wire';
import { isSame } from './compare-rows.ts';
import { PEERS } from './session.ts';

/** Rows of one datagram that are tried. */
const MAX_ROWS = 20;
/** Both families: an exporter that has both in one template leaves one zero. */
const TEMPLATE: TemplateSpec = {
  id: 300,
  fields: [8, 27, 12, 28, 7, 11, 4, 6, 1, 2, 10, 14, 5, 9, 13, 16, 17, 32, 136, 152, 153].map((id) =>
    templateField(id),
  ),
};

/** What those elements say, of one decoding and of the next. */
const COMPARED: readonly Field[] = [
  ...[FIELD.src_addr, FIELD.dst_addr, FIELD.src_port, FIELD.dst_port, FIELD.proto, FIELD.tcp_flags, FIELD.dscp],
  ...[FIELD.bytes_sampled, FIELD.packets_sampled, FIELD.in_if, FIELD.out_if, FIELD.src_mask, FIELD.dst_mask],
  ...[FIELD.src_as, FIELD.dst_as, FIELD.icmp_type, FIELD.icmp_code, FIELD.end_reason, FIELD.time_start, FIELD.time_end],
];

/** Bytes of a message of so many rows, and so the room that decoding it needs. */
const ROOM = 4096;
/** Both learn the same template once. */
const decoder = new Decoder({ exporterCap: 1 });
const once = new FlowBatch(ROOM);
const twice = new FlowBatch(ROOM);

/** The field that did not come back, of rows `[from, from + count)`. */
export function lostField(batch: FlowBatch, from: number, count: number, time: number): string | undefined {
  encodeAndDecode(batch, from, Math.min(count, MAX_ROWS), time, once);
  encodeAndDecode(once, 0, once.length, time, twice);
  if (once.length !== twice.length) return `of ${once.length} rows ${twice.length} came back`;
  return COMPARED.find((field) => !isSame(once, 0, twice, once.length, field))?.name;
}

function encodeAndDecode(batch: FlowBatch, from: number, count: number, time: number, out: FlowBatch): void {
  const header = { time, sysUptime: 0, sequence: 0, domain: 0 };
  const sets = [{ templates: [TEMPLATE] }, { template: TEMPLATE, batch, from, to: from + count }];
  const { bytes } = encodeIpfix(header, sets);
  out.clear();
  decoder.decode(bytes, 0, bytes.length, PEERS[0], 0, time, out);
}

/** Whether a row's time can be encoded: elements 152 and 153 have 64 bits, but encoders take numbers. */
export function isEncodable(batch: FlowBatch, row: number): boolean {
  return (
    getNumber(batch.core.time_start, row) <= Number.MAX_SAFE_INTEGER &&
    getNumber(batch.core.time_end, row) <= Number.MAX_SAFE_INTEGER
  );
}
