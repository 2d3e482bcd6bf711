// The text of a row, cell by cell, as a format writes cells. What depends only on what a key names (its attributes, a text that exporters send)
// is made once for each thing named and not for each flow; what a batch does not have is written as one piece.
import { type Column, type Field, type FlowBatch, isAbsent, KINDS, ListColumn } from '@weir/record';
import {
  type AttributeColumn,
  type FieldColumn,
  type FlowColumn,
  type FlowValue,
  isAttribute,
} from '../flow-record.ts';
import { type Named, newMemoSlot } from '../names/named.ts';
import type { FindNamed, Names } from '../names/names.ts';
import type { TextBuffer } from './text-buffer.ts';

/** How a format writes cells. */
export interface CellStyle {
  /** What stands before the value of a column. `index`: of the column in the row. */
  head(name: string, index: number): string;
  /** What stands for the value of a column that is absent, its head included. */
  absent(index: number): string;
  /** Around texts that hold nothing to escape, such as addresses. */
  readonly quote: '"' | '';
  /** Any value, as the format has it. */
  value(value: FlowValue): string;
}

/** Writes what a row has. */
export type WriteCells = (row: number, out: TextBuffer) => void;

/** For a batch: what writes its cells, or what they are in every row. */
type Piece = (batch: FlowBatch, names: Names) => WriteCells | Uint8Array;

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

export class RowCells {
  readonly #pieces: Piece[] = [];

  constructor(columns: readonly FlowColumn[], style: CellStyle) {
    for (let index = 0; index < columns.length; ) {
      const column = columns[index];
      if (isAttribute(column)) {
        const alike = run(columns, index, column.key);
        this.#pieces.push(attributesPiece(alike, index, style));
        index += alike.length;
      } else this.#pieces.push(fieldPiece(column, index++, style));
    }
  }

  /** Valid until the batch changes. */
  over(batch: FlowBatch, names: Names): WriteCells[] {
    const writers: WriteCells[] = [];
    let constant: Uint8Array = new Uint8Array();
    const end = () => {
      const bytes = constant;
      constant = new Uint8Array();
      if (bytes.length > 0) writers.push((_, out) => out.raw(bytes));
    };
    for (const piece of this.#pieces) {
      const made = piece(batch, names);
      if (made instanceof Uint8Array) constant = Buffer.concat([constant, made]);
      else {
        end();
        writers.push(made);
      }
    }
    end();
    return writers;
  }
}

/** The columns from `index` on that are attributes of the same key. */
function run(columns: readonly FlowColumn[], index: number, key: Field): AttributeColumn[] {
  const alike: AttributeColumn[] = [];
  for (const column of columns.slice(index)) {
    if (!isAttribute(column) || column.key !== key) break;
    alike.push(column);
  }
  return alike;
}

function attributesPiece(columns: readonly AttributeColumn[], index: number, style: CellStyle): Piece {
  const cells = (textOf: (column: AttributeColumn) => string) =>
    bytesOf(
      columns
        .map((column, at) => {
          const text = textOf(column);
          return text === '' ? style.absent(index + at) : style.head(column.name, index + at) + style.value(text);
        })
        .join(''),
    );
  const nothing = cells(() => '');
  const write = ofNamed(nothing, (named) => cells((column) => column.text(named)));
  const [{ key }] = columns;
  return (batch, names) => (batch.has(key) ? write(names.over(batch, key)) : nothing);
}

/** Writes what is made of what is named, once for each. */
function ofNamed(nothing: Uint8Array, make: (named: Named) => Uint8Array): (find: FindNamed) => WriteCells {
  const slot = newMemoSlot();
  return (find) => (row, out) => {
    const named = find(row);
    if (named === undefined) {
      out.raw(nothing);
      return;
    }
    let bytes = named.memo[slot];
    if (bytes === undefined) {
      bytes = make(named);
      named.memo[slot] = bytes;
    }
    out.raw(bytes);
  };
}

