// The addresses whose datagrams go to spare sockets, by lane. One program serves all lanes of a port, and any of them may replace it, so
// each must know what the others divert: the list lies in memory that the lanes of a process share.
import { DIVERTED_CAP } from './lane-program.ts';

const PER_LANE_CAP = 16;

const capacity = (lanes: number) => Math.max(1, Math.min(PER_LANE_CAP, Math.floor(DIVERTED_CAP / lanes)));
/** A count and four words per address. */
const laneWords = (lanes: number) => 1 + capacity(lanes) * 4;

/** What the lanes of one process share to divert floods: make it once, give it to each lane's `openListener`. */
export function divertedMemory(lanes: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + lanes * laneWords(lanes)) * 4);
}

export class DivertedAddresses {
  /** Addresses that one lane may divert. */
  readonly capacity: number;
  /** The first word counts changes; then the lanes follow. */
  readonly #words: Int32Array;
  readonly #lane: number;
  readonly #lanes: number;

  /** `memory` from `divertedMemory`, of zeros at first. */
  constructor(memory: SharedArrayBuffer, lane: number, lanes: number) {
    this.capacity = capacity(lanes);
    this.#words = new Int32Array(memory);
    this.#lane = lane;
    this.#lanes = lanes;
  }

  /** Differs after any lane has changed its addresses: a program made of `all` is then out of date. */
  get generation(): number {
    return Atomics.load(this.#words, 0);
  }

  /** Replaces this lane's addresses, of four words each. */
  set(addresses: readonly Uint32Array[]): void {
    let at = 1 + this.#lane * laneWords(this.#lanes);
    Atomics.store(this.#words, at++, addresses.length);
    for (const address of addresses) for (const word of address) Atomics.store(this.#words, at++, word);
    Atomics.add(this.#words, 0, 1);
  }

  /** Of all lanes. Read while another lane writes it may be wrong; `generation` differs afterwards. */
  all(): Uint32Array {
    const all: number[] = [];
    for (let lane = 0; lane < this.#lanes; lane++) {
      const at = 1 + lane * laneWords(this.#lanes);
      const words = Math.min(Atomics.load(this.#words, at), this.capacity) * 4;
      for (let word = 0; word < words; word++) all.push(Atomics.load(this.#words, at + 1 + word));
    }
    return Uint32Array.from(all);
  }
}
