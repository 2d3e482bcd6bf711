// The sampling rate that holds for each record of a run. Where it comes from, in this order: the record itself, options data by the
// record's sampler, selector or interface, options data for all, the configuration.
import { QUALITY, SAMPLING_SOURCE } from '@weir/record';
import type { Slot } from './layout.ts';
import { type Run, wholeNumber } from './run.ts';
import type { RateTable } from './sampling.ts';
import { type RateSlots, readRate } from './sampling-elements.ts';

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
  const { general, generalContradicted } = sampling;
  const rate = general > 0 ? general : (run.context.configuredSampling ?? 0);
  run.rate = Math.max(1, rate);
  // New rows are zero: no rate, from nowhere.
  if (rate === 0) return QUALITY.no_sampling_rate;
  run.batch.core.sampling_rate.fill(rate, run.row, run.end);
  const source = general > 0 ? SAMPLING_SOURCE.options : SAMPLING_SOURCE.configured;
  run.batch.core.sampling_source.fill(source, run.row, run.end);
  return generalContradicted ? QUALITY.sampling_contradicted : 0;
}

/** Settles rates that differ by record. It reads the column of ingress interfaces; counters are scaled after it. */
export function settleRates(run: Run, plan: SamplingPlan): void {
  const configured = run.context.configuredSampling ?? 0;
  for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
    rateOfRecord(run, plan, row, record, configured);
  }
}

/** A rate on its way to a row, with what is doubtful about it. One object, reused. */
const found = { rate: 0, source: 0, contradicted: false };

function rateOfRecord(run: Run, plan: SamplingPlan, row: number, record: number, configured: number): void {
  found.rate = 0;
  found.source = SAMPLING_SOURCE.none;
  found.contradicted = false;
  if (plan.record !== undefined) {
    const given = readRate(run, plan.record, record);
    found.rate = given.rate;
    found.contradicted = given.contradicted;
    if (given.rate > 0) found.source = SAMPLING_SOURCE.record;
  }
  const { sampling } = run.domain;
  if (plan.sampler !== undefined) named(sampling.samplers, wholeNumber(run, plan.sampler, record));
  if (plan.selector !== undefined) named(sampling.selectors, wholeNumber(run, plan.selector, record));
  if (found.source !== SAMPLING_SOURCE.options && sampling.interfaces.size > 0)
    named(sampling.interfaces, run.batch.core.in_if[row]);
  // A 1 in the record does not hide the rate for everything either: many exporters send it for "not set".
  const isOne = found.rate === 1 && found.source === SAMPLING_SOURCE.record;
  if (sampling.general > found.rate && (found.rate === 0 || isOne)) {
    found.rate = sampling.general;
    found.source = SAMPLING_SOURCE.options;
    found.contradicted = isOne || sampling.generalContradicted;
  }
  if (found.rate === 0 && configured > 0) {
    found.rate = configured;
    found.source = SAMPLING_SOURCE.configured;
  }
  run.batch.core.sampling_rate[row] = found.rate;
  run.batch.core.sampling_source[row] = found.source;
  if (found.rate === 0) run.batch.core.quality[row] |= QUALITY.no_sampling_rate;
  if (found.contradicted) run.batch.core.quality[row] |= QUALITY.sampling_contradicted;
}

/**
 * Takes the rate of the sampler, selector or interface that a record names where nothing before gave one. A 1 that did gives way to it:
 * what the record names says more.
 */
function named(table: RateTable, id: number): void {
  const rate = table.get(id) ?? 0;
  if (rate === 0 || found.rate > 1 || (found.rate === 1 && rate === 1)) return;
  found.contradicted = found.rate === 1 || table.contradicted(id);
  found.rate = rate;
  found.source = SAMPLING_SOURCE.options;
}
