// Up to which reading of the kernel's drop counters somebody has counted, by socket. Sockets outlive the processes that read them, and the
// kernel counts from their opening on: without this a successor would count the drops of its predecessor once more.

/** Sockets of one lane that are remembered: ports, addresses and spares. */
const SOCKETS = 256;
const WORDS = 4;
export const DROP_READINGS_BYTES = SOCKETS * WORDS * 4;

export class DropReadings {
  /** For each socket its inode (low, high), the reading, and 1 where the entry is in use. */
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(memory: ArrayBuffer) {
    this.#words = new Uint32Array(memory, 0, SOCKETS * WORDS);
  }

  /** The reading up to which was counted; 0 for a socket that nobody has counted. */
  of(inode: number): number {
    const at = this.#find(inode);
    return at === undefined ? 0 : this.#words[at + 2];
  }

  note(inode: number, reading: number): void {
    const at = this.#find(inode) ?? this.#vacant();
    this.#words[at] = inode >>> 0;
    this.#words[at + 1] = Math.floor(inode / 4294967296);
    this.#words[at + 2] = reading;
    this.#words[at + 3] = 1;
  }

  /** Forgets all sockets but these: inodes are used again. */
  keep(inodes: ReadonlySet<number>): void {
    for (let at = 0; at < this.#words.length; at += WORDS) {
      if (!inodes.has(this.#words[at + 1] * 4294967296 + this.#words[at])) this.#words[at + 3] = 0;
    }
  }

  #find(inode: number): number | undefined {
    const words = this.#words;
    for (let at = 0; at < words.length; at += WORDS) {
      if (words[at + 3] === 1 && words[at + 1] * 4294967296 + words[at] === inode) return at;
    }
    return undefined;
  }

  #vacant(): number {
    for (let at = 0; at < this.#words.length; at += WORDS) if (this.#words[at + 3] !== 1) return at;
    // More sockets than are remembered: the last one's drops may be counted again by a successor.
    return this.#words.length - WORDS;
  }
}
