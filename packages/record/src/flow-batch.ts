// A batch of flows as columns: typed arrays that decoders write into and that ClickHouse's Native format is made of.
// A new row is all zeros; core columns are always present, the others from the moment one is used.
import { coreColumns, type WideKind, wideColumns } from './core-columns.ts';
import { FIELDS, type Field } from './fields.ts';
import { isList, KINDS, type ListKind, type ScalarArray, type ScalarKind } from './kinds.ts';
import { ListColumn } from './list-column.ts';

export type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | ListColumn;

function allocate(field: Field, capacity: number): Column {
  if (isList(field.kind)) return new ListColumn(field.kind, capacity);
  const { bytes, words } = KINDS[field.kind];
  const length = capacity * words;
  if (bytes === 1) return new Uint8Array(length);
  if (bytes === 2) return new Uint16Array(length);
  return new Uint32Array(length);
}

export class FlowBatch {
  readonly capacity: number;
  /** Rows filled. Decoders write rows from here on, then raise it. */
  length = 0;
  /** By field index; undefined until first used. Kept across `clear` so that memory is allocated once. */
  readonly #columns: (Column | undefined)[] = new Array(FIELDS.length).fill(undefined);
  /** The same, undefined for those that are not part of this batch now. */
  readonly #present: (Column | undefined)[] = new Array(FIELDS.length).fill(undefined);
  /** Columns of 8 bytes a row as 64-bit numbers, by field index; made when first asked for. */
  readonly #wide: (BigUint64Array<ArrayBuffer> | undefined)[] = new Array(FIELDS.length).fill(undefined);

  /** The columns that are always there: `batch.core.src_addr`. */
  readonly core: ReturnType<typeof coreColumns>;
  /** Those of 8 bytes a row as 64-bit numbers; see `useWide`. */
  readonly wide: ReturnType<typeof wideColumns>;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.core = coreColumns((field) => this.use(field));
    this.wide = wideColumns((field) => this.useWide(field));
  }

  /** Rows that still fit. */
  get room(): number {
    return this.capacity - this.length;
  }

  /** The column of a field, which from now on is part of this batch. Rows not written are zero (lists: empty). */
  use<K extends ScalarKind>(field: Field<K>): ScalarArray<K>;
  use<K extends ListKind>(field: Field<K>): ListColumn;
  use(field: Field): Column;
  use(field: Field): Column {
    // Decoders come here some forty times a message: the usual way is two loads.
    return this.#present[field.index] ?? this.#take(field);
  }

  /**
   * The same column, an element a row: for copying 64-bit numbers whole. Numbers that go from a DataView or another such array
   * straight into it are never made objects by the optimising compiler; anything else done with them allocates.
   */
  useWide(field: Field<WideKind>): BigUint64Array<ArrayBuffer> {
    const column = this.use(field);
    const known = this.#wide[field.index];
    if (known !== undefined) return known;
    const made = new BigUint64Array(column.buffer, column.byteOffset, this.capacity);
    this.#wide[field.index] = made;
    return made;
  }

  #take(field: Field): Column {
    let column = this.#columns[field.index];
    if (column === undefined) {
      column = allocate(field, this.capacity);
      this.#columns[field.index] = column;
    }
    this.#present[field.index] = column;
    return column;
  }

  /** Whether a field is part of this batch. */
  has(field: Field): boolean {
    return this.#present[field.index] !== undefined;
  }

  /** The fields of this batch, in catalogue order. */
  fields(): Field[] {
    return FIELDS.filter((field) => this.has(field));
  }

  /** Forgets the rows from `row` on: for a decoder that finds its message broken half way. */
  truncate(row: number): void {
    this.#zero(row, this.length);
    this.length = row;
  }

  /**
   * Zeroes rows that a decoder wrote at and after `length` without taking them in: `end` is one past the last it may
   * have touched.
   */
  scrub(end: number): void {
    this.#zero(this.length, Math.min(end, this.capacity));
  }

  /** Empties the batch for reuse. Only core columns remain part of it. */
  clear(): void {
    this.#zero(0, this.length);
    this.length = 0;
    for (const field of FIELDS) if (!field.core) this.#present[field.index] = undefined;
  }

  #zero(from: number, to: number): void {
    if (to <= from) return;
    for (const field of FIELDS) {
      const column = this.#present[field.index];
      if (column === undefined) continue;
      if (column instanceof ListColumn) column.truncate(from);
      else {
        const { words } = KINDS[field.kind];
        column.fill(0, from * words, to * words);
      }
    }
  }
}
