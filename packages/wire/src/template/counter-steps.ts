// Steps for counters. An exporter may send several counts of the same packets; they are never summed. Which one is a flow's is
// decided by the template, not by the values: a delta of zero means that nothing passed.
import { FIELD, type Field } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import type { Step } from './run.ts';
import { scalarSteps } from './scalar.ts';

/** A counter as it came and its estimate of the truth. */
export interface CounterPair {
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

export function counterSteps(first: (key: ElementKey) => Slot | undefined): { steps: Step[]; pairs: CounterPair[] } {
  const steps: Step[] = [];
  const pairs: CounterPair[] = [];
  const firstOf = (elements: readonly ElementKey[]) => elements.map(first).find((slot) => slot !== undefined);
  for (const { counted, scaled, elements } of COUNTERS) {
    const slot = firstOf(elements);
    if (slot === undefined) continue;
    steps.push(...scalarSteps(counted, [slot]));
    pairs.push({ counted, scaled });
  }
  const totalsOfExporter = first(EXPORTER_TOTALS) !== undefined;
  for (const field of PLAIN) {
    const dropped = field === FIELD.dropped_bytes || field === FIELD.dropped_packets;
    if (totalsOfExporter && !dropped) continue;
    const slot = firstOf(field.elements);
    if (slot !== undefined) steps.push(...scalarSteps(field, [slot]));
  }
  return { steps, pairs };
}
