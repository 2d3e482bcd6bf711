// Texts that exporters send, interned: the flow carries a key, the text goes to the `strings` dimension once.
import { ACCOUNT, type Key, NO_KEY, stringKey } from '@weir/record';
import type { CapReport } from './caps.ts';
import type { Exporter } from './exporter.ts';

/** Longest text kept, in bytes; longer ones are cut. IPFIX allows 65,535. */
export const MAX_TEXT_BYTES = 512;

const decoder = new TextDecoder('utf-8');

/** The cache in front of the table: places, and the longest text that has one, in bytes. 4,096 places take 400 kB. */
const CACHE_PLACES = 4096;
const CACHE_BYTES = 64;

/** New texts between two drains, all senders together: part of the table, so that a flood takes some drains to push out the others. */
const FRESH_PART = 4;
/** A sender may add a new text while it has added at most this part of what is left, or this many. */
const SENDER_PART = 4;
const SENDER_LEAST = 64;

/**
 * Keeps the texts seen lately. Bounded: at the cap the older half is forgotten, so a forgotten text is only announced again, which is
 * harmless. Bounded between two drains as well: a text that is too many then has no key, so that no flow carries a key that nobody can
 * look up; it gets one when it comes again after the next drain.
 */
export class StringTable {
  readonly #caps: CapReport;
  readonly #cap: number;
  readonly #freshCap: number;
  #recent = new Map<string, Key>();
  #older = new Map<string, Key>();
  #fresh: { key: Key; text: string }[] = [];
  /** How many of those each sender added. */
  #freshBy = new Map<Exporter, number>();
  /** Who sends the texts that are interned from now on. */
  sender: Exporter | undefined;
  // One place a hash of the bytes: an exporter repeats few texts in many records, and making a string of each is most of the work.
  readonly #cachedBytes = new Uint8Array(CACHE_PLACES * CACHE_BYTES);
  readonly #cachedLengths = new Uint8Array(CACHE_PLACES);
  readonly #cachedKeys: Key[] = new Array(CACHE_PLACES).fill(NO_KEY);

  /** `cap`: texts kept at once; a text of 512 bytes costs about 1.2 kB. */
  constructor(caps: CapReport, cap = 65_536) {
    this.#caps = caps;
    this.#cap = cap;
    this.#freshCap = Math.ceil(cap / FRESH_PART);
  }

  /** Key of a text; the empty text is the zero key, and so is one that is too many just now. */
  intern(text: string): Key {
    if (text === '') return NO_KEY;
    const known = this.#recent.get(text);
    if (known !== undefined) return known;
    const before = this.#older.get(text);
    if (before === undefined && !this.#admit()) return NO_KEY;
    const key = before ?? stringKey(text);
    if (this.#recent.size >= this.#cap / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(text, key);
    if (before === undefined) this.#fresh.push({ key, text });
    return key;
  }

  /** Whether a new text of the sender fits between two drains. Counts it where it does not. */
  #admit(): boolean {
    const left = this.#freshCap - this.#fresh.length;
    const { sender } = this;
    if (sender === undefined) return left > 0;
    const added = this.#freshBy.get(sender) ?? 0;
    if (left > 0 && added < Math.max(SENDER_LEAST, left / SENDER_PART)) {
      this.#freshBy.set(sender, added + 1);
      return true;
    }
    sender.counters[ACCOUNT.texts_cap]++;
    this.#caps.note('texts', sender.words);
    return false;
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
    // A text that got no key may get one next time.
    if (key === NO_KEY) return key;
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
    this.#freshBy.clear();
    return fresh;
  }
}
