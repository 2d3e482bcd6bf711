// The sets of one NetFlow v9 or IPFIX message: templates are learned, data is read by them. One engine for both; `Framing` says how
// their bytes differ.
import { ACCOUNT, FIELD, type FlowBatch } from '@weir/record';
import type { ObservationDomain } from './domain.ts';
import { gather, scratch, scratchView } from './layout.ts';
import { compile, type Plan } from './plan.ts';
import type { Run } from './run.ts';
import { generalRate, settleRates } from './sampling.ts';
import type { TemplateState } from './state.ts';
import { FIRST_TEMPLATE_ID, type Framing, readFields, readTemplateHeader, Template } from './template.ts';

const SET_HEADER_BYTES = 4;
const WORD = 4294967296;

export interface SetsResult {
  /** False when a length does not fit; what came before it was kept. */
  whole: boolean;
  /** Data records read, options data records included. */
  records: number;
  /** A data set whose template is not known was passed over, so `records` is not all there were. */
  skipped: boolean;
}

const result: SetsResult = { whole: true, records: 0, skipped: false };

/** Reads the sets in `run.message[start, end)`. The answer is one object, reused. */
export function readSets(
  run: Run,
  state: TemplateState,
  framing: Framing,
  view: DataView,
  start: number,
  end: number,
): SetsResult {
  result.whole = true;
  result.records = 0;
  result.skipped = false;
  let at = start;
  while (end - at >= SET_HEADER_BYTES) {
    const id = view.getUint16(at);
    const length = view.getUint16(at + 2);
    // Zeros to the end are padding of the message; some exporters add them.
    if (id === 0 && length === 0) return result;
    if (length < SET_HEADER_BYTES || at + length > end) {
      result.whole = false;
      return result;
    }
    const bodyAt = at + SET_HEADER_BYTES;
    at += length;
    if (id === framing.templateSet || id === framing.optionsSet) {
      if (!readTemplates(run, state, framing, view, bodyAt, at, id === framing.optionsSet)) result.whole = false;
    } else if (id >= FIRST_TEMPLATE_ID) readData(run, view, id, bodyAt, at);
    // Ids between are reserved (RFC 7011 section 3.3.2): passed over by length.
  }
  return result;
}

function readTemplates(
  run: Run,
  state: TemplateState,
  framing: Framing,
  view: DataView,
  start: number,
  end: number,
  options: boolean,
): boolean {
  const { counters } = run.context.exporter;
  let at = start;
  while (end - at >= 4) {
    const header = readTemplateHeader(view, at, end, options, framing);
    // Set padding is shorter than a template record, and no template has such an id.
    if (header.id < FIRST_TEMPLATE_ID) {
      if (header.id === 0) return true;
      // The ids of the template sets withdraw all templates; over UDP nothing withdraws (RFC 7011 section 8.4).
      if (framing.ipfix && header.fieldCount === 0) {
        at += 4;
        continue;
      }
      counters[ACCOUNT.templates_refused]++;
      return false;
    }
    if (header.next < 0) {
      counters[ACCOUNT.templates_refused]++;
      return false;
    }
    if (framing.ipfix && header.fieldCount === 0) {
      at += 4;
      continue;
    }
    const known = run.domain.templates.get(header.id);
    if (known?.options === options && known.matches(run.message, at, header.next)) {
      known.updated = run.context.timeReceived;
      known.used = state.clock.now;
      counters[ACCOUNT.templates_received]++;
    } else {
      const fields = readFields(view, header, options, framing, state.limits);
      learn(run, known, header.id, fields, options, at, header.next);
    }
    at = header.next;
  }
  return true;
}

