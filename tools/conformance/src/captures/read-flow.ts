// The part of a flow that Weir and tshark both read, and Weir's reading of it.
import { FIELD, type FlowBatch, formatAddress, getNumber } from '@weir/record';

/** Absent where the reader found none. Addresses as text, counters as the exporter counted, not scaled by sampling. */
export interface ReadFlow {
  readonly src_addr?: string;
  readonly dst_addr?: string;
  readonly src_port?: number;
  readonly dst_port?: number;
  readonly icmp_type?: number;
  readonly icmp_code?: number;
  readonly proto?: number;
  readonly bytes?: number;
  readonly packets?: number;
}

export const COMPARED = [
  'src_addr',
  'dst_addr',
  'src_port',
  'dst_port',
  'icmp_type',
  'icmp_code',
  'proto',
  'bytes',
  'packets',
] as const;

const ICMP: readonly (number | undefined)[] = [1, 58];

/**
 * A reading of elements as they are, without ports for ICMP: what stands in them is the type and the code, unless the record has those
 * in elements of their own.
 */
export function withoutIcmpPorts(flow: ReadFlow): ReadFlow {
  if (!ICMP.includes(flow.proto)) return flow;
  const { src_port: _, dst_port: both, icmp_type: type, icmp_code: code, ...rest } = flow;
  const given = type !== undefined || code !== undefined || both === undefined;
  return { ...rest, icmp_type: given ? (type ?? 0) : both >> 8, icmp_code: given ? (code ?? 0) : both & 0xff };
}

/** One row of a batch. Weir's absent values are zeros; they are given as they are. */
export function readRow(batch: FlowBatch, row: number): Required<ReadFlow> {
  return {
    src_addr: formatAddress(batch.use(FIELD.src_addr), row * 4),
    dst_addr: formatAddress(batch.use(FIELD.dst_addr), row * 4),
    src_port: batch.use(FIELD.src_port)[row],
    dst_port: batch.use(FIELD.dst_port)[row],
    icmp_type: batch.use(FIELD.icmp_type)[row],
    icmp_code: batch.use(FIELD.icmp_code)[row],
    proto: batch.use(FIELD.proto)[row],
    bytes: getNumber(batch.use(FIELD.bytes_sampled), row),
    packets: getNumber(batch.use(FIELD.packets_sampled), row),
  };
}
