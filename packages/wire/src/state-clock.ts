// Time as the state of exporters knows it. A decoder reads no clock: its owner passes monotonic time in, about once a second, so that a
// jump of the wall clock neither expires a template nor keeps one for ever.

const MINUTE_MS = 60_000;

export class StateClock {
  /** Milliseconds since the first `advance`; the resolution is how often that is called. */
  now = 0;
  /** Whole minutes of it. */
  minute = 0;
  #origin = 0;
  #started = false;

  /** `monotonic`: milliseconds that never go back, from any beginning that stays the same. */
  advance(monotonic: number): void {
    if (!this.#started) {
      this.#started = true;
      this.#origin = monotonic;
    }
    this.now = Math.max(this.now, monotonic - this.#origin);
    this.minute = Math.floor(this.now / MINUTE_MS);
  }

  /** What was last passed in; 0 before the first. */
  get monotonic(): number {
    return this.#origin + this.now;
  }
}
