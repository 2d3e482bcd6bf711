// Steps for the flow's start and end, which exporters give in nine ways. A template's most precise way is used; records where it gave
// nothing are settled last.
import { FIELD, type Field, QUALITY } from '@weir/record';
import { uptimeAgo } from '../clock.ts';
import type { Slot } from './layout.ts';
import { lowWord, type Run, type Step, wholeNumber } from './run.ts';

const WORD = 4294967296;
/** Seconds from 1900 (NTP, RFC 5905) to 1970. */
const NTP_TO_UNIX = 2208988800;
/** High word of the last time taken for one, about the year 2109; above is nonsense. Zero is within 50 days of 1970: no time. */
const MAX_HIGH_WORD = 1023;

/** Elements of the start and the end, the most precise first; each kind of element has one reader. */
const START = { milliseconds: 152, nanoseconds: 156, microseconds: 154, seconds: 150, delta: 158, uptime: 22 } as const;
const END = { milliseconds: 153, nanoseconds: 157, microseconds: 155, seconds: 151, delta: 159, uptime: 21 } as const;
/** When the packet was seen (PSAMP): start and end at once. */
const OBSERVED = { milliseconds: 323, nanoseconds: 325, microseconds: 324, seconds: 322 } as const;
const SYSTEM_INIT = 160;
const DURATION = 161;

type Elements = Partial<typeof START | typeof END | typeof OBSERVED>;
type Read = (run: Run, record: number) => number;

/** Where one end's time is. */
interface Source {
  readonly field: Field<'time'>;
  readonly kind: string;
  readonly slot: Slot;
}

export interface TimePlan {
  /** Fill `time_start` and `time_end`, and set `run.unsettled` where a record gave no time. */
  readonly steps: readonly Step[];
  /** Whether the template lacks the start or the end: then all its records are to be settled. */
  readonly missing: boolean;
  readonly settle: Step;
}

/** How `time_start` and `time_end` are read. `first` finds the first slot of an element. */
export function timePlan(first: (element: number) => Slot | undefined): TimePlan {
  const side = (field: Field<'time'>, elements: Elements): Source | undefined =>
    findSource(field, elements, first) ?? findSource(field, OBSERVED, first);
  const start = side(FIELD.time_start, START);
  const end = side(FIELD.time_end, END);
  const init = first(SYSTEM_INIT);
  const settle = settleStep(durationReader(first));
  if (start !== undefined && start.kind === end?.kind) {
    return { steps: [pairStep(start, end, init)], missing: false, settle };
  }
  const singles = [start, end].filter((source) => source !== undefined);
  return { steps: singles.map((source) => pairStep(source, source, init)), missing: singles.length < 2, settle };
}

function findSource(
  field: Field<'time'>,
  elements: Elements,
  first: (element: number) => Slot | undefined,
): Source | undefined {
  for (const [kind, element] of Object.entries(elements)) {
    const slot = first(element);
    if (slot === undefined || slot.variable) continue;
    if (kind === 'uptime' ? slot.length === 4 : reader(kind, slot) !== undefined) return { field, kind, slot };
  }
  return undefined;
}

/** Reads both ends in one pass; an end alone comes as both. */
function pairStep(start: Source, end: Source, init: Slot | undefined): Step {
  if (start.kind === 'uptime') return uptimeStep(start, end, init);
  const usual = start !== end && start.slot.length === 8 && end.slot.length === 8;
  if (start.kind === 'milliseconds' && usual) return millisecondsStep(start.slot.offset, end.slot.offset);
  const ends = start === end ? [start] : [start, end];
  const steps = ends.map(({ field, kind, slot }) => numberStep(field, reader(kind, slot) ?? (() => 0)));
  return (run) => {
    for (const step of steps) step(run);
  };
}

/** How a value becomes milliseconds since 1970; 0 is none. */
function reader(kind: string, slot: Slot): Read | undefined {
  switch (kind) {
    case 'seconds':
      return (run, record) => wholeNumber(run, slot, record) * 1000;
    case 'milliseconds':
      return (run, record) => wholeNumber(run, slot, record);
    case 'microseconds':
    case 'nanoseconds':
      return slot.length === 8 ? (run, record) => ntpTime(run.view, record + slot.offset) : undefined;
    case 'delta':
      // RFC 7012: microseconds before the export time in the header.
      return (run, record) => run.clock - Math.floor(wholeNumber(run, slot, record) / 1000);
    default:
      return undefined;
  }
}

/**
 * RFC 7011 sections 6.1.9 and 6.1.10: both micro- and nanoseconds are NTP timestamps, seconds since 1900 and a binary fraction.
 * Seconds whose high bit is clear lie in the era that begins in 2036 (RFC 4330 section 3).
 */
function ntpTime(view: DataView, at: number): number {
  const seconds = view.getUint32(at);
  const fraction = view.getUint32(at + 4);
  if ((seconds | fraction) === 0) return 0;
  const era = seconds >= 0x80000000 ? 0 : WORD;
  return (seconds + era - NTP_TO_UNIX) * 1000 + Math.floor((fraction * 1000) / WORD);
}

