// Steps that copy a number into its column. Each loop below handles one width of the field and one of the column, so that the
// engine sees one shape in each; lengths other than 1, 2, 4 and 8 (reduced-size encoding, RFC 7011 section 6.2) take the general way.
import { FIELD, type Field, KINDS, QUALITY } from '@weir/record';
import type { Slot } from './layout.ts';
import { highWord, isBlank, lowWord, type Step } from './run.ts';

/** Runs the step of a rare column only where some record has a value, so that the column stays absent while nobody fills it. */
export function lazily(field: Field, slots: readonly Slot[], step: Step): Step {
  if (field.core) return step;
  return (run) => {
    if (run.batch.has(field) || slots.some((slot) => !isBlank(run, slot))) step(run);
  };
}

/** Steps that fill `field` from the first of the slots that is not zero. */
export function scalarSteps(field: Field, slots: readonly Slot[]): Step[] {
  return slots.flatMap((slot, index) => {
    const step = index === 0 ? firstStep(field, slot) : generalStep(field, slot, true);
    const cut = slot.variable || slot.length <= KINDS[field.kind].bytes ? [] : [cutStep(slot, KINDS[field.kind].bytes)];
    return [lazily(field, [slot], step), ...cut];
  });
}

function firstStep(field: Field, slot: Slot): Step {
  const { bytes } = KINDS[field.kind];
  if (slot.variable) return generalStep(field, slot, false);
  if (bytes === 1) return u8Step(field as Field<'u8'>, slot);
  if (bytes === 2 && slot.length >= 2) return u16Step(field as Field<'u16'>, slot);
  if (bytes === 4 && slot.length === 2) return u16ToU32Step(field as Field<'u32'>, slot);
  if (bytes === 4 && slot.length >= 4) return u32Step(field as Field<'u32'>, slot);
  if (bytes === 8 && slot.length === 4) return u32ToU64Step(field as Field<'u64'>, slot);
  if (bytes === 8 && slot.length === 8) return u64Step(field as Field<'u64'>, slot);
  return generalStep(field, slot, false);
}

function u8Step(field: Field<'u8'>, slot: Slot): Step {
  const last = slot.offset + slot.length - 1;
  return ({ batch, data, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + last; row < end; row++, at += stride) column[row] = data[at];
  };
}

function u16Step(field: Field<'u16'>, slot: Slot): Step {
  const last = slot.offset + slot.length - 2;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + last; row < end; row++, at += stride) column[row] = view.getUint16(at);
  };
}

function u16ToU32Step(field: Field<'u32'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) column[row] = view.getUint16(at);
  };
}

function u32Step(field: Field<'u32'>, slot: Slot): Step {
  const last = slot.offset + slot.length - 4;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + last; row < end; row++, at += stride) column[row] = view.getUint32(at);
  };
}

function u32ToU64Step(field: Field<'u64'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) column[row * 2] = view.getUint32(at);
  };
}

function u64Step(field: Field<'u64'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) {
      column[row * 2] = view.getUint32(at + 4);
      column[row * 2 + 1] = view.getUint32(at);
    }
  };
}

/** Any length, and variable length; `ifZero` leaves what an earlier field gave. */
function generalStep(field: Field, slot: Slot, ifZero: boolean): Step {
  if (KINDS[field.kind].bytes === 8) {
    return (run) => {
      const column = run.batch.use(field as Field<'u64'>);
      for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
        if (ifZero && (column[row * 2] | column[row * 2 + 1]) !== 0) continue;
        column[row * 2] = lowWord(run, slot, record);
        column[row * 2 + 1] = highWord(run, slot, record);
      }
    };
  }
  return (run) => {
    const column = run.batch.use(field as Field<'u32'>);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      if (ifZero && column[row] !== 0) continue;
      column[row] = lowWord(run, slot, record);
    }
  };
}

/** Flags records whose value does not fit the column: bytes above the `kept` low ones are not all zero. */
function cutStep(slot: Slot, kept: number): Step {
  return ({ batch, data, start, stride, row: first, end }) => {
    const quality = batch.use(FIELD.quality);
    for (let row = first, record = start; row < end; row++, record += stride) {
      const at = record + slot.offset;
      let above = 0;
      for (let i = 0; i < slot.length - kept; i++) above |= data[at + i];
      if (above !== 0) quality[row] |= QUALITY.value_cut;
    }
  };
}
