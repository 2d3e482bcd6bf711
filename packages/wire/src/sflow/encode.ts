// Makes sFlow version 5 datagrams, from explicit samples or from rows of a FlowBatch: for the demo, tests and benchmarks.
import { DIRECTION, type FlowBatch, getNumber } from '@weir/record';
import { buildPacket } from '../packet/build.ts';
import { HEADER_PROTOCOL } from '../packet/dissect.ts';
import { COUNTER_RECORD, FLOW_RECORD, SAMPLE, SFLOW_VERSION } from './format.ts';
import { XdrWriter } from './xdr.ts';

export interface SflowHeader {
  /** Four words, as in columns (`parseAddress`). */
  readonly agent: Uint32Array;
  readonly subAgent: number;
  readonly sequence: number;
  /** Milliseconds since the agent started. */
  readonly uptime: number;
}

/** A flow or counter record of any format, its data already in XDR. */
export interface SflowRecord {
  readonly format: number;
  readonly data: Uint8Array;
}

export interface SflowFlowSample {
  readonly kind: 'flow';
  /** Expanded form: interfaces and sources beyond 30 and 24 bits. */
  readonly expanded?: boolean;
  readonly sequence: number;
  readonly source: { readonly class: number; readonly index: number };
  readonly samplingRate: number;
  readonly samplePool: number;
  readonly drops: number;
  /** Format and value; a plain number is an ifIndex. */
  readonly input: number | { readonly format: number; readonly value: number };
  readonly output: number | { readonly format: number; readonly value: number };
  readonly records: readonly SflowRecord[];
}

export interface SflowCounterSample {
  readonly kind: 'counter';
  readonly sequence: number;
  readonly source: { readonly class: number; readonly index: number };
  readonly records: readonly SflowRecord[];
}

export interface SflowDiscardedSample {
  readonly kind: 'discarded';
  readonly sequence: number;
  readonly source: { readonly class: number; readonly index: number };
  readonly drops: number;
  readonly input: number;
  readonly output: number;
  readonly reason: number;
  readonly records: readonly SflowRecord[];
}

export type SflowSample = SflowFlowSample | SflowCounterSample | SflowDiscardedSample;

/** Writes a datagram of the samples given. The caller keeps it within the path's MTU. */
export function encodeSflowDatagram(header: SflowHeader, samples: readonly SflowSample[]): Uint8Array<ArrayBuffer> {
  const out = new XdrWriter();
  out.u32(SFLOW_VERSION);
  out.address(header.agent);
  out.u32(header.subAgent);
  out.u32(header.sequence);
  out.u32(header.uptime);
  out.u32(samples.length);
  for (const sample of samples) {
    if (sample.kind === 'flow') writeFlowSample(out, sample);
    else if (sample.kind === 'counter') {
      out.u32(SAMPLE.counter);
      out.sized(() => {
        out.u32(sample.sequence);
        out.u32((sample.source.class << 24) | (sample.source.index & 0xffffff));
        writeRecords(out, sample.records);
      });
    } else {
      out.u32(SAMPLE.discarded);
      out.sized(() => {
        out.u32(sample.sequence);
        out.u32(sample.source.class);
        out.u32(sample.source.index);
        out.u32(sample.drops);
        out.u32(sample.input);
        out.u32(sample.output);
        out.u32(sample.reason);
        writeRecords(out, sample.records);
      });
    }
  }
  return out.finish();
}

function writeFlowSample(out: XdrWriter, sample: SflowFlowSample): void {
  const input = typeof sample.input === 'number' ? { format: 0, value: sample.input } : sample.input;
  const output = typeof sample.output === 'number' ? { format: 0, value: sample.output } : sample.output;
  const expanded = sample.expanded === true;
  out.u32(expanded ? SAMPLE.flowExpanded : SAMPLE.flow);
  out.sized(() => {
    out.u32(sample.sequence);
    if (expanded) {
      out.u32(sample.source.class);
      out.u32(sample.source.index);
    } else out.u32((sample.source.class << 24) | (sample.source.index & 0xffffff));
    out.u32(sample.samplingRate);
    out.u32(sample.samplePool);
    out.u32(sample.drops);
    for (const { format, value } of [input, output]) {
      if (expanded) {
        out.u32(format);
        out.u32(value);
      } else out.u32((format << 30) | (value & 0x3fffffff));
    }
    writeRecords(out, sample.records);
  });
}

