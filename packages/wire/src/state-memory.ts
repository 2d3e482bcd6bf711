// How much the exporters can make us keep. Caps on single tables are not enough: anyone can send a datagram under any address, and
// tables multiply (exporters by observation domains by interfaces). So what is kept is paid for, by the exporter and by all together.

/** Bytes that one exporter's state may take, and that of all exporters of a lane. */
export const EXPORTER_STATE_BYTES = 16 * 1024 * 1024;
export const TOTAL_STATE_BYTES = 256 * 1024 * 1024;

/** About what the heap spends, in bytes. */
export const STATE_COST = {
  /** An observation domain, engine or sub-agent: its tables and its sequence. */
  domain: 2048,
  /** A field of a template: itself, its slot and its step. */
  field: 256,
  /** A sampling rate. */
  rate: 64,
  /** An interface without its texts. */
  interface: 192,
  /** A character of a text. */
  character: 2,
} as const;

/** An account of bytes. What is taken from it is taken from its parent too. */
export class StateMemory {
  readonly #bytes: number;
  #left: number;
  readonly #parent: StateMemory | undefined;

  constructor(bytes: number, parent?: StateMemory) {
    this.#bytes = bytes;
    this.#left = bytes;
    this.#parent = parent;
  }

  /** Takes so many bytes, or none and answers false where there are not so many. A negative number gives back. */
  take(bytes: number): boolean {
    if (bytes > this.#left || this.#parent?.take(bytes) === false) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives all that was taken back to the parent. Nothing can be taken from a closed account. */
  close(): void {
    this.#parent?.take(this.#left - this.#bytes);
    this.#left = 0;
  }
}

/** Room for what a description lists: one is made every few seconds and crosses threads, so it is bounded as well. */
export interface DescribeRoom {
  left: number;
}

/** The items that there is room for, each by its weight. */
export function* within<T>(items: Iterable<T>, room: DescribeRoom, weigh: (item: T) => number): Generator<T> {
  for (const item of items) {
    const weight = weigh(item);
    if (weight > room.left) return;
    room.left -= weight;
    yield item;
  }
}
