// NetFlow v5 messages from rows of a batch: for demo traffic, benchmarks and tests. The inverse of v5.ts for what the format can hold.
import { FIELD, type FlowBatch, getNumber } from '@weir/record';
import { WireError } from '../errors.ts';
import { V5_HEADER_BYTES, V5_RECORD_BYTES } from './v5.ts';

export interface Netflow5Header {
  /** The exporter's clock, ms since 1970. */
  readonly time: number;
  /** The exporter's uptime at that time, ms; wraps at 2^32. */
  readonly sysUptime: number;
  /** Flows sent before this message. */
  readonly sequence: number;
  /** Engine type in the high byte, engine id in the low. */
  readonly engine?: number;
  /** One packet in so many, up to 16,383; 0 says nothing. */
  readonly samplingInterval?: number;
}

/** Records a message holds by the format; more fit into a jumbo frame and some exporters send them. */
export const V5_MAX_RECORDS = 30;

/**
 * One message with rows [from, to) of the batch. Counters are the counted ones (`bytes_sampled`, `packets_sampled`), cut to 32 bits;
 * an IPv6 address becomes 0.0.0.0. Throws WireError `bad_message` for no rows or more than a UDP datagram holds.
 */
export function encodeNetflow5(batch: FlowBatch, from: number, to: number, header: Netflow5Header): Uint8Array {
  const count = to - from;
  const length = V5_HEADER_BYTES + count * V5_RECORD_BYTES;
  if (count < 1 || length > 65_507)
    throw new WireError('bad_message', `${count} records do not make a NetFlow v5 message`);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 5);
  view.setUint16(2, count);
  view.setUint32(4, header.sysUptime);
  view.setUint32(8, Math.floor(header.time / 1000));
  view.setUint32(12, (header.time % 1000) * 1e6);
  view.setUint32(16, header.sequence);
  view.setUint16(20, header.engine ?? 0);
  const interval = header.samplingInterval ?? 0;
  // Mode 1 is "packet interval", the only one there is.
  view.setUint16(22, interval === 0 ? 0 : 0x4000 | (interval & 0x3fff));
  for (let row = from, at = V5_HEADER_BYTES; row < to; row++, at += V5_RECORD_BYTES) {
    encodeRecord(batch, row, view, at, header.sysUptime - header.time);
  }
  return bytes;
}

function encodeRecord(batch: FlowBatch, row: number, view: DataView, at: number, uptimeOffset: number): void {
  view.setUint32(at, batch.core.src_addr[row * 4 + 3], true);
  view.setUint32(at + 4, batch.core.dst_addr[row * 4 + 3], true);
  view.setUint32(at + 8, batch.core.next_hop[row * 4 + 3], true);
  view.setUint16(at + 12, batch.core.in_if[row]);
  view.setUint16(at + 14, batch.core.out_if[row]);
  view.setUint32(at + 16, batch.core.packets_sampled[row * 2]);
  view.setUint32(at + 20, batch.core.bytes_sampled[row * 2]);
  view.setUint32(at + 24, getNumber(batch.core.time_start, row) + uptimeOffset);
  view.setUint32(at + 28, getNumber(batch.core.time_end, row) + uptimeOffset);
  view.setUint16(at + 32, batch.core.src_port[row]);
  // ICMP's type and code go where TCP and UDP have the destination port, as routers send them.
  const isIcmp = batch.core.proto[row] === 1;
  view.setUint16(
    at + 34,
    isIcmp ? (batch.core.icmp_type[row] << 8) | batch.core.icmp_code[row] : batch.core.dst_port[row],
  );
  view.setUint8(at + 37, batch.core.tcp_flags[row]);
  view.setUint8(at + 38, batch.core.proto[row]);
  const ecn = batch.has(FIELD.ecn) ? batch.use(FIELD.ecn)[row] : 0;
  view.setUint8(at + 39, (batch.core.dscp[row] << 2) | ecn);
  view.setUint16(at + 40, batch.core.src_as[row]);
  view.setUint16(at + 42, batch.core.dst_as[row]);
  view.setUint8(at + 44, batch.core.src_mask[row]);
  view.setUint8(at + 45, batch.core.dst_mask[row]);
}