function writeRecords(out: XdrWriter, records: readonly SflowRecord[]): void {
  out.u32(records.length);
  for (const { format, data } of records) {
    out.u32(format);
    out.sized(() => out.opaque(data));
  }
}

function record(format: number, body: (out: XdrWriter) => void): SflowRecord {
  const out = new XdrWriter();
  body(out);
  return { format, data: out.finish() };
}

/** The sampled header: `frameBytes` with FCS, `stripped` what is missing from it at both ends (4: the FCS). */
export function headerRecord(
  header: Uint8Array,
  frameBytes: number,
  stripped = 4,
  protocol: number = HEADER_PROTOCOL.ethernet,
): SflowRecord {
  return record(FLOW_RECORD.header, (out) => {
    out.u32(protocol);
    out.u32(frameBytes);
    out.u32(stripped);
    out.u32(header.length);
    out.opaque(header);
  });
}

/** Generic interface counters (RFC 2863): what is not given is zero. */
export function interfaceCountersRecord(counters: {
  readonly ifIndex: number;
  readonly ifType?: number;
  /** Bits a second. */
  readonly speed: number;
  readonly inBytes?: number;
  readonly inPackets?: number;
  readonly outBytes?: number;
  readonly outPackets?: number;
}): SflowRecord {
  return record(COUNTER_RECORD.generic, (out) => {
    out.u32(counters.ifIndex);
    out.u32(counters.ifType ?? 6);
    out.u64(counters.speed);
    // Full duplex; administratively and operationally up.
    out.u32(1);
    out.u32(3);
    for (const [bytes, packets, more] of [
      [counters.inBytes, counters.inPackets, 5],
      [counters.outBytes, counters.outPackets, 4],
    ]) {
      out.u64(bytes ?? 0);
      out.u32(packets ?? 0);
      for (let i = 0; i < (more ?? 0); i++) out.u32(0);
    }
    out.u32(0);
  });
}

export function portNameRecord(name: string): SflowRecord {
  const bytes = new TextEncoder().encode(name);
  return record(COUNTER_RECORD.portName, (out) => {
    out.u32(bytes.length);
    out.opaque(bytes);
  });
}

export interface SflowOptions extends SflowHeader {
  /** Bytes of each packet to send; what switches send by default. */
  readonly headerBytes?: number;
  /** Sequence number of the first flow sample; each row takes the next. */
  readonly sampleSequence?: number;
  readonly expanded?: boolean;
}

/** Ethernet frame check sequence. */
const FCS_BYTES = 4;
const scratch = new Uint8Array(512);

/**
 * A datagram with a flow sample for each of the rows `[from, to)`. A row is one sampled packet: `bytes_sampled` is the length of its IP
 * packet, `sampling_rate` its rate; addresses, ports, flags, MACs, VLANs, interfaces and the tunnel are taken from their columns.
 * About 190 bytes a row: seven rows fit an MTU of 1,500.
 */
export function encodeSflow(
  batch: FlowBatch,
  from: number,
  to: number,
  options: SflowOptions,
): Uint8Array<ArrayBuffer> {
  const samples: SflowSample[] = [];
  const limit = Math.min(options.headerBytes ?? 128, scratch.length);
  const rates = batch.core.sampling_rate;
  const directions = batch.core.direction;
  for (let row = from; row < to; row++) {
    const built = buildPacket(batch, row, getNumber(batch.core.bytes_sampled, row), scratch, 0, limit);
    const input = batch.core.in_if[row];
    const output = batch.core.out_if[row];
    const rate = rates[row];
    const sequence = (options.sampleSequence ?? 1) + row - from;
    samples.push({
      kind: 'flow',
      ...(options.expanded === undefined ? {} : { expanded: options.expanded }),
      sequence,
      source: { class: 0, index: directions[row] === DIRECTION.egress ? output : input },
      samplingRate: rate,
      samplePool: (sequence * rate) >>> 0,
      drops: 0,
      input,
      output,
      records: [headerRecord(scratch.slice(0, built.headerBytes), built.frameBytes + FCS_BYTES, FCS_BYTES)],
    });
  }
  return encodeSflowDatagram(options, samples);
}
