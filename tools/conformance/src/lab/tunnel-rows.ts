// What Weir makes of recorded exports, as far as it concerns tunnels.
import { FIELD, type Field, FlowBatch, formatAddress, getNumber, parseAddress } from '@weir/record';
import { Decoder } from '@weir/wire';
import type { SentMessage } from '../captures/decode.ts';

export interface TunnelRow {
  /** Address that the message came from. */
  readonly from: string;
  readonly direction: number;
  readonly src_addr: string;
  readonly dst_addr: string;
  readonly bytes: number;
  readonly packets: number;
  readonly bytes_l2: number;
  readonly tunnel: {
    readonly tunnel_type: number;
    readonly tunnel_id: number;
    readonly outer_src_addr: string;
    readonly outer_dst_addr: string;
    readonly outer_dst_port: number;
    readonly outer_proto: number;
  };
}

export function readTunnelRows(messages: readonly SentMessage[]): TunnelRow[] {
  const decoder = new Decoder();
  const batch = new FlowBatch(4096);
  const rows: TunnelRow[] = [];
  for (const { from, data } of messages) {
    batch.clear();
    decoder.decode(data, 0, data.length, parseAddress(from), 0, Date.now(), batch);
    for (let row = 0; row < batch.length; row++) rows.push(readRow(from, batch, row));
  }
  return rows;
}

function readRow(from: string, batch: FlowBatch, row: number): TunnelRow {
  const small = (field: Field<'u8'> | Field<'u16'>): number => (batch.has(field) ? batch.use(field)[row] : 0);
  const large = (field: Field<'u64'>): number => (batch.has(field) ? getNumber(batch.use(field), row) : 0);
  const address = (field: Field<'addr'>): string => (batch.has(field) ? formatAddress(batch.use(field), row * 4) : '');
  return {
    from,
    direction: small(FIELD.direction),
    src_addr: address(FIELD.src_addr),
    dst_addr: address(FIELD.dst_addr),
    bytes: large(FIELD.bytes),
    packets: large(FIELD.packets),
    bytes_l2: large(FIELD.bytes_l2),
    tunnel: {
      tunnel_type: small(FIELD.tunnel_type),
      tunnel_id: large(FIELD.tunnel_id),
      outer_src_addr: address(FIELD.outer_src_addr),
      outer_dst_addr: address(FIELD.outer_dst_addr),
      outer_dst_port: small(FIELD.outer_dst_port),
      outer_proto: small(FIELD.outer_proto),
    },
  };
}
