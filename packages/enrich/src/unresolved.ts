// Addresses of the cluster that nobody has: each gets a key, and a row of the entities dimension once.
// Anyone can send datagrams with any address in them, so what is remembered is bounded.
import { type EntityRow, formatAddress, type Key, keyOf } from '@weir/record';
import { unresolvedRow } from './entities.ts';
import { mix, mixAddress } from './hash.ts';

/** Keys remembered in a generation: 65,536 of 8 bytes in a table half full take 1 MB. */
const GENERATION = 65_536;
/** Rows made between two drains at most; the addresses over it get theirs when they are next seen. */
const PENDING = 16_384;

/** Gives the key of an address of a cluster that nobody there has: the address's four words are at word `at`. */
export function unresolvedKeys(cluster: string): (words: Uint32Array, at: number) => Key {
  const seed = keyOf('unresolved', cluster);
  return (words, at) => {
    const lo = mixAddress(seed.lo, words[at], words[at + 1], words[at + 2], words[at + 3]) >>> 0;
    const hi = mixAddress(seed.hi, words[at], words[at + 1], words[at + 2], words[at + 3]) >>> 0;
    return { lo: (lo | hi) === 0 ? 1 : lo, hi };
  };
}

export class Unresolved {
  readonly #cluster: string;
  readonly #keyOf: (words: Uint32Array, at: number) => Key;
  readonly #seedLo: number;
  readonly #seedHi: number;
  /** Keys announced, as pairs of words; the zero pair is an empty slot. */
  #recent: Uint32Array<ArrayBuffer>;
  #older: Uint32Array<ArrayBuffer>;
  #count = 0;
  readonly #generation: number;
  readonly #mask: number;
  /** Of this process alone: who sends us addresses cannot choose them so that all their keys fall into one slot. */
  readonly #salt = (Math.random() * 0x1_0000_0000) | 0;
  /** New since the last drain: four words of the address, two of the key. */
  readonly #pending: Uint32Array<ArrayBuffer>;
  #pendingCount = 0;
  /** Addresses that got no row for want of room since the start. */
  deferred = 0;

  constructor(cluster: string, generation = GENERATION, pending = PENDING) {
    this.#cluster = cluster;
    this.#keyOf = unresolvedKeys(cluster);
    const seed = keyOf('unresolved', cluster);
    this.#seedLo = seed.lo;
    this.#seedHi = seed.hi;
    this.#generation = generation;
    const slots = 2 ** Math.ceil(Math.log2(generation * 2));
    this.#mask = slots - 1;
    this.#recent = new Uint32Array(slots * 2);
    this.#older = new Uint32Array(slots * 2);
    this.#pending = new Uint32Array(pending * 6);
  }

  /** Writes the key of the address at word `at` to `column[to]` and `column[to + 1]`, and notes the address if it is new. */
  take(words: Uint32Array, at: number, column: Uint32Array, to: number): void {
    let lo = mixAddress(this.#seedLo, words[at], words[at + 1], words[at + 2], words[at + 3]) >>> 0;
    const hi = mixAddress(this.#seedHi, words[at], words[at + 1], words[at + 2], words[at + 3]) >>> 0;
    if ((lo | hi) === 0) lo = 1;
    column[to] = lo;
    column[to + 1] = hi;
    if (this.#find(this.#recent, lo, hi) < 0) return;
    if (this.#find(this.#older, lo, hi) >= 0) {
      const at6 = this.#pendingCount * 6;
      if (at6 === this.#pending.length) {
        this.deferred++;
        return;
      }
      const pending = this.#pending;
      pending[at6] = words[at];
      pending[at6 + 1] = words[at + 1];
      pending[at6 + 2] = words[at + 2];
      pending[at6 + 3] = words[at + 3];
      pending[at6 + 4] = lo;
      pending[at6 + 5] = hi;
      this.#pendingCount++;
    }
    this.#remember(lo, hi);
  }

  /** The key of an address of four words. */
  keyOf(words: Uint32Array): Key {
    return this.#keyOf(words, 0);
  }

  /** Whether a row was made for this key and is still remembered. */
  knows(key: Key): boolean {
    return this.#find(this.#recent, key.lo, key.hi) < 0 || this.#find(this.#older, key.lo, key.hi) < 0;
  }

  /** Rows for the addresses that were new since the last call. */
  drain(): EntityRow[] {
    const rows: EntityRow[] = [];
    for (let index = 0; index < this.#pendingCount; index++) {
      const at = index * 6;
      const key = { lo: this.#pending[at + 4], hi: this.#pending[at + 5] };
      rows.push(unresolvedRow(this.#cluster, key, formatAddress(this.#pending, at)));
    }
    this.#pendingCount = 0;
    return rows;
  }

  /** -1 when the key is there, else the free slot where it would go. */
  #find(table: Uint32Array, lo: number, hi: number): number {
    const mask = this.#mask;
    let slot = (mix(lo ^ this.#salt) ^ mix(hi ^ ~this.#salt)) & mask;
    for (;;) {
      const l = table[slot * 2];
      const h = table[slot * 2 + 1];
      if (l === lo && h === hi) return -1;
      if ((l | h) === 0) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #remember(lo: number, hi: number): void {
    if (this.#count === this.#generation) {
      const forgotten = this.#older;
      this.#older = this.#recent;
      this.#recent = forgotten.fill(0);
      this.#count = 0;
    }
    const slot = this.#find(this.#recent, lo, hi);
    this.#recent[slot * 2] = lo;
    this.#recent[slot * 2 + 1] = hi;
    this.#count++;
  }
}
