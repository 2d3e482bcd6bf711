// ClickHouse's Native format, straight from a FlowBatch. A block is: varuint columns, varuint rows, then for each column its
// name, its type (strings with a varuint length) and its values end to end. FlowBatch keeps its columns in exactly that
// layout, so a block is a list of small headers and views of the batch's own memory.
import { type Column, FIELD, FIELDS, type Field, type FlowBatch, KINDS, ListColumn } from '@weir/record';

/** A column of a block, as manifests and table definitions name it. */
export interface NativeColumn {
  readonly name: string;
  /** ClickHouse type. */
  readonly type: string;
}

/** A piece of a block, in memory order. */
export type BlockPart = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Name and type of a field's column. */
export function nativeColumn(field: Field): NativeColumn {
  return { name: field.name, type: KINDS[field.kind].clickhouse };
}

function pushVarUint(out: number[], value: number): void {
  while (value >= 0x80) {
    out.push((value & 0x7f) | 0x80);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

function pushText(out: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  pushVarUint(out, bytes.length);
  out.push(...bytes);
}

/** Name and type as they stand before a column's values. Made once. */
const COLUMN_HEADERS: readonly Uint8Array<ArrayBuffer>[] = FIELDS.map((field) => {
  const out: number[] = [];
  pushText(out, field.name);
  pushText(out, KINDS[field.kind].clickhouse);
  return Uint8Array.from(out);
});

/** Zeroes to compare columns with, in chunks that stay in the processor's cache. */
const ZEROES = new Uint8Array(65_536);

/** Whether all bytes are zero. Most columns that are not show it within the first bytes. */
function isZero(part: BlockPart): boolean {
  if (part.length > 0 && part[0] !== 0) return false;
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  for (let at = 0; at < bytes.length; at += ZEROES.length) {
    const end = Math.min(at + ZEROES.length, bytes.length);
    if (bytes.compare(ZEROES, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

function blockHeader(columns: number, rows: number): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  pushVarUint(out, columns);
  pushVarUint(out, rows);
  return Uint8Array.from(out);
}

/** Lists: for each row the number of items up to its end as UInt64, then the items. */
function pushList(parts: BlockPart[], column: ListColumn, rows: number): void {
  column.seal(rows);
  const ends = new Uint32Array(rows * 2);
  for (let row = 0; row < rows; row++) ends[row * 2] = column.ends[row];
  const items = rows === 0 ? 0 : column.ends[rows - 1];
  parts.push(ends);
  if (items > 0) parts.push(column.values.subarray(0, items * column.words));
}

/**
 * The rows of a batch as a Native block, in pieces that follow each other. The pieces are views of the batch: write them before
 * the batch changes. Columns that are zero in all rows are left out: the reader, told the whole structure, fills them in for
 * less than they cost to write and read.
 */
export function nativeBlock(batch: FlowBatch): BlockPart[] {
  const rows = batch.length;
  const parts: BlockPart[] = [];
  let columns = 0;
  for (const field of batch.fields()) {
    const column: Column = batch.use(field);
    if (column instanceof ListColumn) {
      parts.push(COLUMN_HEADERS[field.index]);
      pushList(parts, column, rows);
    } else {
      const values = column.subarray(0, rows * KINDS[field.kind].words);
      // A block needs one column, or it has no rows: the exporter's is never left out.
      if (field !== FIELD.exporter && isZero(values)) continue;
      parts.push(COLUMN_HEADERS[field.index], values);
    }
    columns++;
  }
  parts.unshift(blockHeader(columns, rows));
  return parts;
}
