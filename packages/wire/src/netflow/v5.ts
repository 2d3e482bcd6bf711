// NetFlow v5: a 24-byte header and up to 30 records of 48 bytes, all fixed. The layout is Cisco's "NetFlow Export Datagram
// Formats", version 5. Sequence numbers count flows.
import { FIELD, type FlowBatch, IPV4_MAPPED_WORD, QUALITY, SAMPLING_SOURCE, SOURCE } from '@weir/record';
import { referenceClock, skewBit } from '../clock.ts';
import type { MessageContext, Outcome } from '../decoder.ts';
import type { Exporter } from '../exporter.ts';
import { viewOf } from '../view.ts';
import { netflow5State } from './v5-state.ts';

export const V5_HEADER_BYTES = 24;
export const V5_RECORD_BYTES = 48;

const WORD = 4294967296;
const ICMP = 1;

/** Decodes one NetFlow v5 message. A count that the datagram cannot hold, or none, refuses the whole message. */
export function decodeNetflow5(
  data: Uint8Array,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
): Outcome {
  if (end - start < V5_HEADER_BYTES) return 'malformed';
  const view = viewOf(data);
  const count = view.getUint16(start + 2);
  // The format allows 30; some exporters pack more into a jumbo frame. The datagram's length is the bound.
  if (count === 0 || V5_HEADER_BYTES + count * V5_RECORD_BYTES > end - start) return 'malformed';

  const uptime = view.getUint32(start + 4);
  const exported = view.getUint32(start + 8) * 1000 + Math.floor(view.getUint32(start + 12) / 1e6);
  const domain = view.getUint16(start + 20);
  const { exporter, timeReceived } = context;
  const engine = netflow5State(context).engine(domain);
  const gap = engine?.sequence.advance(view.getUint32(start + 16), count) ?? 0;

  // Two bits of mode, fourteen of interval. Zero: unknown, the counters stand as they came.
  const interval = view.getUint16(start + 22) & 0x3fff;
  if (engine !== undefined) engine.sampling = interval;
  const configured = context.configuredSampling ?? 0;
  const rate = interval > 0 ? interval : configured;
  const rateSource =
    interval > 0 ? SAMPLING_SOURCE.header : configured > 0 ? SAMPLING_SOURCE.configured : SAMPLING_SOURCE.none;
  const quality =
    QUALITY.as_given |
    skewBit(exported, timeReceived) |
    (rate > 0 ? 0 : QUALITY.no_sampling_rate) |
    (gap > 0 ? QUALITY.after_sequence_gap : 0);

  readRecords(
    view,
    start + V5_HEADER_BYTES,
    count,
    batch,
    uptime,
    referenceClock(exported, timeReceived),
    rate,
    quality,
  );
  fillConstants(batch, count, timeReceived, exporter, domain, rate, rateSource);
  batch.length += count;
  return 'decoded';
}

/** What is the same for all records of a message. */
function fillConstants(
  batch: FlowBatch,
  count: number,
  timeReceived: number,
  exporter: Exporter,
  domain: number,
  rate: number,
  rateSource: number,
): void {
  const received = batch.core.time_received;
  const key = batch.core.exporter;
  const source = batch.core.source;
  const observationDomain = batch.core.observation_domain;
  const samplingRate = batch.core.sampling_rate;
  const samplingSource = batch.core.sampling_source;
  const receivedLow = timeReceived >>> 0;
  const receivedHigh = (timeReceived / WORD) >>> 0;
  const { lo, hi } = exporter.key;
  for (let row = batch.length, end = row + count; row < end; row++) {
    received[row * 2] = receivedLow;
    received[row * 2 + 1] = receivedHigh;
    key[row * 2] = lo;
    key[row * 2 + 1] = hi;
    source[row] = SOURCE.netflow5;
    observationDomain[row] = domain;
    samplingRate[row] = rate;
    samplingSource[row] = rateSource;
  }
}

