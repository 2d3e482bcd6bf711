// Sequence accounting: what was lost on the way to us. The unit differs by protocol: NetFlow v5 counts flows, v9 messages,
// IPFIX data records (RFC 7011 section 3.1), sFlow datagrams an agent and sub-agent.
import { ACCOUNT, type AccountName } from '@weir/record';

/** A step back of at most this many units is taken for reordering, a greater one for a restart. */
const REORDER_WINDOW = 4096;
/** A step ahead of more than this is no loss but a restart with another number. */
const MAX_GAP = 1 << 24;

/** One stream of sequence numbers: one exporter, version and observation domain. */
export class SequenceTracker {
  readonly #counters: Float64Array;
  readonly #lost: number;
  readonly #resets: number;
  #expected = 0;
  #started = false;

  constructor(counters: Float64Array, lost: Extract<AccountName, 'sequence_lost_flows' | 'sequence_lost_datagrams'>) {
    this.#counters = counters;
    this.#lost = ACCOUNT[lost];
    this.#resets = ACCOUNT.sequence_resets;
  }

  /** The number that the next message should have; -1 where none came yet. */
  get position(): number {
    return this.#started ? this.#expected : -1;
  }

  /** Goes on from a position that was saved. */
  resume(position: number): void {
    this.#started = position >= 0;
    this.#expected = Math.max(0, position);
  }

  /** Takes the next message's number as it is: how many units the last one carried is not known. */
  restart(): void {
    this.#started = false;
  }

  /**
   * Takes a message that begins at `sequence` and carries `units`. Returns how many units are missing just before it.
   * A late message (reordered) gives back what it was counted missing for.
   */
  advance(sequence: number, units: number): number {
    const next = (sequence + units) >>> 0;
    if (!this.#started) {
      this.#started = true;
      this.#expected = next;
      return 0;
    }
    const gap = (sequence - this.#expected) | 0;
    if (gap === 0) {
      this.#expected = next;
      return 0;
    }
    if (gap > 0 && gap <= MAX_GAP) {
      this.#counters[this.#lost] += gap;
      this.#expected = next;
      return gap;
    }
    if (gap < 0 && gap >= -REORDER_WINDOW) {
      // Late: it was counted as missing when the one after it came. Never below zero (a duplicate was never missing).
      this.#counters[this.#lost] = Math.max(0, this.#counters[this.#lost] - units);
      return 0;
    }
    this.#counters[this.#resets]++;
    this.#expected = next;
    return 0;
  }
}
