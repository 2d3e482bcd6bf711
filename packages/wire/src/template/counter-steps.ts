// Steps for counters. An exporter may send several counts of the same packets; they are never summed. Which one is a flow's is
// decided by the template, not by the values: a delta of zero means that nothing passed.
import { FIELD, type Field } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import { highWord, lowWord, type Run, type Step } from './run.ts';
import { lazily, scalarSteps } from './scalar.ts';

const WORD = 4294967296;

/** A counter as it came and its estimate of the truth. */
interface CounterPair {
  readonly counted: Field<'u64'>;
  readonly scaled: Field<'u64'>;
}

interface Counter extends CounterPair {
  /** The first of these that the template has. */
  readonly elements: readonly ElementKey[];
}

/**
 * Delta, then total, then after the middlebox, then initiator's or responder's (NSEL), then layer 2 where nothing else is: of all
 * packets, or the size of the one frame that the record is of (312, and 103 in NetFlow v9). Reverse: RFC 5103, then the responder's.
 */
const COUNTERS: readonly Counter[] = [
  { counted: FIELD.bytes_sampled, scaled: FIELD.bytes, elements: [1, 85, 23, 231, 352, 312, 103] },
  { counted: FIELD.packets_sampled, scaled: FIELD.packets, elements: [2, 86, 24, 298] },
  { counted: FIELD.rev_bytes_sampled, scaled: FIELD.rev_bytes, elements: ['29305/1', '29305/85', 232] },
  { counted: FIELD.rev_packets_sampled, scaled: FIELD.rev_packets, elements: ['29305/2', '29305/86', 299] },
  { counted: FIELD.bytes_l2, scaled: FIELD.bytes_l2, elements: [352, 312, 103] },
];

/** Columns of other counters take the first element of theirs that the template has; they are not scaled. */
const PLAIN: readonly Field<'u64'>[] = [
  FIELD.total_bytes,
  FIELD.total_packets,
  FIELD.rev_total_bytes,
  FIELD.rev_total_packets,
  FIELD.dropped_bytes,
  FIELD.dropped_packets,
];

/** Fields that this file fills, so that the plain derivation leaves them. */
export const COUNTER_FIELDS: ReadonlySet<string> = new Set(
  [...COUNTERS.flatMap(({ counted, scaled }) => [counted, scaled]), ...PLAIN].map((field) => field.name),
);

/** ingressUnicastPacketTotalCount: Open vSwitch sends it beside totals that are of the whole exporter, not of the flow. */
const EXPORTER_TOTALS = 354;

/** Whether an element of the template counts a flow's bytes. */
export function hasByteCounter(first: (key: ElementKey) => Slot | undefined): boolean {
  return COUNTERS[0].elements.some((element) => first(element) !== undefined);
}

/**
 * Steps that read the counters and scale them; the rate must be settled by then. A record of one packet (`ofPacket`) stands for one where
 * nothing counts packets, and its bytes are in `bytes_sampled` where nothing counts them.
 */
export function counterSteps(first: (key: ElementKey) => Slot | undefined, ofPacket: boolean): Step[] {
  const steps: Step[] = [];
  const firstOf = (elements: readonly ElementKey[]) => elements.map(first).find((slot) => slot !== undefined);
  const given = COUNTERS.flatMap((counter) => {
    const slot = firstOf(counter.elements);
    return slot === undefined ? [] : [{ ...counter, slot }];
  });
  const [one, other] = given;
  const pair =
    given.length >= 2 && other.counted === FIELD.packets_sampled ? flowCountersStep(one.slot, other.slot) : [];
  steps.push(...pair);
  for (const counter of given.slice(pair.length * 2)) {
    steps.push(lazily(counter.counted, [counter.slot], counterStep(counter)));
  }
  if (ofPacket) {
    if (!hasByteCounter(first)) steps.push(scaleBytesStep);
    if (!given.some(({ counted }) => counted === FIELD.packets_sampled)) steps.push(onePacketStep);
  }
  const totalsOfExporter = first(EXPORTER_TOTALS) !== undefined;
  for (const field of PLAIN) {
    const dropped = field === FIELD.dropped_bytes || field === FIELD.dropped_packets;
    if (totalsOfExporter && !dropped) continue;
    const slot = firstOf(field.elements);
    if (slot !== undefined) steps.push(...scalarSteps(field, [slot]));
  }
  return steps;
}