/** How the cells of a field are written. Kinds that are in every flow go without strings; the others by the values of `flowRecords`. */
function fieldPiece(column: FieldColumn, index: number, style: CellStyle): Piece {
  const { field, name } = column;
  const head = style.head(name, index);
  const parts: CellParts = {
    absent: bytesOf(style.absent(index)),
    head: bytesOf(head),
    quotedHead: bytesOf(head + style.quote),
    quote: bytesOf(style.quote),
  };
  const over = writing(column, parts, (value) => bytesOf(head + style.value(value)));
  return (batch, names) => (batch.has(field) ? over(batch, names) : parts.absent);
}

interface CellParts {
  readonly absent: Uint8Array;
  readonly head: Uint8Array;
  readonly quotedHead: Uint8Array;
  readonly quote: Uint8Array;
}

function writing(
  column: FieldColumn,
  parts: CellParts,
  cell: (value: FlowValue) => Uint8Array,
): (batch: FlowBatch, names: Names) => WriteCells {
  const { field } = column;
  if (column.shape === 'number') {
    if (KINDS[field.kind].words === 1) return (batch) => smallNumbers(scalars(batch, field), parts);
    const signed = field.kind === 'time';
    return (batch) => largeNumbers(signedWords(batch, field), signed, parts);
  }
  if (field.kind === 'key' || field.kind === 'u64') return (batch) => decimals(signedWords(batch, field), parts);
  if (field.kind === 'addr') return (batch) => addresses(words(batch, field), parts);
  if (field.kind === 'str') {
    const write = ofNamed(parts.absent, ({ attributes: { text } }) => (text === undefined ? parts.absent : cell(text)));
    return (batch, names) => write(names.over(batch, field));
  }
  return (batch, names) => {
    const read = column.over(batch, names);
    return (row, out) => {
      const value = read?.(row);
      out.raw(value === undefined ? parts.absent : cell(value));
    };
  };
}

const smallNumbers =
  (column: ScalarColumn, { absent, head }: CellParts): WriteCells =>
  (row, out) => {
    const value = column[row];
    if (value === 0) {
      out.raw(absent);
      return;
    }
    out.raw(head);
    out.number(value);
  };

const largeNumbers =
  (column: Int32Array, signed: boolean, { absent, head }: CellParts): WriteCells =>
  (row, out) => {
    const lo = column[row * 2];
    const hi = column[row * 2 + 1];
    if ((lo | hi) === 0) {
      out.raw(absent);
      return;
    }
    out.raw(head);
    // Exact, where a record is to 2^53. Times are signed.
    if (signed && hi < 0) out.text(String(hi * 4294967296 + (lo >>> 0)));
    else out.wide(lo, hi);
  };

const decimals =
  (column: Int32Array, { absent, quotedHead, quote }: CellParts): WriteCells =>
  (row, out) => {
    const lo = column[row * 2];
    const hi = column[row * 2 + 1];
    if ((lo | hi) === 0) {
      out.raw(absent);
      return;
    }
    out.raw(quotedHead);
    out.wide(lo, hi);
    out.raw(quote);
  };

const addresses =
  (column: Uint32Array, { absent, quotedHead, quote }: CellParts): WriteCells =>
  (row, out) => {
    if (isAbsent(column, row * 4)) {
      out.raw(absent);
      return;
    }
    out.raw(quotedHead);
    out.address(column, row * 4);
    out.raw(quote);
  };

type ScalarColumn = Exclude<Column, ListColumn>;

function scalars(batch: FlowBatch, field: Field): ScalarColumn {
  const column: Column = batch.use(field);
  if (column instanceof ListColumn) throw new TypeError(`${field.name} is a list`);
  return column;
}

const words = (batch: FlowBatch, field: Field): Uint32Array => scalars(batch, field) as Uint32Array;

/** The same words signed: those are no objects, whatever their bits. */
function signedWords(batch: FlowBatch, field: Field): Int32Array {
  const column = words(batch, field);
  return new Int32Array(column.buffer, column.byteOffset, column.length);
}
