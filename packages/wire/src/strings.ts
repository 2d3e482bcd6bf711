// Texts that exporters send, interned: the flow carries a key, the text goes to the `strings` dimension once.
import { type Key, NO_KEY, stringKey } from '@weir/record';

/** Longest text kept, in bytes; longer ones are cut. IPFIX allows 65,535. */
export const MAX_TEXT_BYTES = 512;

const decoder = new TextDecoder('utf-8');

/**
 * Keeps the texts seen lately. Bounded: at the cap the older half is forgotten, so a forgotten text is only announced
 * again, which is harmless.
 */
export class StringTable {
  readonly #cap: number;
  #recent = new Map<string, Key>();
  #older = new Map<string, Key>();
  #fresh: { key: Key; text: string }[] = [];

  /** `cap`: texts kept at once; a text of 512 bytes costs about 1.2 kB. */
  constructor(cap = 65_536) {
    this.#cap = cap;
  }

  /** Key of a text; the empty text is the zero key. */
  intern(text: string): Key {
    if (text === '') return NO_KEY;
    const known = this.#recent.get(text);
    if (known !== undefined) return known;
    const before = this.#older.get(text);
    const key = before ?? stringKey(text);
    if (this.#recent.size >= this.#cap / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(text, key);
    // A flood of texts between two drains is bounded too: what is not announced now is when it is next forgotten and seen.
    if (before === undefined && this.#fresh.length < this.#cap) this.#fresh.push({ key, text });
    return key;
  }

  /** Key of UTF-8 bytes. Trailing NULs (fixed-length strings are padded with them) do not count. */
  internBytes(data: Uint8Array, start: number, end: number): Key {
    let last = Math.min(end, start + MAX_TEXT_BYTES);
    while (last > start && data[last - 1] === 0) last--;
    return last === start ? NO_KEY : this.intern(decoder.decode(data.subarray(start, last)));
  }

  /** Texts that were new since the last call, for the `strings` dimension. */
  drain(): { key: Key; text: string }[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }
}