function writeTime(run: Run, column: Uint32Array, row: number, time: number): void {
  const high = Math.floor(time / WORD);
  column[row * 2] = time;
  column[row * 2 + 1] = high;
  if (!isTime(high)) run.unsettled = true;
}

/** Whether the high word is that of a time between 1970 (and 50 days) and 2109. */
function isTime(high: number): boolean {
  return high > 0 && high <= MAX_HIGH_WORD;
}

function numberStep(field: Field<'time'>, read: Read): Step {
  return (run) => {
    const column = run.batch.use(field);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      writeTime(run, column, row, read(run, record));
    }
  };
}

/** Both ends in milliseconds since 1970. */
function millisecondsStep(startAt: number, endAt: number): Step {
  return (run) => {
    const { time_start, time_end } = run.batch.wide;
    const { view, stride, end: endRow } = run;
    let wrong = false;
    for (let row = run.row, at = run.start; row < endRow; row++, at += stride) {
      time_start[row] = view.getBigUint64(at + startAt);
      time_end[row] = view.getBigUint64(at + endAt);
      wrong = wrong || !isTime(view.getUint32(at + startAt)) || !isTime(view.getUint32(at + endAt));
    }
    if (wrong) run.unsettled = true;
  };
}

/**
 * Elements 21 and 22: milliseconds of the exporter's uptime. NetFlow v9 has the uptime in its header; in IPFIX the moment it started
 * comes as element 160, in the record or in options data. With neither there is no time.
 */
function uptimeStep(start: Source, end: Source, init: Slot | undefined): Step {
  const { offset: startAt } = start.slot;
  const { offset: endAt } = end.slot;
  return (run) => {
    const starts = run.batch.use(start.field);
    const ends = run.batch.use(end.field);
    const { view, stride, end: endRow } = run;
    if (run.uptime < 0) {
      sinceInit(run, starts, startAt, init);
      sinceInit(run, ends, endAt, init);
      return;
    }
    // clock − ago in two words: the low one wraps, and where it did the high one carries.
    const clockHigh = (run.clock / WORD) >>> 0;
    const clockLow = run.clock >>> 0;
    const uptime = run.uptime >>> 0;
    for (let row = run.row, at = run.start; row < endRow; row++, at += stride) {
      const startAgo = uptimeAgo(uptime, view.getUint32(at + startAt));
      const startLow = (clockLow - startAgo) >>> 0;
      starts[row * 2] = startLow;
      starts[row * 2 + 1] = clockHigh + carry(startAgo, startLow, clockLow);
      const endAgo = uptimeAgo(uptime, view.getUint32(at + endAt));
      const endLow = (clockLow - endAgo) >>> 0;
      ends[row * 2] = endLow;
      ends[row * 2 + 1] = clockHigh + carry(endAgo, endLow, clockLow);
    }
  };
}

function sinceInit(run: Run, column: Uint32Array, offset: number, init: Slot | undefined): void {
  for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
    const began = init === undefined ? run.domain.systemInit : wholeNumber(run, init, record);
    writeTime(run, column, row, began === 0 ? 0 : began + run.view.getUint32(record + offset));
  }
}

/** How long the flow lasted, ms: by its own element, or between two moments of an uptime whose beginning is not known. */
function durationReader(first: (element: number) => Slot | undefined): Read {
  const duration = first(DURATION);
  const started = first(START.uptime);
  const ended = first(END.uptime);
  if (duration !== undefined) return (run, record) => wholeNumber(run, duration, record);
  if (started === undefined || ended === undefined) return () => 0;
  return (run, record) => Math.max(0, uptimeAgo(lowWord(run, ended, record), lowWord(run, started, record)));
}

/** What the high word changes by when `ago` was taken from the low word `before` and left `low`. */
function carry(ago: number, low: number, before: number): number {
  if (ago >= 0) return low > before ? -1 : 0;
  return low < before ? 1 : 0;
}

/** Where one end is missing it is taken from the other and the duration; where both are, from the time of receipt, and flagged. */
function settleStep(lasted: Read): Step {
  return (run) => {
    run.unsettled = false;
    const starts = run.batch.core.time_start;
    const ends = run.batch.core.time_end;
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      const started = isTime(starts[row * 2 + 1]);
      const ended = isTime(ends[row * 2 + 1]);
      if (started && ended) continue;
      const duration = Math.min(lasted(run, record), run.context.timeReceived);
      let start = starts[row * 2 + 1] * WORD + starts[row * 2];
      let end = ends[row * 2 + 1] * WORD + ends[row * 2];
      if (started) end = start + duration;
      else {
        if (!ended) {
          end = Math.floor(run.context.timeReceived);
          run.batch.core.quality[row] |= QUALITY.time_guessed;
        }
        // A duration that would take it back to 1970 is nonsense.
        start = end - duration < WORD ? end : end - duration;
      }
      starts[row * 2] = start;
      starts[row * 2 + 1] = start / WORD;
      ends[row * 2] = end;
      ends[row * 2 + 1] = end / WORD;
    }
  };
}
