// Steps that copy a number into its column. Each loop below handles one width of the field and one of the column, so that the
// engine sees one shape in each; lengths other than 1, 2, 4 and 8 (reduced-size encoding, RFC 7011 section 6.2) take the general way.
import { type Field, KINDS, QUALITY } from '@weir/record';
import type { Slot } from './layout.ts';
import { highWord, isBlank, lowWord, type Step } from './run.ts';
import { type Part, wideSteps } from './wide-steps.ts';

/** Runs the step of a rare column only where some record has a value, so that the column stays absent while nobody fills it. */
export function lazily(field: Field, slots: readonly Slot[], step: Step): Step {
  if (field.core) return step;
  return (run) => {
    if (run.batch.has(field) || slots.some((slot) => !isBlank(run, slot))) step(run);
  };
}

/** A field and the slots it may come from: the first that is not zero counts. */
export interface Copy {
  readonly field: Field;
  readonly slots: readonly Slot[];
}

/** Steps for plain copies. Core columns are read up to ten in a pass: a pass costs as much as reading some ten rows. */
export function copySteps(copies: readonly Copy[]): Step[] {
  const u8: Part<'u8'>[] = [];
  const u16: Part<'u16'>[] = [];
  const u32: Part<'u32'>[] = [];
  const singles: Copy[] = [];
  for (const copy of copies) {
    const [slot] = copy.slots;
    const { bytes } = KINDS[copy.field.kind];
    const last = slot.offset + slot.length - bytes;
    const grouped = copy.field.core && !slot.variable && slot.length >= bytes;
    if (grouped && bytes === 1) u8.push({ field: copy.field as Field<'u8'>, last });
    else if (grouped && bytes === 2) u16.push({ field: copy.field as Field<'u16'>, last });
    else if (grouped && bytes === 4) u32.push({ field: copy.field as Field<'u32'>, last });
    else singles.push(copy);
  }
  return [
    ...wideSteps(u8, u16, u32),
    ...singleSteps(singles),
    ...copies.flatMap(({ field, slots }) => [
      ...slots.slice(1).map((slot) => lazily(field, [slot], generalStep(field, slot, true))),
      ...slots.flatMap((slot) => cutSteps(field, slot)),
    ]),
  ];
}

/** Steps that fill one field. */
export function scalarSteps(field: Field, slots: readonly Slot[]): Step[] {
  return copySteps([{ field, slots }]);
}

/** Columns read alone. Rare ones of two bytes (VLANs come in twos) share a pass when both have values. */
function singleSteps(copies: readonly Copy[]): Step[] {
  const steps: Step[] = [];
  let waiting: { copy: Copy; step: Step } | undefined;
  for (const copy of copies) {
    const { field, slots } = copy;
    const [slot] = slots;
    const step = firstStep(field, slot);
    const pairs = !field.core && KINDS[field.kind].bytes === 2 && !slot.variable && slot.length === 2;
    if (!pairs) steps.push(lazily(field, [slot], step));
    else if (waiting === undefined) waiting = { copy, step };
    else {
      steps.push(lazyPair(waiting, { copy, step }));
      waiting = undefined;
    }
  }
  if (waiting !== undefined) steps.push(lazily(waiting.copy.field, [waiting.copy.slots[0]], waiting.step));
  return steps;
}

/** Two rare columns of two bytes: one pass where both have values, else that of the one that has. */
function lazyPair(a: { copy: Copy; step: Step }, b: { copy: Copy; step: Step }): Step {
  const [slotA] = a.copy.slots;
  const [slotB] = b.copy.slots;
  const fieldA = a.copy.field as Field<'u16'>;
  const fieldB = b.copy.field as Field<'u16'>;
  const { offset: offsetA } = slotA;
  const { offset: offsetB } = slotB;
  return (run) => {
    const { batch, view, start, stride, row: first, end } = run;
    const hasA = batch.has(fieldA) || !isBlank(run, slotA);
    const hasB = batch.has(fieldB) || !isBlank(run, slotB);
    if (hasA && hasB) {
      const columnA = batch.use(fieldA);
      const columnB = batch.use(fieldB);
      for (let row = first, at = start; row < end; row++, at += stride) {
        columnA[row] = view.getUint16(at + offsetA);
        columnB[row] = view.getUint16(at + offsetB);
      }
    } else if (hasA) a.step(run);
    else if (hasB) b.step(run);
  };
}

function firstStep(field: Field, slot: Slot): Step {
  const { bytes } = KINDS[field.kind];
  if (slot.variable) return generalStep(field, slot, false);
  const { length } = slot;
  if (bytes === 1) return u8Step(field as Field<'u8'>, slot);
  if (bytes === 2 && length === 1) return u8ToU16Step(field as Field<'u16'>, slot);
  if (bytes === 2) return u16Step(field as Field<'u16'>, slot);
  if (bytes === 4 && length === 2) return u16ToU32Step(field as Field<'u32'>, slot);
  if (bytes === 4 && length >= 4) return u32Step(field as Field<'u32'>, slot);
  if (bytes === 8 && length === 4) return u32ToU64Step(field as Field<'u64'>, slot);
  if (bytes === 8 && length === 8) return u64Step(field as Field<'u64'>, slot);
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

function u32Step(field: Field<'u32'>, slot: Slot): Step {
  const last = slot.offset + slot.length - 4;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + last; row < end; row++, at += stride) column[row] = view.getUint32(at);
  };
}

function u8ToU16Step(field: Field<'u16'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, data, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) column[row] = data[at];
  };
}

function u16ToU32Step(field: Field<'u32'>, slot: Slot): Step {
  const { offset } = slot;
  return ({ batch, view, start, stride, row: first, end }) => {
    const column = batch.use(field);
    for (let row = first, at = start + offset; row < end; row++, at += stride) column[row] = view.getUint16(at);
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

/** Flags records whose value does not fit the column: the bytes above those it keeps are not all zero. */
function cutSteps(field: Field, slot: Slot): Step[] {
  const above = slot.length - KINDS[field.kind].bytes;
  if (slot.variable || above <= 0) return [];
  return [
    ({ batch, data, start, stride, row: first, end }) => {
      const quality = batch.core.quality;
      for (let row = first, at = start + slot.offset; row < end; row++, at += stride) {
        let lost = 0;
        for (let i = 0; i < above; i++) lost |= data[at + i];
        if (lost !== 0) quality[row] |= QUALITY.value_cut;
      }
    },
  ];
}
