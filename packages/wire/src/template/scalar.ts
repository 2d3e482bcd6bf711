// Steps that copy a number into its column. Each loop below handles one width of the field and one of the column, so that the
// engine sees one shape in each; lengths other than 1, 2, 4 and 8 (reduced-size encoding, RFC 7011 section 6.2) take the general way.
import { FIELD, type Field, type FlowBatch, KINDS, QUALITY } from '@weir/record';
import type { Slot } from './layout.ts';
import { highWord, isBlank, lowWord, type Step } from './run.ts';

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
  const mixed = mixedSteps(u8, u16, u32);
  return [
    ...mixed,
    ...inFours(u8.slice(mixed.length * 4), u8Steps),
    ...inFours(u16.slice(mixed.length * 2), u16Steps),
    ...inFours(u32.slice(mixed.length * 4), u32Steps),
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

/** A column and where the low bytes of its field begin in the record. */
interface Part<K extends 'u8' | 'u16' | 'u32'> {
  readonly field: Field<K>;
  readonly last: number;
}

/** Passes that read four columns of a byte, two of two bytes and four of four bytes, for as long as there are some of each. */
function mixedSteps(u8: readonly Part<'u8'>[], u16: readonly Part<'u16'>[], u32: readonly Part<'u32'>[]): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i * 4 < u8.length && i * 2 < u16.length && i * 4 < u32.length; i++) {
    const bytes = (n: number) => u8[Math.min(i * 4 + n, u8.length - 1)];
    const shorts = (n: number) => u16[Math.min(i * 2 + n, u16.length - 1)];
    const words = (n: number) => u32[Math.min(i * 4 + n, u32.length - 1)];
    steps.push(
      mixedStep(
        [bytes(0), bytes(1), bytes(2), bytes(3)],
        [shorts(0), shorts(1)],
        [words(0), words(1), words(2), words(3)],
      ),
    );
  }
  return steps;
}

function mixedStep(
  [byteA, byteB, byteC, byteD]: readonly Part<'u8'>[],
  [shortA, shortB]: readonly Part<'u16'>[],
  [wordA, wordB, wordC, wordD]: readonly Part<'u32'>[],
): Step {
  const { last: atByteA } = byteA;
  const { last: atByteB } = byteB;
  const { last: atByteC } = byteC;
  const { last: atByteD } = byteD;
  const { last: atShortA } = shortA;
  const { last: atShortB } = shortB;
  const { last: atWordA } = wordA;
  const { last: atWordB } = wordB;
  const { last: atWordC } = wordC;
  const { last: atWordD } = wordD;
  const columnsOf = (batch: FlowBatch) => ({
    batch,
    bytesA: batch.use(byteA.field),
    bytesB: batch.use(byteB.field),
    bytesC: batch.use(byteC.field),
    bytesD: batch.use(byteD.field),
    shortsA: batch.use(shortA.field),
    shortsB: batch.use(shortB.field),
    wordsA: batch.use(wordA.field),
    wordsB: batch.use(wordB.field),
    wordsC: batch.use(wordC.field),
    wordsD: batch.use(wordD.field),
  });
  // A batch keeps its core columns for as long as it lives, and a lane its batch: they are looked up once.
  let columns: ReturnType<typeof columnsOf> | undefined;
  return ({ batch, view, start, stride, row: first, end }) => {
    if (columns?.batch !== batch) columns = columnsOf(batch);
    const { bytesA, bytesB, bytesC, bytesD, shortsA, shortsB, wordsA, wordsB, wordsC, wordsD } = columns;
    for (let row = first, at = start; row < end; row++, at += stride) {
      bytesA[row] = view.getUint8(at + atByteA);
      bytesB[row] = view.getUint8(at + atByteB);
      bytesC[row] = view.getUint8(at + atByteC);
      bytesD[row] = view.getUint8(at + atByteD);
      shortsA[row] = view.getUint16(at + atShortA);
      shortsB[row] = view.getUint16(at + atShortB);
      wordsA[row] = view.getUint32(at + atWordA);
      wordsB[row] = view.getUint32(at + atWordB);
      wordsC[row] = view.getUint32(at + atWordC);
      wordsD[row] = view.getUint32(at + atWordD);
    }
  };
}

/** One step for each four; a short group repeats its last part, which costs less than a pass of its own. */
function inFours<P>(parts: readonly P[], step: (a: P, b: P, c: P, d: P) => Step): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < parts.length; i += 4) {
    const end = parts.length - 1;
    const part = (n: number) => parts[Math.min(i + n, end)];
    steps.push(step(part(0), part(1), part(2), part(3)));
  }
  return steps;
}

function u8Steps(a: Part<'u8'>, b: Part<'u8'>, c: Part<'u8'>, d: Part<'u8'>): Step {
  const { last: lastA } = a;
  const { last: lastB } = b;
  const { last: lastC } = c;
  const { last: lastD } = d;
  return ({ batch, data, start, stride, row: first, end }) => {
    const columnA = batch.use(a.field);
    const columnB = batch.use(b.field);
    const columnC = batch.use(c.field);
    const columnD = batch.use(d.field);
    for (let row = first, at = start; row < end; row++, at += stride) {
      columnA[row] = data[at + lastA];
      columnB[row] = data[at + lastB];
      columnC[row] = data[at + lastC];
      columnD[row] = data[at + lastD];
    }
  };
}

function u16Steps(a: Part<'u16'>, b: Part<'u16'>, c: Part<'u16'>, d: Part<'u16'>): Step {
  const { last: lastA } = a;
  const { last: lastB } = b;
  const { last: lastC } = c;
  const { last: lastD } = d;
  return ({ batch, view, start, stride, row: first, end }) => {
    const columnA = batch.use(a.field);
    const columnB = batch.use(b.field);
    const columnC = batch.use(c.field);
    const columnD = batch.use(d.field);
    for (let row = first, at = start; row < end; row++, at += stride) {
      columnA[row] = view.getUint16(at + lastA);
      columnB[row] = view.getUint16(at + lastB);
      columnC[row] = view.getUint16(at + lastC);
      columnD[row] = view.getUint16(at + lastD);
    }
  };
}

function u32Steps(a: Part<'u32'>, b: Part<'u32'>, c: Part<'u32'>, d: Part<'u32'>): Step {
  const { last: lastA } = a;
  const { last: lastB } = b;
  const { last: lastC } = c;
  const { last: lastD } = d;
  return ({ batch, view, start, stride, row: first, end }) => {
    const columnA = batch.use(a.field);
    const columnB = batch.use(b.field);
    const columnC = batch.use(c.field);
    const columnD = batch.use(d.field);
    for (let row = first, at = start; row < end; row++, at += stride) {
      columnA[row] = view.getUint32(at + lastA);
      columnB[row] = view.getUint32(at + lastB);
      columnC[row] = view.getUint32(at + lastC);
      columnD[row] = view.getUint32(at + lastD);
    }
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
      const quality = batch.use(FIELD.quality);
      for (let row = first, at = start + slot.offset; row < end; row++, at += stride) {
        let lost = 0;
        for (let i = 0; i < above; i++) lost |= data[at + i];
        if (lost !== 0) quality[row] |= QUALITY.value_cut;
      }
    },
  ];
}
