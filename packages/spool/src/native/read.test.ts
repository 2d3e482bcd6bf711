import { type Column, FIELDS, type Field, FlowBatch, isList, KINDS, ListColumn } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockRows, readBlock } from './read.ts';
import { nativeBlock } from './write.ts';

function bytesOf(batch: FlowBatch): Buffer {
  return Buffer.concat(nativeBlock(batch).map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
}

/** What a column has, in a form that compares by value; undefined for one that is all zero or empty. */
function contentOf(batch: FlowBatch, field: Field): unknown {
  if (!batch.has(field)) return undefined;
  const column: Column = batch.use(field);
  if (column instanceof ListColumn) {
    column.seal(batch.length);
    const rows = Array.from({ length: batch.length }, (_, row) => [...column.get(row)]);
    return rows.some((row) => row.length > 0) ? rows : undefined;
  }
  if (isList(field.kind)) return undefined;
  const values = [...column.subarray(0, batch.length * KINDS[field.kind].words)];
  return values.some((value) => value !== 0) ? values : undefined;
}

/** Batches with random values in random columns. */
const batches = fc
  .record({
    rows: fc.integer({ min: 1, max: 40 }),
    fields: fc.uniqueArray(fc.nat(FIELDS.length - 1), { maxLength: 12 }),
    seed: fc.integer(),
  })
  .map(({ rows, fields, seed }) => {
    const batch = new FlowBatch(rows);
    let state = seed >>> 0;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state;
    };
    for (const index of fields) {
      const column: Column = batch.use(FIELDS[index]);
      for (let row = 0; row < rows; row++) {
        if (column instanceof ListColumn) {
          for (let left = random() % 4; left > 0; left--) {
            if (column.words === 1) column.push(row, random());
            else column.pushAddress(row, random(), random(), random(), random());
          }
        } else {
          const words = column.length / rows;
          for (let word = 0; word < words; word++) column[row * words + word] = random();
        }
      }
    }
    batch.length = rows;
    return batch;
  });

describe('reading a block', () => {
  it('gives back what was written, and where it ends', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const bytes = Buffer.concat([Buffer.from('x'), bytesOf(batch), Buffer.from('behind')]);
        const read = new FlowBatch(blockRows(bytes, 1));
        expect(readBlock(bytes, 1, read)).toBe(bytes.length - 6);
        expect(read.length).toBe(batch.length);
        for (const field of FIELDS) expect(contentOf(read, field), field.name).toEqual(contentOf(batch, field));
      }),
    );
  });

  it('of any other bytes ends with a SpoolError', () => {
    const ends = (bytes: Buffer) => {
      try {
        readBlock(bytes, 0, new FlowBatch(Math.max(1, Math.min(64, blockRows(bytes, 0)))));
        return 'read';
      } catch (error) {
        return (error as Error).name;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(['read', 'SpoolError']).toContain(ends(Buffer.from(bytes)));
      }),
    );
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (batch, at, flip, cut) => {
        const bytes = bytesOf(batch);
        const place = at % bytes.length;
        if (cut) expect(ends(bytes.subarray(0, place))).toBe('SpoolError');
        else {
          bytes[place] ^= flip;
          expect(['read', 'SpoolError']).toContain(ends(bytes));
        }
      }),
    );
  });

  it('with a column of another type or a name that is not known says so', () => {
    const batch = new FlowBatch(1);
    batch.core.src_port[0] = 443;
    batch.length = 1;
    for (const [from, to] of [
      ['src_port', 'src_pork'],
      ['UInt16', 'UInt32'],
    ]) {
      const bytes = Buffer.from(bytesOf(batch).toString('latin1').replace(from, to), 'latin1');
      expect(() => readBlock(bytes, 0, new FlowBatch(1))).toThrow(expect.objectContaining({ code: 'other_schema' }));
    }
  });
});
