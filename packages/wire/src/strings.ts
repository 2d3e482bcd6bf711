// Texts that exporters send, interned: the flow carries a key, the text goes to the `strings` dimension once.
import { type Key, NO_KEY, stringKey } from '@weir/record';

/** Longest text kept, in bytes; longer ones are cut. IPFIX allows 65,535. */
export const MAX_TEXT_BYTES = 512;

const decoder = new TextDecoder('utf-8');

/** The cache in front of the table: places, and the longest text that has one, in bytes. 4,096 places take 400 kB. */
const CACHE_PLACES = 4096;
const CACHE_BYTES = 64;

/**
 * Keeps the texts seen lately. Bounded: at the cap the older half is forgotten, so a forgotten text is only announced
 * again, which is harmless.
 */
export class StringTable {
  readonly #cap: number;
  #recent = new Map<string, Key>();
  #older = new Map<string, Key>();
  #fresh: { key: Key; text: string }[] = [];
  // One place a hash of the bytes: an exporter repeats few texts in many records, and making a string of each is most of the work.
  readonly #cachedBytes = new Uint8Array(CACHE_PLACES * CACHE_BYTES);
  readonly #cachedLengths = new Uint8Array(CACHE_PLACES);
  readonly #cachedKeys: Key[] = new Array(CACHE_PLACES).fill(NO_KEY);

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
    if (last === start) return NO_KEY;
    const length = last - start;
    if (length > CACHE_BYTES) return this.intern(decoder.decode(data.subarray(start, last)));
    let hash = length;
    for (let at = start; at < last; at++) hash = Math.imul(hash ^ data[at], 0x01000193);
    const place = (hash ^ (hash >>> 15)) & (CACHE_PLACES - 1);
    if (this.#isCached(place, data, start, length)) return this.#cachedKeys[place];
    const key = this.intern(decoder.decode(data.subarray(start, last)));
    for (let i = 0; i < length; i++) this.#cachedBytes[place * CACHE_BYTES + i] = data[start + i];
    this.#cachedLengths[place] = length;
    this.#cachedKeys[place] = key;
    return key;
  }

  #isCached(place: number, data: Uint8Array, start: number, length: number): boolean {
    if (this.#cachedLengths[place] !== length) return false;
    const cached = this.#cachedBytes;
    for (let i = 0, at = place * CACHE_BYTES; i < length; i++) if (cached[at + i] !== data[start + i]) return false;
    return true;
  }

  /** Texts that were new since the last call, for the `strings` dimension. */
  drain(): { key: Key; text: string }[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }
}
