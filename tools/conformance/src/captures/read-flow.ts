// The part of a flow that Weir and tshark both read, and Weir's reading of it.
import { FIELD, type FlowBatch, formatAddress, getNumber } from '@weir/record';

/** Absent where the reader found none. Addresses as text, counters as the exporter counted, not scaled by sampling. */
export interface ReadFlow {
  readonly src_addr?: string;
  readonly dst_addr?: string;
  readonly src_port?: number;
  readonly dst_port?: number;
  readonly proto?: number;
  readonly bytes?: number;
  readonly packets?: number;
}

export const COMPARED = ['src_addr', 'dst_addr', 'src_port', 'dst_port', 'proto', 'bytes', 'packets'] as const;

/** One row of a batch. Weir's absent values are zeros; they are given as they are. */
export function readRow(batch: FlowBatch, row: number): Required<ReadFlow> {
  return {
    src_addr: formatAddress(batch.use(FIELD.src_addr), row * 4),
    dst_addr: formatAddress(batch.use(FIELD.dst_addr), row * 4),
    src_port: batch.use(FIELD.src_port)[row],
    dst_port: batch.use(FIELD.dst_port)[row],
    proto: batch.use(FIELD.proto)[row],
    bytes: getNumber(batch.use(FIELD.bytes_sampled), row),
    packets: getNumber(batch.use(FIELD.packets_sampled), row),
  };
}
