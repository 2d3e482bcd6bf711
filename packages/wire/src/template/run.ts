// What the steps of a template's plan work on: records at a stride in a buffer, and the rows of the batch they become.
import type { FlowBatch } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import type { ObservationDomain } from './domain.ts';
import type { Slot } from './layout.ts';

/** One data set (or a part of one) on its way into a batch. One object is reused for all. */
export class Run {
  /** Records: the message itself, or the scratch they were rewritten to. */
  data: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** First byte of the first record in `data`. */
  start = 0;
  stride = 0;
  /** Rows [row, end) of the batch are the records in order. */
  row = 0;
  end = 0;
  batch!: FlowBatch;
  /** What the slots of variable-length fields point into. */
  message: Uint8Array = new Uint8Array(0);

  context!: MessageContext;
  domain!: ObservationDomain;
  /** The header's time, ms since 1970. */
  exported = 0;
  /** The header's time where it can be, else the time of receipt: what relative times are taken from. */
  clock = 0;
  /** The header's uptime (NetFlow v9), ms. */
  uptime = 0;
  sequence = 0;
  source = 0;
  /** Quality bits that hold for the whole message. */
  quality = 0;

  /** What scales the counters of all records of the run (1: nothing does), or 0 where each row's `sampling_rate` says. */
  rate = 1;
  /** Whether some record gave no usable start or end. */
  unsettled = false;
}

/** A part of a plan: reads one field, or a few that belong together, of all records of a run. */
export type Step = (run: Run) => void;

/** Low 32 bits of the big-endian number `data[at, at + length)`. */
function low(data: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = Math.max(0, length - 4); i < length; i++) value = (value << 8) | data[at + i];
  return value >>> 0;
}

/** Bits 32 to 63 of it. */
function high(data: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = Math.max(0, length - 8); i < length - 4; i++) value = (value << 8) | data[at + i];
  return value >>> 0;
}

/** Low word of the number in a slot of the record at `record`, whatever its length. The slow and general way. */
export function lowWord(run: Run, slot: Slot, record: number): number {
  const at = record + slot.offset;
  if (!slot.variable) return low(run.data, at, slot.length);
  return low(run.message, run.view.getUint32(at), run.view.getUint32(at + 4));
}

export function highWord(run: Run, slot: Slot, record: number): number {
  const at = record + slot.offset;
  if (!slot.variable) return high(run.data, at, slot.length);
  return high(run.message, run.view.getUint32(at), run.view.getUint32(at + 4));
}

/** The number in a slot; exact to 2^53. */
export function wholeNumber(run: Run, slot: Slot, record: number): number {
  return highWord(run, slot, record) * 4294967296 + lowWord(run, slot, record);
}

/** Whether a field is zero (or empty) in all records of the run. */
export function isBlank(run: Run, slot: Slot): boolean {
  for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
    const at = record + slot.offset;
    const data = slot.variable ? run.message : run.data;
    const first = slot.variable ? run.view.getUint32(at) : at;
    const length = slot.variable ? run.view.getUint32(at + 4) : slot.length;
    for (let i = 0; i < length; i++) if (data[first + i] !== 0) return false;
  }
  return true;
}
