// Address → number, open-addressed with linear probing on typed arrays. IPv4 has a table of its own keyed by one word.
// The table is made once and then only read: it is built for the number of addresses it will hold, at most a quarter full.
import { IPV4_MAPPED_WORD } from '@weir/record';
import { mixAddress } from './hash.ts';

/** 2^32 by the golden ratio: the top bits of the product spread neighbouring keys evenly (Knuth, volume 3, section 6.4). */
const SPREAD = 0x9e3779b1;

function slotsFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, entries * 4)));
}

export class AddressTable {
  /** Pairs (word, value); value 0 is an empty slot. */
  readonly #v4: Int32Array<ArrayBuffer>;
  /** Groups of eight: four words, value, three unused, so that a slot never crosses a cache line. */
  readonly #v6: Int32Array<ArrayBuffer>;
  readonly #mask4: number;
  readonly #shift4: number;
  readonly #mask6: number;

  /** Room for so many IPv4 and IPv6 addresses. */
  constructor(ipv4: number, ipv6: number) {
    this.#mask4 = slotsFor(ipv4) - 1;
    this.#mask6 = slotsFor(ipv6) - 1;
    this.#shift4 = Math.clz32(this.#mask4);
    this.#v4 = new Int32Array((this.#mask4 + 1) * 2);
    this.#v6 = new Int32Array((this.#mask6 + 1) * 8);
  }

  /** Sets the value (not 0) of an address, four words as in columns. */
  set(words: Uint32Array, at: number, value: number): void {
    const w0 = words[at] | 0;
    const w1 = words[at + 1] | 0;
    const w2 = words[at + 2] | 0;
    const w3 = words[at + 3] | 0;
    if (w0 === 0 && w1 === 0 && w2 === (IPV4_MAPPED_WORD | 0)) {
      let slot = Math.imul(w3, SPREAD) >>> this.#shift4;
      while (this.#v4[slot * 2 + 1] !== 0 && this.#v4[slot * 2] !== w3) slot = (slot + 1) & this.#mask4;
      this.#v4[slot * 2] = w3;
      this.#v4[slot * 2 + 1] = value;
      return;
    }
    let slot = mixAddress(0, w0, w1, w2, w3) & this.#mask6;
    while (this.#v6[slot * 8 + 4] !== 0 && !this.#is6(slot * 8, w0, w1, w2, w3)) slot = (slot + 1) & this.#mask6;
    this.#v6.set([w0, w1, w2, w3, value], slot * 8);
  }

  /** Value of an IPv4 address given as its word, or 0. */
  get4(word: number): number {
    const table = this.#v4;
    const mask = this.#mask4;
    const key = word | 0;
    let slot = Math.imul(key, SPREAD) >>> this.#shift4;
    for (;;) {
      const value = table[slot * 2 + 1];
      if (value === 0 || table[slot * 2] === key) return value;
      slot = (slot + 1) & mask;
    }
  }

  /** Value of an address that is not IPv4, or 0. */
  get6(w0: number, w1: number, w2: number, w3: number): number {
    const mask = this.#mask6;
    let slot = mixAddress(0, w0, w1, w2, w3) & mask;
    for (;;) {
      const value = this.#v6[slot * 8 + 4];
      if (value === 0 || this.#is6(slot * 8, w0 | 0, w1 | 0, w2 | 0, w3 | 0)) return value;
      slot = (slot + 1) & mask;
    }
  }

  /** Value of any address, or 0. */
  get(words: Uint32Array, at: number): number {
    const w2 = words[at + 2];
    if (w2 === IPV4_MAPPED_WORD && (words[at] | words[at + 1]) === 0) return this.get4(words[at + 3]);
    return this.get6(words[at], words[at + 1], w2, words[at + 3]);
  }

  #is6(base: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const table = this.#v6;
    return table[base + 3] === w3 && table[base + 2] === w2 && table[base + 1] === w1 && table[base] === w0;
  }
}
