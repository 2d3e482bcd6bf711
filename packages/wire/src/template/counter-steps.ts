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
 * Delta, then total, then after the middlebox, then initiator's or responder's (NSEL), then layer 2 where nothing else is. Reverse:
 * RFC 5103, then the responder's.
 */
const COUNTERS: readonly Counter[] = [
  { counted: FIELD.bytes_sampled, scaled: FIELD.bytes, elements: [1, 85, 23, 231, 352] },
  { counted: FIELD.packets_sampled, scaled: FIELD.packets, elements: [2, 86, 24, 298] },
  { counted: FIELD.rev_bytes_sampled, scaled: FIELD.rev_bytes, elements: ['29305/1', '29305/85', 232] },
  { counted: FIELD.rev_packets_sampled, scaled: FIELD.rev_packets, elements: ['29305/2', '29305/86', 299] },
  { counted: FIELD.bytes_l2, scaled: FIELD.bytes_l2, elements: [352] },
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

/** Steps that read the counters and scale them by what the sampling step found. */
export function counterSteps(first: (key: ElementKey) => Slot | undefined): Step[] {
  const steps: Step[] = [];
  const firstOf = (elements: readonly ElementKey[]) => elements.map(first).find((slot) => slot !== undefined);
  for (const counter of COUNTERS) {
    const slot = firstOf(counter.elements);
    if (slot !== undefined) steps.push(lazily(counter.counted, [slot], counterStep(counter, slot)));
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

function counterStep(counter: CounterPair, slot: Slot): Step {
  if (!slot.variable && slot.length === 4) return u32CounterStep(counter, slot);
  if (!slot.variable && slot.length === 8) return u64CounterStep(counter, slot);
  return (run) => {
    const counted = run.batch.use(counter.counted);
    const scaled = run.batch.use(counter.scaled);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      counted[row * 2] = lowWord(run, slot, record);
      counted[row * 2 + 1] = highWord(run, slot, record);
      writeScaled(run, counted, scaled, row);
    }
  };
}

function u32CounterStep(counter: CounterPair, slot: Slot): Step {
  const { offset } = slot;
  return (run) => {
    const counted = run.batch.use(counter.counted);
    const scaled = run.batch.use(counter.scaled);
    const { view, stride, end, rate } = run;
    for (let row = run.row, at = run.start + offset; row < end; row++, at += stride) {
      const value = view.getUint32(at);
      counted[row * 2] = value;
      if (rate === 1) scaled[row * 2] = value;
      else writeScaled(run, counted, scaled, row);
    }
  };
}

function u64CounterStep(counter: CounterPair, slot: Slot): Step {
  const { offset } = slot;
  return (run) => {
    const counted = run.batch.use(counter.counted);
    const scaled = run.batch.use(counter.scaled);
    const { view, stride, end, rate } = run;
    for (let row = run.row, at = run.start + offset; row < end; row++, at += stride) {
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      counted[row * 2] = low;
      counted[row * 2 + 1] = high;
      if (rate === 1) {
        scaled[row * 2] = low;
        scaled[row * 2 + 1] = high;
      } else writeScaled(run, counted, scaled, row);
    }
  };
}

/** Exact while the product is below 2^53; above, an estimate as the whole is; never past 64 bits. */
function writeScaled(run: Run, counted: Uint32Array, scaled: Uint32Array, row: number): void {
  const rate = run.rate > 0 ? run.rate : run.batch.use(FIELD.sampling_rate)[row];
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
