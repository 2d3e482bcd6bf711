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
  const given = COUNTERS.flatMap((counter) => {
    const slot = firstOf(counter.elements);
    return slot === undefined ? [] : [{ ...counter, slot }];
  });
  const [one, other] = given;
  // Bytes and packets of one length are read in one pass.
  if (given.length >= 2 && other.counted === FIELD.packets_sampled && one.slot.length === other.slot.length) {
    steps.push(counterStep(one, other));
    given.splice(0, 2);
  }
  for (const counter of given) steps.push(lazily(counter.counted, [counter.slot], counterStep(counter, counter)));
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

/** Reads two counters in one pass; one alone comes as both. */
function counterStep(a: GivenCounter, b: GivenCounter): Step {
  const fixed = !a.slot.variable && !b.slot.variable;
  if (fixed && a.slot.length === 4) return u32CounterStep(a, b);
  if (fixed && a.slot.length === 8) return u64CounterStep(a, b);
  return (run) => {
    for (const { counted, scaled, slot } of [a, b])
      readCounter(run, run.batch.use(counted), run.batch.use(scaled), slot);
  };
}

function readCounter(run: Run, counted: Uint32Array, scaled: Uint32Array, slot: Slot): void {
  for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
    counted[row * 2] = lowWord(run, slot, record);
    counted[row * 2 + 1] = highWord(run, slot, record);
    writeScaled(run, counted, scaled, row);
  }
}

function u32CounterStep(a: GivenCounter, b: GivenCounter): Step {
  const { offset: offsetA } = a.slot;
  const { offset: offsetB } = b.slot;
  return (run) => {
    const countedA = run.batch.use(a.counted);
    const scaledA = run.batch.use(a.scaled);
    const countedB = run.batch.use(b.counted);
    const scaledB = run.batch.use(b.scaled);
    const { view, stride, end, rate } = run;
    for (let row = run.row, at = run.start; row < end; row++, at += stride) {
      const valueA = view.getUint32(at + offsetA);
      const valueB = view.getUint32(at + offsetB);
      countedA[row * 2] = valueA;
      countedB[row * 2] = valueB;
      if (rate === 1) {
        scaledA[row * 2] = valueA;
        scaledB[row * 2] = valueB;
        continue;
      }
      writeScaled(run, countedA, scaledA, row);
      if (countedB !== countedA) writeScaled(run, countedB, scaledB, row);
    }
  };
}

function u64CounterStep(a: GivenCounter, b: GivenCounter): Step {
  const { offset: offsetA } = a.slot;
  const { offset: offsetB } = b.slot;
  return (run) => {
    const countedA = run.batch.use(a.counted);
    const scaledA = run.batch.use(a.scaled);
    const countedB = run.batch.use(b.counted);
    const scaledB = run.batch.use(b.scaled);
    const { view, stride, end, rate } = run;
    for (let row = run.row, at = run.start; row < end; row++, at += stride) {
      const two = row * 2;
      const lowA = view.getUint32(at + offsetA + 4);
      const highA = view.getUint32(at + offsetA);
      const lowB = view.getUint32(at + offsetB + 4);
      const highB = view.getUint32(at + offsetB);
      countedA[two] = lowA;
      countedA[two + 1] = highA;
      countedB[two] = lowB;
      countedB[two + 1] = highB;
      if (rate === 1) {
        scaledA[two] = lowA;
        scaledA[two + 1] = highA;
        scaledB[two] = lowB;
        scaledB[two + 1] = highB;
        continue;
      }
      writeScaled(run, countedA, scaledA, row);
      if (countedB !== countedA) writeScaled(run, countedB, scaledB, row);
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
