// What the elements of one record say of a sampling rate: NetFlow v9's, and those of PSAMP (RFC 5477 section 8.2). A record may have
// several, and they may contradict each other.
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import { lowWord, type Run, wholeNumber } from './run.ts';

const MAX_RATE = 4294967295;

/** Element 304 selectorAlgorithm (IANA "PSAMP selectorAlgorithm"): which of the elements below the selector goes by. */
const ALGORITHM = { systematicCount: 1, randomOutOfSome: 3, uniformProbability: 4 } as const;

/** Where the fields that say a rate are, in a data or an options template. */
export interface RateSlots {
  /** 34 samplingInterval, 50 samplerRandomInterval: the rate itself. */
  readonly interval: readonly Slot[];
  /** 305 and 306: so many packets taken, then so many passed over (RFC 5477 section 8.2.4). */
  readonly packets: Slot | undefined;
  readonly space: Slot | undefined;
  /** 309 and 310: so many out of so many. */
  readonly size: Slot | undefined;
  readonly population: Slot | undefined;
  /** 311: a float between 0 and 1. */
  readonly probability: Slot | undefined;
  readonly algorithm: Slot | undefined;
}

export function rateSlots(first: (key: ElementKey) => Slot | undefined): RateSlots | undefined {
  const found: RateSlots = {
    interval: [first(34), first(50)].filter((slot) => slot !== undefined),
    packets: first(305),
    space: first(306),
    size: first(309),
    population: first(310),
    probability: first(311),
    algorithm: first(304),
  };
  const none = found.interval.length === 0 && !found.packets && !found.population && !found.probability;
  return none ? undefined : found;
}

export interface GivenRate {
  /** One packet in how many; 0 where the elements say nothing usable. */
  rate: number;
  /** Whether two elements say different rates. */
  contradicted: boolean;
  /** Whether nothing but element 305 says it. */
  interval: boolean;
}

const given: GivenRate = { rate: 0, contradicted: false, interval: false };

/**
 * The rate by a record's own elements. The one that its algorithm goes by counts; without an algorithm those that say a whole rate come
 * before a packet interval alone. A rate of 1, which many exporters send for "not set", gives way to another. The answer is reused.
 */
export function readRate(run: Run, slots: RateSlots, record: number): GivenRate {
  given.rate = 0;
  given.contradicted = false;
  given.interval = false;
  const algorithm = slots.algorithm === undefined ? 0 : lowWord(run, slots.algorithm, record);
  if (algorithm === ALGORITHM.systematicCount) take(intervalAndSpace(run, slots, record));
  if (algorithm === ALGORITHM.uniformProbability) take(probability(run, slots, record));
  take(sizeOfPopulation(run, slots, record));
  take(intervalAndSpace(run, slots, record));
  take(probability(run, slots, record));
  for (let i = 0; i < slots.interval.length; i++) take(Math.min(wholeNumber(run, slots.interval[i], record), MAX_RATE));
  if (slots.packets !== undefined && slots.space === undefined) {
    // Exporters that send 305 alone mean a rate by it. Of 1 it may be what it is: how many packets are taken in a row.
    const packets = Math.min(wholeNumber(run, slots.packets, record), MAX_RATE);
    if (given.rate <= 1) given.interval = packets > given.rate;
    if (packets > 1 || given.rate === 0) take(packets);
  }
  return given;
}

function take(rate: number): void {
  if (rate === 0) return;
  if (given.rate === 0) {
    given.rate = rate;
    return;
  }
  if (agree(rate, given.rate)) return;
  given.contradicted = true;
  if (given.rate === 1) given.rate = rate;
}

/** One more or less than the other is what exporters count differently or round away. */
function agree(rate: number, other: number): boolean {
  if (rate === other) return true;
  return rate > 1 && other > 1 && Math.abs(rate - other) <= Math.max(1, other / 100);
}

function intervalAndSpace(run: Run, { packets, space }: RateSlots, record: number): number {
  if (packets === undefined || space === undefined) return 0;
  const taken = wholeNumber(run, packets, record);
  return ratio(taken + wholeNumber(run, space, record), taken);
}

function sizeOfPopulation(run: Run, { size, population }: RateSlots, record: number): number {
  if (size === undefined || population === undefined) return 0;
  return ratio(wholeNumber(run, population, record), wholeNumber(run, size, record));
}

function probability(run: Run, { probability: slot }: RateSlots, record: number): number {
  if (slot === undefined || slot.variable) return 0;
  const at = record + slot.offset;
  // Reduced-size encoding: a float64 may come as a float32 (RFC 7011 section 6.2).
  if (slot.length === 8) return ratio(1, run.view.getFloat64(at));
  return slot.length === 4 ? ratio(1, run.view.getFloat32(at)) : 0;
}

function ratio(whole: number, part: number): number {
  const rate = Math.round(whole / part);
  return rate >= 1 && rate <= MAX_RATE ? rate : 0;
}
