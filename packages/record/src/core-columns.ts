// The columns that every batch has, by name. Decoders read a dozen of them in each of a message's passes: the objects below are written
// out, so that the engine gives all of them one shape and a column costs a load, where a look-up by field costs some thirty
// instructions. A test holds them to the catalogue.
import { FIELD, type Field } from './fields.ts';
import type { ScalarArray, ScalarKind } from './kinds.ts';

/** Kinds of 8 bytes that are copied whole. */
export type WideKind = 'u64' | 'time' | 'key';

/** `take` answers a field's column. */
export function coreColumns(take: <K extends ScalarKind>(field: Field<K>) => ScalarArray<K>) {
  return {
    time_received: take(FIELD.time_received),
    time_start: take(FIELD.time_start),
    time_end: take(FIELD.time_end),
    source: take(FIELD.source),
    exporter: take(FIELD.exporter),
    observation_domain: take(FIELD.observation_domain),
    quality: take(FIELD.quality),
    flow_id: take(FIELD.flow_id),
    src_addr: take(FIELD.src_addr),
    dst_addr: take(FIELD.dst_addr),
    src_port: take(FIELD.src_port),
    dst_port: take(FIELD.dst_port),
    proto: take(FIELD.proto),
    tcp_flags: take(FIELD.tcp_flags),
    dscp: take(FIELD.dscp),
    icmp_type: take(FIELD.icmp_type),
    icmp_code: take(FIELD.icmp_code),
    src_mask: take(FIELD.src_mask),
    dst_mask: take(FIELD.dst_mask),
    next_hop: take(FIELD.next_hop),
    src_as: take(FIELD.src_as),
    dst_as: take(FIELD.dst_as),
    in_if: take(FIELD.in_if),
    out_if: take(FIELD.out_if),
    direction: take(FIELD.direction),
    bytes: take(FIELD.bytes),
    packets: take(FIELD.packets),
    bytes_sampled: take(FIELD.bytes_sampled),
    packets_sampled: take(FIELD.packets_sampled),
    sampling_rate: take(FIELD.sampling_rate),
    sampling_source: take(FIELD.sampling_source),
    end_reason: take(FIELD.end_reason),
    src_entity: take(FIELD.src_entity),
    dst_entity: take(FIELD.dst_entity),
    service: take(FIELD.service),
    client_side: take(FIELD.client_side),
    client_evidence: take(FIELD.client_evidence),
    flow_type: take(FIELD.flow_type),
    src_country: take(FIELD.src_country),
    dst_country: take(FIELD.dst_country),
  };
}

/** The same columns of 8 bytes a row as 64-bit numbers; see FlowBatch.useWide. */
export function wideColumns(take: (field: Field<WideKind>) => BigUint64Array<ArrayBuffer>) {
  return {
    time_received: take(FIELD.time_received),
    time_start: take(FIELD.time_start),
    time_end: take(FIELD.time_end),
    exporter: take(FIELD.exporter),
    flow_id: take(FIELD.flow_id),
    bytes: take(FIELD.bytes),
    packets: take(FIELD.packets),
    bytes_sampled: take(FIELD.bytes_sampled),
    packets_sampled: take(FIELD.packets_sampled),
    src_entity: take(FIELD.src_entity),
    dst_entity: take(FIELD.dst_entity),
    service: take(FIELD.service),
  };
}