interface GivenCounter extends CounterPair {
  readonly slot: Slot;
}

/** Reads one counter, of any length. */
function counterStep({ counted, scaled, slot }: GivenCounter): Step {
  return (run) => {
    const column = run.batch.use(counted);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      column[row * 2] = lowWord(run, slot, record);
      column[row * 2 + 1] = highWord(run, slot, record);
    }
    scale(run, column, run.batch.use(scaled));
  };
}

/** Reads bytes and packets in one pass where both have 8 bytes or both 4, as nearly all exporters send them. */
function flowCountersStep(bytes: Slot, packets: Slot): Step[] {
  if (bytes.variable || packets.variable || bytes.length !== packets.length) return [];
  if (bytes.length === 8) return [u64CountersStep(bytes.offset, packets.offset)];
  return bytes.length === 4 ? [u32CountersStep(bytes.offset, packets.offset)] : [];
}

function u64CountersStep(bytesAt: number, packetsAt: number): Step {
  return (run) => {
    const { bytes, packets, bytes_sampled, packets_sampled } = run.batch.wide;
    const { view, stride, end } = run;
    for (let row = run.row, at = run.start; row < end; row++, at += stride) {
      const byteCount = view.getBigUint64(at + bytesAt);
      const packetCount = view.getBigUint64(at + packetsAt);
      bytes[row] = byteCount;
      packets[row] = packetCount;
      bytes_sampled[row] = byteCount;
      packets_sampled[row] = packetCount;
    }
    if (run.rate !== 1) scaleFlow(run);
  };
}

function u32CountersStep(bytesAt: number, packetsAt: number): Step {
  return (run) => {
    const { bytes, packets, bytes_sampled, packets_sampled } = run.batch.core;
    const { view, stride, end } = run;
    for (let row = run.row, at = run.start; row < end; row++, at += stride) {
      const byteCount = view.getUint32(at + bytesAt);
      const packetCount = view.getUint32(at + packetsAt);
      bytes[row * 2] = byteCount;
      packets[row * 2] = packetCount;
      bytes_sampled[row * 2] = byteCount;
      packets_sampled[row * 2] = packetCount;
    }
    if (run.rate !== 1) scaleFlow(run);
  };
}

function scaleBytesStep(run: Run): void {
  scale(run, run.batch.core.bytes_sampled, run.batch.core.bytes);
}

function onePacketStep(run: Run): void {
  const { packets, packets_sampled } = run.batch.core;
  for (let row = run.row; row < run.end; row++) packets_sampled[row * 2] = 1;
  scale(run, packets_sampled, packets);
}

function scaleFlow(run: Run): void {
  const { bytes, packets, bytes_sampled, packets_sampled } = run.batch.core;
  scale(run, bytes_sampled, bytes);
  scale(run, packets_sampled, packets);
}

function scale(run: Run, counted: Uint32Array, scaled: Uint32Array): void {
  for (let row = run.row; row < run.end; row++) writeScaled(run, counted, scaled, row);
}

/** Exact while the product is below 2^53; above, an estimate as the whole is; never past 64 bits. */
function writeScaled(run: Run, counted: Uint32Array, scaled: Uint32Array, row: number): void {
  const rate = run.rate > 0 ? run.rate : run.batch.core.sampling_rate[row];
  const low = counted[row * 2];
  const high = counted[row * 2 + 1];
  if (rate <= 1) {
    scaled[row * 2] = low;
    scaled[row * 2 + 1] = high;
    return;
  }
  const product = (high * WORD + low) * rate;
  const full = product >= WORD * WORD;
  scaled[row * 2] = full ? WORD - 1 : product;
  scaled[row * 2 + 1] = full ? WORD - 1 : product / WORD;
}