/** Takes a new or redefined template; a redefinition replaces the old one whole, and one that is refused leaves none. */
function learn(
  run: Run,
  known: Template | undefined,
  id: number,
  fields: ReturnType<typeof readFields>,
  options: boolean,
  start: number,
  end: number,
): void {
  const { counters } = run.context.exporter;
  if (known !== undefined) run.domain.removeTemplate(known);
  if (fields === undefined) {
    counters[ACCOUNT.templates_refused]++;
    return;
  }
  const template = new Template(id, fields, options, run.message.slice(start, end));
  template.updated = run.context.timeReceived;
  if (!run.domain.addTemplate(template)) {
    counters[ACCOUNT.templates_state_cap]++;
    return;
  }
  counters[ACCOUNT.templates_received]++;
}

function readData(run: Run, view: DataView, id: number, start: number, end: number): void {
  const template = run.domain.template(id);
  if (template === undefined) {
    // Nothing is kept of it yet: a buffer for data that comes before its template belongs here.
    run.context.exporter.counters[ACCOUNT.sets_no_template]++;
    result.skipped = true;
    return;
  }
  template.used = run.context.clock.now;
  template.read = true;
  template.plan ??= compile(template);
  const { plan } = template;
  const { layout } = plan;
  run.stride = layout.stride;
  if (!layout.variable) {
    // What is left after the last whole record is padding.
    const records = Math.floor((end - start) / layout.stride);
    run.data = run.message;
    run.view = view;
    run.start = start;
    if (records > 0) readRecords(run, template, plan, records);
    return;
  }
  run.data = scratch;
  run.view = scratchView;
  run.start = 0;
  for (let at = start; end - at >= layout.minimum; ) {
    const { records, next, broken } = gather(layout, run.message, at, end);
    if (records > 0) readRecords(run, template, plan, records);
    if (broken) {
      result.whole = false;
      return;
    }
    at = next;
  }
}

function readRecords(run: Run, template: Template, plan: Plan, records: number): void {
  const { batch } = run;
  run.row = batch.length;
  run.end = run.row + records;
  result.records += records;
  if (template.options) {
    for (const step of plan.steps) step(run);
    return;
  }
  run.domain.read = true;
  fillConstants(run, batch, plan.quality | run.quality | generalRate(run, plan.sampling), run.domain);
  if (run.context.provenance !== false) fillProvenance(run, batch, template.id);
  for (const step of plan.steps) step(run);
  if (run.rate === 0) settleRates(run, plan.sampling);
  for (const step of plan.counters) step(run);
  if (run.unsettled || plan.timeMissing) plan.settleTimes(run);
  batch.length = run.end;
}

/** A time or a key as one 64-bit number, so that every row takes one write: written as two words, read as one. */
const words = new Uint32Array(2);
const whole = new BigUint64Array(words.buffer);

/** What is the same for all records of a message. */
function fillConstants(run: Run, batch: FlowBatch, qualityBits: number, domain: ObservationDomain): void {
  const times = batch.wide.time_received;
  const keys = batch.wide.exporter;
  const source = batch.core.source;
  const observationDomain = batch.core.observation_domain;
  const quality = batch.core.quality;
  const { timeReceived, exporter } = run.context;
  words[0] = timeReceived;
  words[1] = timeReceived / WORD;
  const received = whole[0];
  words[0] = exporter.key.lo;
  words[1] = exporter.key.hi;
  const key = whole[0];
  const { source: sourceCode, end } = run;
  const { id } = domain;
  for (let row = run.row; row < end; row++) {
    times[row] = received;
    keys[row] = key;
    source[row] = sourceCode;
    observationDomain[row] = id;
    quality[row] = qualityBits;
  }
}

function fillProvenance(run: Run, batch: FlowBatch, templateId: number): void {
  const times = batch.useWide(FIELD.time_exported);
  const sequence = batch.use(FIELD.sequence);
  const template = batch.use(FIELD.template_id);
  words[0] = run.exported;
  words[1] = run.exported / WORD;
  const exported = whole[0];
  const { sequence: number, end } = run;
  for (let row = run.row; row < end; row++) {
    times[row] = exported;
    sequence[row] = number;
    template[row] = templateId;
  }
}
