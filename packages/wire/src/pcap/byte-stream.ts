// Chunks of a file as one run of bytes: take so many, and know the offset. Holds no more than a chunk and what was asked for.

export class ByteStream {
  readonly #chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes taken so far. */
  offset = 0;

  constructor(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Whether nothing is left of what was read. True at the end once `take` gave undefined. */
  get atEnd(): boolean {
    return this.#at === this.#held.length;
  }

  /** The next `count` bytes, valid until the next call; undefined where the file ends before. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = await this.peek(count);
    if (bytes === undefined) return undefined;
    this.#at += count;
    this.offset += count;
    return bytes;
  }

  /** Like `take`, without going on. */
  async peek(count: number): Promise<Uint8Array | undefined> {
    if (this.#held.length - this.#at < count && !(await this.#fill(count))) return undefined;
    return this.#held.subarray(this.#at, this.#at + count);
  }

  async #fill(count: number): Promise<boolean> {
    const parts = [this.#held.subarray(this.#at)];
    let held = parts[0].length;
    while (held < count) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      parts.push(next.value);
      held += next.value.length;
    }
    const joined = new Uint8Array(held);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    this.#held = joined;
    this.#at = 0;
    return held >= count;
  }
}
