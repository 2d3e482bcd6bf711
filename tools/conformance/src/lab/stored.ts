// What the store has of a stream, asked of the running Weir by its API.
import type { Weir } from '../system/weir.ts';
import { type Measured, type Sums, sumKey } from './agreement.ts';
import type { Stream } from './observation.ts';

interface TopAnswer<Key> {
  readonly rows: readonly { readonly key: Key; readonly values: Measured }[];
}

async function top<Key>(weir: Weir, stream: Stream, by: readonly string[]): Promise<TopAnswer<Key>['rows']> {
  const filters = [
    `exporter_address = "${stream.exporter}"`,
    `source = ${stream.source}`,
    ...(stream.direction === undefined ? [] : [`direction = ${stream.direction}`]),
  ];
  const query = new URLSearchParams({
    from: 'now-1h',
    to: 'now',
    by: by.join(','),
    metrics: 'bytes,packets',
    limit: '100',
    filter: filters.join(' and '),
  });
  return (await weir.ask<TopAnswer<Key>>(`/api/v1/top?${query}`)).rows;
}

/** Sums of all rows. */
export async function storedSums(weir: Weir, stream: Stream): Promise<Sums> {
  type Key = { readonly src_addr: string; readonly dst_addr: string; readonly proto: number };
  const rows = await top<Key>(weir, stream, ['src_addr', 'dst_addr', 'proto']);
  return new Map(rows.map(({ key, values }) => [sumKey(key.src_addr, key.dst_addr, key.proto), values]));
}

/** A stored row of a packet, as the API gives it: ids of 64 bits as text, what is absent left out. */
export interface SampledRow {
  readonly src_addr: string;
  readonly dst_addr: string;
  readonly bytes: number;
  readonly bytes_l2: number;
  readonly sampling_rate: number;
  readonly tunnel_type?: number;
  readonly tunnel_id?: string;
  readonly outer_src_addr?: string;
  readonly outer_dst_addr?: string;
  readonly outer_src_port?: number;
  readonly outer_dst_port?: number;
  readonly outer_proto?: number;
}

/** Rows of what was sent between two addresses, a hundred at most. */
export async function storedSamples(weir: Weir, stream: Stream, [one, other]: readonly string[]) {
  const query = new URLSearchParams({
    from: 'now-1h',
    to: 'now',
    limit: '100',
    filter: `exporter_address = "${stream.exporter}" and source = ${stream.source} and src_addr in ("${one}", "${other}") and dst_addr in ("${one}", "${other}")`,
  });
  return (await weir.ask<{ readonly flows: readonly SampledRow[] }>(`/api/v1/flows?${query}`)).flows;
}
