// Passes over the records that copy several core columns at once: a pass costs as much as reading some ten rows, and a message has
// some twenty.
import type { Field, FlowBatch } from '@weir/record';
import type { Step } from './run.ts';

/** A column and where the low bytes of its field begin in the record. */
export interface Part<K extends 'u8' | 'u16' | 'u32'> {
  readonly field: Field<K>;
  readonly last: number;
}

/** Steps that copy all of these: ten in a pass while there are some of each width, then four of one width. */
export function wideSteps(u8: readonly Part<'u8'>[], u16: readonly Part<'u16'>[], u32: readonly Part<'u32'>[]): Step[] {
  const mixed = mixedSteps(u8, u16, u32);
  return [
    ...mixed,
    ...inFours(u8.slice(mixed.length * 4), u8Steps),
    ...inFours(u16.slice(mixed.length * 2), u16Steps),
    ...inFours(u32.slice(mixed.length * 4), u32Steps),
  ];
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
