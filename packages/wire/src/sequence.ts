// Sequence accounting: what was lost on the way to us. The unit differs by protocol: NetFlow v5 counts flows, v9 messages,
// IPFIX data records (RFC 7011 section 3.1), sFlow datagrams per agent and sub-agent.
import { ACCOUNT, type AccountName } from '@weir/record';

/** A step back of more than this many units is a restart at once; a smaller one may be a message that comes late or twice. */
const REORDER_WINDOW = 4096;
/** A step ahead of more than this is no loss but a restart with another number. */
const MAX_GAP = 1 << 24;
/** Gaps that are remembered, each as its first number and its length: what a late message may still fill. */
const HOLES = 16;

/** One stream of sequence numbers: one exporter, version and observation domain. */
export class SequenceTracker {
  readonly #counters: Float64Array;
  readonly #lost: number;
  readonly #resets: number;
  #expected = 0;
  #started = false;
  /** Made with the first gap; the oldest is overwritten. */
  #holes: Uint32Array | undefined;
  #nextHole = 0;
  /** What comes next if the message before was the first of a restarted exporter; -1: it was none. */
  #afterRestart = -1;

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
   *
   * A message behind the expected number fills a gap, comes twice, or is the first after a restart. A gap says the first; the other two
   * look alike until the next message, which goes on from the restart or from where the stream was (as RFC 3550 appendix A.1
   * tells a restarted RTP source).
   */
  advance(sequence: number, units: number): number {
    const next = (sequence + units) >>> 0;
    const gap = (sequence - this.#expected) | 0;
    if (gap === 0 || !this.#started) {
      this.#started = true;
      this.#expected = next;
      this.#afterRestart = -1;
      return 0;
    }
    if (gap > 0 && gap <= MAX_GAP) {
      this.#counters[this.#lost] += gap;
      this.#remember(this.#expected, gap);
      this.#expected = next;
      this.#afterRestart = -1;
      return gap;
    }
    if (gap < 0 && gap >= -REORDER_WINDOW && sequence !== this.#afterRestart) {
      if (this.#fill(sequence, units)) this.#counters[this.#lost] -= units;
      // A message without units (templates only) tells nothing: it has the number of the next one.
      else if (units > 0) this.#afterRestart = next;
      return 0;
    }
    this.#counters[this.#resets]++;
    this.#expected = next;
    this.#afterRestart = -1;
    // They are of the numbering before.
    this.#holes?.fill(0);
    return 0;
  }

  #remember(start: number, length: number): void {
    this.#holes ??= new Uint32Array(HOLES * 2);
    this.#holes[this.#nextHole * 2] = start;
    this.#holes[this.#nextHole * 2 + 1] = length;
    this.#nextHole = (this.#nextHole + 1) % HOLES;
  }

  /** Takes `units` numbers from `sequence` on out of the gap that has all of them; false when none has. */
  #fill(sequence: number, units: number): boolean {
    const holes = this.#holes;
    if (holes === undefined || units === 0) return false;
    for (let i = 0; i < holes.length; i += 2) {
      const before = (sequence - holes[i]) >>> 0;
      const behind = holes[i + 1] - before - units;
      if (before >= holes[i + 1] || behind < 0) continue;
      holes[i + 1] = before;
      if (before === 0) {
        holes[i] = sequence + units;
        holes[i + 1] = behind;
      } else if (behind > 0) this.#remember((sequence + units) >>> 0, behind);
      return true;
    }
    return false;
  }
}
