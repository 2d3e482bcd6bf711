// What is known of one dimension's keys, bounded: over its cap the half that nobody has asked for longest is forgotten. What flows
// go on naming stays, however many others are announced meanwhile.
import { KeyMap } from './key-map.ts';
import type { Named } from './named.ts';

export class NameTable {
  readonly #cap: number;
  /** Asked for or taken in lately; and before that. A row may be in both. */
  #recent = new KeyMap<Named>();
  #older = new KeyMap<Named>();
  /** Rows forgotten over the cap. */
  forgotten = 0;

  /** `cap`: rows kept at most. */
  constructor(cap: number) {
    this.#cap = cap;
  }

  /** Rows known, at most: some may count twice. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** What the key names; asking for it keeps it. The key is not zero. */
  find(lo: number, hi: number): Named | undefined {
    const found = this.#recent.get(lo, hi);
    if (found !== undefined) return found;
    const older = this.#older.get(lo, hi);
    if (older !== undefined) this.#keep(older);
    return older;
  }

  /** Takes a row in unless a newer one is known. Answers whether it says anything that was not known. */
  take(row: Named): boolean {
    const known = this.find(row.key.lo, row.key.hi);
    if (known !== undefined && known.version > row.version) return false;
    if (known?.says(row) === true) {
      known.version = row.version;
      return false;
    }
    this.#keep(row);
    return true;
  }

  /** All rows, each once; those asked for longest ago first. */
  *rows(): Generator<Named> {
    for (const row of this.#older.values()) if (this.#recent.get(row.key.lo, row.key.hi) === undefined) yield row;
    yield* this.#recent.values();
  }

  #keep(row: Named): void {
    if (this.#recent.size >= this.#cap / 2) {
      for (const old of this.#older.values()) {
        if (this.#recent.get(old.key.lo, old.key.hi) === undefined) this.forgotten++;
      }
      this.#older = this.#recent;
      this.#recent = new KeyMap();
    }
    this.#recent.set(row.key.lo, row.key.hi, row);
  }
}
