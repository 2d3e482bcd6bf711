// Sequence accounting of NetFlow v5. The header's number is that of its first flow, by Cisco's format. Open vSwitch (up to 3.1 at least)
// writes that of the last one instead, so that messages of unequal length would look as if flows were missing or late. Nothing in a
// message says who made it: which number it is shows when a message has another count of flows than the one before.
import type { SequenceTracker } from '../sequence.ts';

/** How sure we can be: after so many messages that fit one reading only, as many must fit only the other before it is believed. */
const SURE = 4;

export class Netflow5Sequence {
  readonly #tracker: SequenceTracker;
  #previous = 0;
  #previousCount = 0;
  #evidence = 0;

  constructor(tracker: SequenceTracker) {
    this.#tracker = tracker;
  }

  /** Above zero, messages fitted only "number of the first flow"; below, only "number of the last". */
  get evidence(): number {
    return this.#evidence;
  }

  /** The last message's number and count of flows, and the number that the next one should have; -1 where none came yet. */
  get position(): readonly [number, number, number] {
    return [this.#previous, this.#previousCount, this.#tracker.position];
  }

  /** Goes on with evidence that was saved. */
  believe(evidence: number): void {
    this.#evidence = Math.max(-SURE, Math.min(SURE, evidence));
  }

  /** Goes on from a position that was saved. */
  resume(previous: number, previousCount: number, position: number): void {
    this.#previous = previous;
    this.#previousCount = previousCount;
    this.#tracker.resume(position);
  }

  /** Takes a message of `count` flows whose header has this number. Returns how many flows are missing just before it. */
  advance(sequence: number, count: number): number {
    if (count !== this.#previousCount && this.#previousCount > 0) this.#weigh(sequence, count);
    this.#previous = sequence;
    this.#previousCount = count;
    const first = this.#evidence < 0 ? (sequence - count + 1) >>> 0 : sequence;
    return this.#tracker.advance(first, count);
  }

  #weigh(sequence: number, count: number): void {
    const wasLast = this.#evidence < 0;
    if (sequence === (this.#previous + this.#previousCount) >>> 0) this.#evidence = Math.min(SURE, this.#evidence + 1);
    else if (sequence === (this.#previous + count) >>> 0) this.#evidence = Math.max(-SURE, this.#evidence - 1);
    // What was expected next was reckoned by the other reading, and this message fits to the one before: nothing is missing.
    if (wasLast !== this.#evidence < 0) this.#tracker.restart();
  }
}
