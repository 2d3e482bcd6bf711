// Sampling: the rate that holds for each record, and the counters scaled by it. Where a record's rate comes from, in this order: the
// record itself, options data by the record's sampler, selector or interface, options data for all, the configuration.
import { QUALITY, SAMPLING_SOURCE } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import { STATE_COST } from '../state-memory.ts';
import type { ObservationDomain } from './domain.ts';
import type { Slot } from './layout.ts';
import { type Run, wholeNumber } from './run.ts';

const WORD = 4294967296;
const MAX_RATE = WORD - 1;

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
}

export function rateSlots(first: (key: ElementKey) => Slot | undefined): RateSlots | undefined {
  const found: RateSlots = {
    interval: [first(34), first(50)].filter((slot) => slot !== undefined),
    packets: first(305),
    space: first(306),
    size: first(309),
    population: first(310),
    probability: first(311),
  };
  const none = found.interval.length === 0 && !found.packets && !found.population && !found.probability;
  return none ? undefined : found;
}

/** One packet in how many, by a record's own fields; 0 where they say nothing usable. */
export function readRate(run: Run, slots: RateSlots, record: number): number {
  for (const slot of slots.interval) {
    const rate = wholeNumber(run, slot, record);
    if (rate > 0) return Math.min(rate, MAX_RATE);
  }
  if (slots.packets !== undefined) {
    const packets = wholeNumber(run, slots.packets, record);
    // Exporters that send 305 alone mean a rate by it.
    if (slots.space === undefined) return Math.min(packets, MAX_RATE);
    if (packets > 0) return ratio(packets + wholeNumber(run, slots.space, record), packets);
  }
  if (slots.size !== undefined && slots.population !== undefined) {
    return ratio(wholeNumber(run, slots.population, record), wholeNumber(run, slots.size, record));
  }
  if (slots.probability !== undefined && !slots.probability.variable) {
    const at = record + slots.probability.offset;
    // Reduced-size encoding: a float64 may come as a float32 (RFC 7011 section 6.2).
    if (slots.probability.length === 8) return ratio(1, run.view.getFloat64(at));
    if (slots.probability.length === 4) return ratio(1, run.view.getFloat32(at));
  }
  return 0;
}

function ratio(whole: number, part: number): number {
  const rate = Math.round(whole / part);
  return rate >= 1 && rate <= MAX_RATE ? rate : 0;
}

/** Rates that options data gave, by what they are for. Each table is capped; past it new entries are not taken. */
export class SamplingRates {
  readonly samplers = new Map<number, number>();
  readonly selectors = new Map<number, number>();
  readonly interfaces = new Map<number, number>();
  readonly #cap: number;
  readonly #domain: ObservationDomain;
  #all = 0;

  constructor(cap: number, domain: ObservationDomain) {
    this.#cap = cap;
    this.#domain = domain;
  }

  get all(): number {
    return this.#all;
  }

  set all(rate: number) {
    if (rate === this.#all) return;
    this.#all = rate;
    this.#domain.changed();
  }

  set(table: Map<number, number>, id: number, rate: number): void {
    const before = table.get(id);
    if (rate === before) return;
    const isFull = before === undefined && table.size >= this.#cap;
    if (isFull || (before === undefined && !this.#domain.take(STATE_COST.rate))) {
      this.#domain.refuseOption(isFull);
      return;
    }
    table.set(id, rate);
    this.#domain.changed();
  }

  /** The rate for records that name no sampler: the one for all, or the only one there is. */
  get general(): number {
    if (this.all > 0) return this.all;
    if (this.samplers.size + this.selectors.size !== 1) return 0;
    for (const rate of this.samplers.values()) return rate;
    for (const rate of this.selectors.values()) return rate;
    return 0;
  }
}

export interface SamplingPlan {
  readonly record: RateSlots | undefined;
  readonly sampler: Slot | undefined;
  readonly selector: Slot | undefined;
}

/**
 * Settles the rate where it is the same for all records of the run: fills `sampling_rate` and `sampling_source`, sets `run.rate`, and
 * answers the quality bit. Where it differs by record `run.rate` is 0 and `settleRates` does it.
 */
export function generalRate(run: Run, plan: SamplingPlan): number {
  const { sampling } = run.domain;
  const byRecord = plan.record !== undefined || plan.sampler !== undefined || plan.selector !== undefined;
  if (byRecord || sampling.interfaces.size > 0) {
    run.rate = 0;
    return 0;
  }
  const general = sampling.general;
  const rate = general > 0 ? general : (run.context.configuredSampling ?? 0);
  run.rate = Math.max(1, rate);
  // New rows are zero: no rate, from nowhere.
  if (rate === 0) return QUALITY.no_sampling_rate;
  run.batch.core.sampling_rate.fill(rate, run.row, run.end);
  const source = general > 0 ? SAMPLING_SOURCE.options : SAMPLING_SOURCE.configured;
  run.batch.core.sampling_source.fill(source, run.row, run.end);
  return 0;
}

/** Settles rates that differ by record. It reads the column of ingress interfaces; counters are scaled after it. */
export function settleRates(run: Run, plan: SamplingPlan): void {
  const general = run.domain.sampling.general;
  const configured = run.context.configuredSampling ?? 0;
  for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
    rateOfRecord(run, plan, row, record, general, configured);
  }
}

function rateOfRecord(
  run: Run,
  plan: SamplingPlan,
  row: number,
  record: number,
  general: number,
  configured: number,
): void {
  const { sampling } = run.domain;
  let rate = plan.record === undefined ? 0 : readRate(run, plan.record, record);
  let source: number = SAMPLING_SOURCE.record;
  if (rate === 0) {
    source = SAMPLING_SOURCE.options;
    if (plan.sampler !== undefined) rate = sampling.samplers.get(wholeNumber(run, plan.sampler, record)) ?? 0;
    if (rate === 0 && plan.selector !== undefined) {
      rate = sampling.selectors.get(wholeNumber(run, plan.selector, record)) ?? 0;
    }
    if (rate === 0 && sampling.interfaces.size > 0) {
      rate = sampling.interfaces.get(run.batch.core.in_if[row]) ?? 0;
    }
    if (rate === 0) rate = general;
  }
  if (rate === 0) {
    rate = configured;
    source = configured > 0 ? SAMPLING_SOURCE.configured : SAMPLING_SOURCE.none;
  }
  run.batch.core.sampling_rate[row] = rate;
  run.batch.core.sampling_source[row] = source;
  if (rate === 0) run.batch.core.quality[row] |= QUALITY.no_sampling_rate;
}