function readRecords(
  view: DataView,
  first: number,
  count: number,
  batch: FlowBatch,
  uptime: number,
  exported: number,
  rate: number,
  messageQuality: number,
): void {
  const srcAddr = batch.core.src_addr;
  const dstAddr = batch.core.dst_addr;
  const nextHop = batch.core.next_hop;
  const inIf = batch.core.in_if;
  const outIf = batch.core.out_if;
  const packets = batch.core.packets;
  const bytes = batch.core.bytes;
  const packetsSampled = batch.core.packets_sampled;
  const bytesSampled = batch.core.bytes_sampled;
  const timeStart = batch.core.time_start;
  const timeEnd = batch.core.time_end;
  const srcPort = batch.core.src_port;
  const dstPort = batch.core.dst_port;
  const tcpFlags = batch.core.tcp_flags;
  const proto = batch.core.proto;
  const dscp = batch.core.dscp;
  const srcAs = batch.core.src_as;
  const dstAs = batch.core.dst_as;
  const srcMask = batch.core.src_mask;
  const dstMask = batch.core.dst_mask;
  const quality = batch.core.quality;
  const icmpType = batch.core.icmp_type;
  const icmpCode = batch.core.icmp_code;
  let ecnSeen = 0;
  const scaled = rate > 1;
  // exported − ago as two words: the low words are subtracted and the borrow carried, which stays in 32-bit arithmetic's range.
  const exportedHigh = Math.floor(exported / WORD);
  const exportedLow = exported - exportedHigh * WORD;

  for (let i = 0, at = first, row = batch.length; i < count; i++, at += V5_RECORD_BYTES, row++) {
    const two = row * 2;
    const four = row * 4;
    srcAddr[four + 2] = IPV4_MAPPED_WORD;
    srcAddr[four + 3] = view.getUint32(at, true);
    dstAddr[four + 2] = IPV4_MAPPED_WORD;
    dstAddr[four + 3] = view.getUint32(at + 4, true);
    const hop = view.getUint32(at + 8, true);
    nextHop[four + 2] = hop === 0 ? 0 : IPV4_MAPPED_WORD;
    nextHop[four + 3] = hop;
    inIf[row] = view.getUint16(at + 12);
    outIf[row] = view.getUint16(at + 14);
    const packetCount = view.getUint32(at + 16);
    const byteCount = view.getUint32(at + 20);
    packetsSampled[two] = packetCount;
    bytesSampled[two] = byteCount;
    if (scaled) {
      const allPackets = packetCount * rate;
      const allBytes = byteCount * rate;
      packets[two] = allPackets;
      packets[two + 1] = allPackets / WORD;
      bytes[two] = allBytes;
      bytes[two + 1] = allBytes / WORD;
    } else {
      packets[two] = packetCount;
      bytes[two] = byteCount;
    }
    let low = exportedLow - ((uptime - view.getUint32(at + 24)) | 0);
    timeStart[two] = low;
    timeStart[two + 1] = low < 0 ? exportedHigh - 1 : low >= WORD ? exportedHigh + 1 : exportedHigh;
    low = exportedLow - ((uptime - view.getUint32(at + 28)) | 0);
    timeEnd[two] = low;
    timeEnd[two + 1] = low < 0 ? exportedHigh - 1 : low >= WORD ? exportedHigh + 1 : exportedHigh;
    srcPort[row] = view.getUint16(at + 32);
    const port = view.getUint16(at + 34);
    dstPort[row] = port;
    tcpFlags[row] = view.getUint8(at + 37);
    const protocol = view.getUint8(at + 38);
    proto[row] = protocol;
    const tos = view.getUint8(at + 39);
    dscp[row] = tos >> 2;
    ecnSeen |= tos;
    srcAs[row] = view.getUint16(at + 40);
    dstAs[row] = view.getUint16(at + 42);
    srcMask[row] = view.getUint8(at + 44);
    dstMask[row] = view.getUint8(at + 45);
    if (protocol === ICMP) {
      // Exporters put type and code into the destination port, which is kept as it came.
      icmpType[row] = port >> 8;
      icmpCode[row] = port;
      quality[row] = messageQuality | QUALITY.icmp_given;
    } else quality[row] = messageQuality;
  }
  if ((ecnSeen & 3) !== 0) readEcn(view, first, count, batch);
}

/** ECN is a rare column: it is part of the batch only when a record has some. */
function readEcn(view: DataView, first: number, count: number, batch: FlowBatch): void {
  const ecn = batch.use(FIELD.ecn);
  for (let i = 0; i < count; i++) ecn[batch.length + i] = view.getUint8(first + i * V5_RECORD_BYTES + 39) & 3;
}
