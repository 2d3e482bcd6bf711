// A map by 64-bit keys held as two words: open addressing in typed arrays, so that looking a flow's key up makes no object and touches little
// memory. It only grows.

/** Integer hash (the finaliser of MurmurHash3). */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Of this process alone: nobody can choose texts so that all their keys fall into one place. */
const SALT = (Math.random() * 0x1_0000_0000) | 0;

export class KeyMap<V> {
  /** Pairs of words; the zero pair, which is no key, is a free slot. */
  #keys = new Int32Array(2 * 1024);
  #values: (V | undefined)[] = new Array(1024).fill(undefined);
  #mask = 1023;
  size = 0;

  /** Words as numbers of 32 bits, signed or not. */
  get(lo: number, hi: number): V | undefined {
    return this.#values[this.#slot(lo | 0, hi | 0)];
  }

  set(lo: number, hi: number, value: V): void {
    const slot = this.#slot(lo | 0, hi | 0);
    if (this.#values[slot] === undefined) {
      this.#keys[slot * 2] = lo;
      this.#keys[slot * 2 + 1] = hi;
      this.size++;
    }
    this.#values[slot] = value;
    if (this.size * 2 > this.#mask) this.#grow();
  }

  /** In no order. */
  *values(): Generator<V> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  /** Where the key is, or the free slot where it would go. */
  #slot(lo: number, hi: number): number {
    const keys = this.#keys;
    let slot = (mix(lo ^ SALT) ^ mix(hi ^ ~SALT)) & this.#mask;
    for (;;) {
      const l = keys[slot * 2];
      const h = keys[slot * 2 + 1];
      if ((l === lo && h === hi) || (l | h) === 0) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    const slots = values.length * 2;
    this.#keys = new Int32Array(slots * 2);
    this.#values = new Array(slots).fill(undefined);
    this.#mask = slots - 1;
    for (let from = 0; from < values.length; from++) {
      if (values[from] === undefined) continue;
      const to = this.#slot(keys[from * 2], keys[from * 2 + 1]);
      this.#keys[to * 2] = keys[from * 2];
      this.#keys[to * 2 + 1] = keys[from * 2 + 1];
      this.#values[to] = values[from];
    }
  }
}
