// Options data: what an exporter says of itself. Sampling rates with what they hold for, names of interfaces, and when its uptime
// began. Everything else is passed over.
import { ACCOUNT } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import { MAX_TEXT_BYTES } from '../strings.ts';
import type { Slot } from './layout.ts';
import { type Run, type Step, wholeNumber } from './run.ts';
import type { RateTable } from './sampling.ts';
import { type RateSlots, rateSlots, readRate } from './sampling-elements.ts';

interface OptionSlots {
  readonly rate: RateSlots | undefined;
  readonly sampler: Slot | undefined;
  readonly selector: Slot | undefined;
  readonly ifIndex: Slot | undefined;
  readonly name: Slot | undefined;
  readonly alias: Slot | undefined;
  readonly systemInit: Slot | undefined;
}

/** The step of the options template `template`: keeps what each record says in the observation domain. */
export function optionsStep(slots: ReadonlyMap<ElementKey, readonly Slot[]>, template: number): Step {
  const first = (key: ElementKey) => slots.get(key)?.[0];
  const wanted: OptionSlots = {
    rate: rateSlots(first),
    sampler: first(48),
    selector: first(302),
    ifIndex: first(10) ?? first(14),
    name: first(82),
    alias: first(83),
    systemInit: first(160),
  };
  return (run) => {
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      readOption(run, wanted, record, template);
    }
    run.context.exporter.counters[ACCOUNT.options_received] += run.end - run.row;
  };
}

function readOption(run: Run, slots: OptionSlots, record: number, template: number): void {
  const { domain } = run;
  if (slots.systemInit !== undefined) domain.systemInit = wholeNumber(run, slots.systemInit, record);
  const ifIndex = slots.ifIndex === undefined ? 0 : wholeNumber(run, slots.ifIndex, record);
  if (slots.ifIndex !== undefined && (slots.name !== undefined || slots.alias !== undefined)) {
    domain.nameInterface(ifIndex, text(run, slots.name, record), text(run, slots.alias, record));
  }
  if (slots.rate === undefined) return;
  const { rate, contradicted, interval } = readRate(run, slots.rate, record);
  if (rate === 0) return;
  const { sampling } = domain;
  const take = (table: RateTable, id: number) =>
    sampling.set(table, id, rate, contradicted, interval, template, run.context.timeReceived);
  if (slots.sampler !== undefined) take(sampling.samplers, wholeNumber(run, slots.sampler, record));
  else if (slots.selector !== undefined) take(sampling.selectors, wholeNumber(run, slots.selector, record));
  else if (ifIndex !== 0) take(sampling.interfaces, ifIndex);
  else take(sampling.everything, 0);
}

const decoder = new TextDecoder('utf-8');

function text(run: Run, slot: Slot | undefined, record: number): string {
  if (slot === undefined) return '';
  const at = record + slot.offset;
  const data = slot.variable ? run.message : run.data;
  const from = slot.variable ? run.view.getUint32(at) : at;
  let end = from + Math.min(MAX_TEXT_BYTES, slot.variable ? run.view.getUint32(at + 4) : slot.length);
  while (end > from && data[end - 1] === 0) end--;
  return decoder.decode(data.subarray(from, end));
}
