// Reading what write.ts wrote: blocks of ClickHouse's Native format back into a FlowBatch. Files may have been damaged, so every length is
// checked before it is used.
import { type Column, FIELD, type Field, type FlowBatch, isFieldName, isList, KINDS, ListColumn } from '@weir/record';
import { SpoolError } from '../errors.ts';

/** Names and types are short; a longer one is no text of ours. */
const MAX_TEXT = 64;
/** Rows of one block: a lane writes at most about 74,000. */
export const MAX_BLOCK_ROWS = 1_048_576;

class Reader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  varUint(): number {
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 7; length++) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw broken('a number is too long');
  }

  text(): string {
    const length = this.varUint();
    if (length > MAX_TEXT) throw broken('a name is too long');
    return this.take(length).toString('latin1');
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.at) throw broken('the block is cut');
    const part = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  /** An offset of a list: a UInt64 that must be a safe number. */
  offset(at: number): number {
    const value = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 4294967296;
    if (!Number.isSafeInteger(value)) throw broken('a list is too long');
    return value;
  }
}

const broken = (what: string): SpoolError => new SpoolError('damaged', `not a block of flows: ${what}`);

/** Rows that the block at `at` says it has. Throws SpoolError `damaged`. */
export function blockRows(bytes: Buffer, at: number): number {
  const reader = new Reader(bytes, at);
  reader.varUint();
  const rows = reader.varUint();
  if (rows > MAX_BLOCK_ROWS) throw broken(`${rows} rows are too many`);
  return rows;
}

/**
 * Reads the block at `at` into `batch`, which must be empty and have room for its rows (`blockRows`). Returns where it ends. Throws
 * SpoolError: `damaged`, or `other_schema` for a column that the catalogue does not have or has with another type.
 */
export function readBlock(bytes: Buffer, at: number, batch: FlowBatch): number {
  const reader = new Reader(bytes, at);
  const columns = reader.varUint();
  const rows = reader.varUint();
  if (rows > batch.capacity) throw broken(`${rows} rows are too many`);
  for (let index = 0; index < columns; index++) {
    const name = reader.text();
    const type = reader.text();
    const field: Field | undefined = isFieldName(name) ? FIELD[name] : undefined;
    if (field === undefined || KINDS[field.kind].clickhouse !== type) {
      throw new SpoolError('other_schema', `there is no column ${name} of type ${type} in this version`);
    }
    readColumn(reader, field, batch.use(field), rows);
  }
  batch.length = rows;
  return reader.at;
}

function readColumn(reader: Reader, field: Field, column: Column, rows: number): void {
  if (column instanceof ListColumn) readList(reader, column, rows);
  else if (!isList(field.kind)) {
    const length = rows * KINDS[field.kind].bytes;
    new Uint8Array(column.buffer, column.byteOffset, length).set(reader.take(length));
  }
}

function readList(reader: Reader, column: ListColumn, rows: number): void {
  const endsAt = reader.at;
  reader.take(rows * 8);
  const items = rows === 0 ? 0 : reader.offset(endsAt + (rows - 1) * 8);
  const bytes = reader.take(items * column.words * 4);
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let item = 0;
  for (let row = 0; row < rows; row++) {
    const end = reader.offset(endsAt + row * 8);
    if (end < item || end > items) throw broken('a list ends before it begins');
    for (; item < end; item++) {
      const at = item * column.words;
      if (column.words === 1) column.push(row, words[at]);
      else column.pushAddress(row, words[at], words[at + 1], words[at + 2], words[at + 3]);
    }
  }
}
