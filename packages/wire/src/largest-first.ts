// Holders of bytes, the largest at hand: a binary heap that a holder's place in is known, so that a change costs at most a few steps.

export interface Holder {
  /** Bytes. */
  held: number;
  /** Index in the heap; -1 when it is in none. */
  place: number;
}

export class LargestFirst<T extends Holder> {
  readonly #heap: T[] = [];
  /** Bytes that all in it hold. */
  total = 0;

  get size(): number {
    return this.#heap.length;
  }

  get largest(): T | undefined {
    return this.#heap[0];
  }

  add(item: T): void {
    item.place = this.#heap.length;
    this.#heap.push(item);
    this.total += item.held;
    this.#rise(item);
  }

  remove(item: T): void {
    const { place } = item;
    const last = this.#heap.pop();
    item.place = -1;
    this.total -= item.held;
    if (last === undefined || last === item) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  /** Makes an item that is in the heap hold so many bytes more, or fewer where negative. */
  change(item: T, bytes: number): void {
    item.held += bytes;
    this.total += bytes;
    if (bytes > 0) this.#rise(item);
    else this.#sink(item);
  }

  #put(item: T, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }

  #rise(item: T): void {
    let { place } = item;
    while (place > 0) {
      const above = this.#heap[(place - 1) >> 1];
      if (above.held >= item.held) break;
      const next = above.place;
      this.#put(above, place);
      place = next;
    }
    this.#put(item, place);
  }

  #sink(item: T): void {
    let { place } = item;
    for (;;) {
      let below = this.#heap[place * 2 + 1];
      const other = this.#heap[place * 2 + 2];
      if (other !== undefined && other.held > below.held) below = other;
      if (below === undefined || below.held <= item.held) break;
      const next = below.place;
      this.#put(below, place);
      place = next;
    }
    this.#put(item, place);
  }
}
