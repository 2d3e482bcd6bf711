// The addresses that sent most of many datagrams, found with a bounded count (Misra and Gries 1982).
import type { DatagramBatch } from '../listener.ts';

/** Counters. Whoever sent more than one in 33 datagrams has one of them, and at most one in 33 is missing from its count. */
const COUNTERS = 32;

export class HeavyHitters {
  /** Datagrams counted since `clear`. */
  total = 0;
  /** Four words each, as in DatagramBatch. */
  readonly addresses = new Uint32Array(COUNTERS * 4);
  /** 0 where a counter is free. */
  readonly counts = new Uint32Array(COUNTERS);
  /** Where the last datagram was counted: most come in runs. */
  #last = 0;

  count({ count, peers }: DatagramBatch): void {
    this.total += count;
    for (let i = 0; i < count; i++) {
      const at = i * 4;
      if (this.counts[this.#last] === 0 || !this.#isAt(this.#last, peers, at)) this.#last = this.#find(peers, at);
      if (this.#last < COUNTERS) this.counts[this.#last]++;
      else {
        for (let counter = 0; counter < COUNTERS; counter++) this.counts[counter]--;
        this.#last = 0;
      }
    }
  }

  /** The counter of an address, else a free one, which then is its, else COUNTERS. */
  #find(peers: Uint32Array, at: number): number {
    let free = COUNTERS;
    for (let counter = 0; counter < COUNTERS; counter++) {
      if (this.counts[counter] === 0) free = counter;
      else if (this.#isAt(counter, peers, at)) return counter;
    }
    if (free < COUNTERS) for (let word = 0; word < 4; word++) this.addresses[free * 4 + word] = peers[at + word];
    return free;
  }

  #isAt(counter: number, peers: Uint32Array, at: number): boolean {
    const { addresses } = this;
    const own = counter * 4;
    // The last word differs most often.
    return (
      addresses[own + 3] === peers[at + 3] &&
      addresses[own + 2] === peers[at + 2] &&
      addresses[own + 1] === peers[at + 1] &&
      addresses[own] === peers[at]
    );
  }

  /** Counters in use, the greatest count first. */
  ranked(): number[] {
    const { counts } = this;
    const used = [...counts.keys()].filter((counter) => counts[counter] > 0);
    return used.sort((a, b) => counts[b] - counts[a]);
  }

  clear(): void {
    this.total = 0;
    this.counts.fill(0);
  }
}
