// Rows of two batches, compared column by column, byte by byte.
import { type Field, type FlowBatch, KINDS, ListColumn } from '@weir/record';

const ZEROS = Buffer.alloc(1 << 20);

/**
 * The name of a field in which rows `[from, from + count)` of `one` differ from the first `count` of `other`, which is a batch of its own for
 * them; undefined if none does. A field that `other` lacks has to be zero in `one`.
 */
export function differingField(one: FlowBatch, from: number, other: FlowBatch, count: number): string | undefined {
  for (const field of one.fields()) {
    const differs = other.has(field) ? !isSame(one, from, other, count, field) : !isBlank(one, field, from, count);
    if (differs) return field.name;
  }
  return other.fields().find((field) => !one.has(field))?.name;
}

/** The name of a field that is not zero in a row of `[from, from + count)`. */
export function filledField(batch: FlowBatch, from: number, count: number): string | undefined {
  return batch.fields().find((field) => !isBlank(batch, field, from, count))?.name;
}

/** Whether a field that both have is the same in rows `[from, from + count)` of `one` and the first of `other`. */
export function isSame(one: FlowBatch, from: number, other: FlowBatch, count: number, field: Field): boolean {
  const a = one.use(field);
  const b = other.use(field);
  if (!(a instanceof ListColumn) || !(b instanceof ListColumn)) {
    return bytesOf(a as Uint8Array, field, from, count).equals(bytesOf(b as Uint8Array, field, 0, count));
  }
  a.seal(one.length);
  b.seal(other.length);
  for (let row = 0; row < count; row++) {
    const [left, right] = [a.get(from + row), b.get(row)];
    if (left.length !== right.length || left.some((word, index) => word !== right[index])) return false;
  }
  return true;
}

function isBlank(batch: FlowBatch, field: Field, from: number, count: number): boolean {
  const column = batch.use(field);
  if (column instanceof ListColumn) {
    // Lists end with the last row.
    if (from >= batch.length) return true;
    column.seal(batch.length);
    for (let row = from; row < from + count; row++) if (column.get(row).length > 0) return false;
    return true;
  }
  const bytes = bytesOf(column, field, from, count);
  return bytes.equals(bytes.length <= ZEROS.length ? ZEROS.subarray(0, bytes.length) : Buffer.alloc(bytes.length));
}

/** The bytes of a column's rows, as far as it goes. */
function bytesOf(column: Uint8Array | Uint16Array | Uint32Array, field: Field, from: number, count: number): Buffer {
  const { words } = KINDS[field.kind];
  const part = column.subarray(from * words, (from + count) * words);
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}
