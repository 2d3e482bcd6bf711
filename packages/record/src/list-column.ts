// A column of lists: items end to end, and for each row where its items end. Rows are written in rising order.
import { KINDS, type ListKind } from './kinds.ts';

export class ListColumn {
  readonly kind: ListKind;
  /** Words an item takes: 1 for u32, 4 for an address. */
  readonly words: number;
  /** For each row, the number of items in it and all rows before. Valid up to the last row written; see `seal`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The items' words. Only the first `items * words` are meant. */
  values: Uint32Array<ArrayBuffer>;
  items = 0;
  /** Rows whose end is known. */
  #rows = 0;

  constructor(kind: ListKind, capacity: number) {
    this.kind = kind;
    this.words = KINDS[kind].words;
    this.ends = new Uint32Array(capacity);
    this.values = new Uint32Array(1024 * this.words);
  }

  /** Adds a u32 to the list of `row`; rows between are empty lists. Rows must not go back. */
  push(row: number, value: number): void {
    this.#reach(row);
    if (this.items === this.values.length) this.#grow();
    this.values[this.items++] = value;
    this.ends[row] = this.items;
  }

  /** Adds an address (four words) to the list of `row`. */
  pushAddress(row: number, w0: number, w1: number, w2: number, w3: number): void {
    this.#reach(row);
    if ((this.items + 1) * 4 > this.values.length) this.#grow();
    const at = this.items++ * 4;
    this.values[at] = w0;
    this.values[at + 1] = w1;
    this.values[at + 2] = w2;
    this.values[at + 3] = w3;
    this.ends[row] = this.items;
  }

  /** Makes `ends` valid for all rows before `length`: rows never written are empty lists. */
  seal(length: number): void {
    if (length > 0) this.#reach(length - 1);
  }

  /** Forgets the rows from `row` on. */
  truncate(row: number): void {
    if (row >= this.#rows) return;
    this.#rows = row;
    this.items = row === 0 ? 0 : this.ends[row - 1];
  }

  /** The items of one row: words for u32, four words an address. Valid after `seal`. */
  get(row: number): Uint32Array {
    const start = row === 0 ? 0 : this.ends[row - 1];
    return this.values.subarray(start * this.words, this.ends[row] * this.words);
  }

  #reach(row: number): void {
    while (this.#rows <= row) this.ends[this.#rows++] = this.items;
  }

  #grow(): void {
    const wider = new Uint32Array(this.values.length * 2);
    wider.set(this.values);
    this.values = wider;
  }
}
