// Flow samples, compact and expanded, and discarded packet notifications: one row each.
//
// Bytes: `bytes` counts from the innermost IP header on (its total length), which is what NetFlow counts and what the row's addresses
// exchanged; padding of short frames and tunnel headers are not in it. `bytes_l2` counts whole frames with the FCS, as sFlow gives them.
// Packets that are not IP have their frame length in both. Both are scaled by the sample's rate.
import { FIELD, isAbsent, QUALITY, RECORD_TYPE, SAMPLING_SOURCE, SOURCE } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import type { Packet } from '../packet/packet.ts';
import { dropReasonName, INTERFACE_FORMAT, INTERFACE_VALUE_MASK, SOURCE_CLASS_IF_INDEX } from './format.ts';
import { type FlowRecords, readFlowRecords } from './records.ts';
import type { SubAgent } from './sub-agent.ts';

const WORD = 4294967296;
const DIRECTION_INGRESS = 1;
const DIRECTION_EGRESS = 2;

/** What the samples of a datagram share. One object, reused. */
export interface SampleContext {
  readonly packet: Packet;
  message: MessageContext;
  subAgent: SubAgent | undefined;
  domain: number;
  sequence: number;
  quality: number;
}

const records: FlowRecords = { frameBytes: 0, ipBytes: 0, sawHeader: false, dropReasonGiven: false };

/** False where a length or count does not fit. */
export function readFlowSample(
  context: SampleContext,
  view: DataView,
  start: number,
  end: number,
  expanded: boolean,
): boolean {
  if (end - start < (expanded ? 44 : 32)) return false;
  let sourceClass: number;
  let sourceIndex: number;
  let at: number;
  let inFormat: number;
  let inValue: number;
  let outFormat: number;
  let outValue: number;
  if (expanded) {
    sourceClass = view.getUint32(start + 4);
    sourceIndex = view.getUint32(start + 8);
    at = start + 12;
    inFormat = view.getUint32(at + 12);
    inValue = view.getUint32(at + 16);
    outFormat = view.getUint32(at + 20);
    outValue = view.getUint32(at + 24);
  } else {
    const source = view.getUint32(start + 4);
    sourceClass = source >>> 24;
    sourceIndex = source & 0xffffff;
    at = start + 8;
    const input = view.getUint32(at + 12);
    const output = view.getUint32(at + 16);
    inFormat = input >>> 30;
    inValue = input & INTERFACE_VALUE_MASK;
    outFormat = output >>> 30;
    outValue = output & INTERFACE_VALUE_MASK;
  }
  const givenRate = view.getUint32(at);
  const recordsAt = start + (expanded ? 40 : 28);

  const { packet, message } = context;
  const { batch } = packet;
  const row = batch.length;
  packet.begin(row);
  if (!readFlowRecords(context.packet, message.strings, view, recordsAt, end, records)) return false;

  const configured = message.configuredSampling ?? 0;
  const rate = givenRate > 0 ? givenRate : configured;
  batch.core.sampling_rate[row] = rate;
  batch.core.sampling_source[row] =
    givenRate > 0 ? SAMPLING_SOURCE.record : configured > 0 ? SAMPLING_SOURCE.configured : SAMPLING_SOURCE.none;
  if (rate === 0) packet.quality |= QUALITY.no_sampling_rate;
  context.subAgent?.noteSampling(((sourceClass << 24) | (sourceIndex & 0xffffff)) >>> 0, givenRate);

  const scale = rate > 0 ? rate : 1;
  const bytes = batch.core.bytes;
  const packets = batch.core.packets;
  const ipBytes = records.ipBytes * scale;
  bytes[row * 2] = ipBytes;
  bytes[row * 2 + 1] = ipBytes / WORD;
  packets[row * 2] = scale;
  if (packet.detail) {
    const layer2 = batch.use(FIELD.bytes_l2);
    const frameBytes = records.frameBytes * scale;
    layer2[row * 2] = frameBytes;
    layer2[row * 2 + 1] = frameBytes / WORD;
  }

  const inIf = inFormat === INTERFACE_FORMAT.index ? inValue : 0;
  const outIf = outFormat === INTERFACE_FORMAT.index ? outValue : 0;
  batch.core.in_if[row] = inIf;
  batch.core.out_if[row] = outIf;
  if (sourceClass === SOURCE_CLASS_IF_INDEX && sourceIndex !== 0 && inIf !== outIf) {
    if (sourceIndex === inIf) batch.core.direction[row] = DIRECTION_INGRESS;
    else if (sourceIndex === outIf) batch.core.direction[row] = DIRECTION_EGRESS;
  }
  if (outFormat === INTERFACE_FORMAT.discarded) writeDrop(context, row, scale, outValue);
  finish(context, row);
  return true;
}

/**
 * A packet that the agent saw dropped. Every drop is reported, up to a rate limit, so nothing is scaled; the packet may have been
 * sampled as well, so `bytes` and `packets` stay zero and only the `dropped_` counters count it.
 */
export function readDiscardedSample(context: SampleContext, view: DataView, start: number, end: number): boolean {
  if (end - start < 32) return false;
  const { packet, message } = context;
  const { batch } = packet;
  const row = batch.length;
  packet.begin(row);
  if (!readFlowRecords(packet, message.strings, view, start + 28, end, records)) return false;
  batch.core.in_if[row] = view.getUint32(start + 16);
  batch.core.out_if[row] = view.getUint32(start + 20);
  batch.use(FIELD.record_type)[row] = RECORD_TYPE.drop_sample;
  writeDrop(context, row, 1, view.getUint32(start + 24));
  finish(context, row);
  return true;
}

function writeDrop(context: SampleContext, row: number, scale: number, reason: number): void {
  const { batch } = context.packet;
  const dropped = records.ipBytes * scale;
  const bytes = batch.use(FIELD.dropped_bytes);
  bytes[row * 2] = dropped;
  bytes[row * 2 + 1] = dropped / WORD;
  batch.use(FIELD.dropped_packets)[row * 2] = scale;
  if (records.dropReasonGiven) return;
  const key = context.message.strings.intern(dropReasonName(reason));
  const column = batch.use(FIELD.drop_reason);
  column[row * 2] = key.lo;
  column[row * 2 + 1] = key.hi;
}

/** What all rows have. Takes the row in. */
function finish(context: SampleContext, row: number): void {
  const { packet, message } = context;
  const { batch } = packet;
  const two = row * 2;
  const bytesSampled = batch.core.bytes_sampled;
  bytesSampled[two] = records.ipBytes;
  batch.core.packets_sampled[two] = 1;

  const low = message.timeReceived >>> 0;
  const high = (message.timeReceived / WORD) >>> 0;
  const received = batch.core.time_received;
  const start = batch.core.time_start;
  const end = batch.core.time_end;
  received[two] = start[two] = end[two] = low;
  received[two + 1] = start[two + 1] = end[two + 1] = high;
  const exporter = batch.core.exporter;
  exporter[two] = message.exporter.key.lo;
  exporter[two + 1] = message.exporter.key.hi;
  batch.core.source[row] = SOURCE.sflow5;
  batch.core.observation_domain[row] = context.domain;
  if (message.provenance === true) batch.use(FIELD.sequence)[row] = context.sequence;

  let quality = packet.quality | context.quality;
  if (isAbsent(packet.srcAddr, row * 4) && isAbsent(packet.dstAddr, row * 4)) quality |= QUALITY.address_unknown;
  batch.core.quality[row] = quality;
  batch.length = row + 1;
}
