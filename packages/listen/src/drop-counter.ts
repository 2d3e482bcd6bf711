// Datagrams that the kernel dropped at one socket: its 32-bit counter, which wraps, made into one that does not.

/** Takes readings of the same counter from several places (SO_RXQ_OVFL on datagrams, SO_MEMINFO), some of them late. */
export class DropCounter {
  #last: number;
  #total = 0;

  /** `counted`: the reading up to which someone else has counted, a process that used the socket before; 0 for nobody. */
  constructor(counted = 0) {
    this.#last = counted >>> 0;
  }

  /** Drops beyond those that were counted before. */
  get total(): number {
    return this.#total;
  }

  /** The latest reading, u32: what whoever goes on with this socket begins with. */
  get reading(): number {
    return this.#last;
  }

  /**
   * Takes a reading (u32). One that is behind the latest is of a datagram that waited in the queue: ignored. Between two
   * readings less than 2^31 drops must lie, which at 10 million datagrams/s is three minutes.
   */
  observe(reading: number): void {
    const ahead = (reading - this.#last) | 0;
    if (ahead <= 0) return;
    this.#total += ahead;
    this.#last = reading >>> 0;
  }
}
