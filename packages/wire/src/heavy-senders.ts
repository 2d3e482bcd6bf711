// Who does most of something, among any number of addresses and in little memory: the Space-Saving algorithm (Metwally, Agrawal, El
// Abbadi 2005). Whoever does more than one part in PLACES of all is found.
import { formatAddress } from '@weir/record';

const PLACES = 32;
/** So many are told. */
const TOLD = 3;

export interface HeavySender {
  readonly address: string;
  /** How often at least. */
  readonly times: number;
}

export class HeavySenders {
  readonly #words = new Uint32Array(PLACES * 4);
  readonly #counts = new Float64Array(PLACES);
  /** How much of a count may be others', whose place it took. */
  readonly #errors = new Float64Array(PLACES);
  total = 0;

  note(words: Uint32Array, at: number): void {
    this.total++;
    let least = 0;
    for (let place = 0; place < PLACES; place++) {
      if (this.#counts[place] > 0 && this.#isAt(place, words, at)) {
        this.#counts[place]++;
        return;
      }
      if (this.#counts[place] < this.#counts[least]) least = place;
    }
    for (let i = 0; i < 4; i++) this.#words[least * 4 + i] = words[at + i];
    this.#errors[least] = this.#counts[least];
    this.#counts[least]++;
  }

  /** The addresses that surely did most, the heaviest first; none where nobody stands out. */
  heaviest(): HeavySender[] {
    return Array.from(this.#counts, (_, place) => ({ place, times: this.#sure(place) }))
      .filter(({ times }) => times * PLACES > this.total)
      .sort((a, b) => b.times - a.times)
      .slice(0, TOLD)
      .map(({ place, times }) => ({ address: formatAddress(this.#words, place * 4), times }));
  }

  #sure(place: number): number {
    return this.#counts[place] - this.#errors[place];
  }

  #isAt(place: number, words: Uint32Array, at: number): boolean {
    for (let i = 0; i < 4; i++) if (this.#words[place * 4 + i] !== words[at + i]) return false;
    return true;
  }
}
