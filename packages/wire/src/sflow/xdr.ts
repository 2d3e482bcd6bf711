// XDR (RFC 4506) as sFlow uses it: big-endian words, opaque data padded to four bytes, lengths filled in afterwards.

export class XdrWriter {
  #bytes = new Uint8Array(2048);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  u64(value: number): void {
    this.u32(Math.floor(value / 4294967296));
    this.u32(value >>> 0);
  }

  /** Bytes as they are, padded with zeros to a multiple of four. */
  opaque(bytes: Uint8Array): void {
    this.#reserve(bytes.length + 3);
    this.#bytes.set(bytes, this.#at);
    const end = this.#at + bytes.length;
    this.#at = (end + 3) & ~3;
    this.#bytes.fill(0, end, this.#at);
  }

  /** An address of four words in memory order; IPv4-mapped ones are written as IPv4. */
  address(words: Uint32Array, at = 0): void {
    const isIPv4 = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff0000;
    this.u32(isIPv4 ? 1 : 2);
    for (let word = isIPv4 ? 3 : 0; word < 4; word++) {
      this.#reserve(4);
      this.#view.setUint32(this.#at, words[at + word], true);
      this.#at += 4;
    }
  }

  /** Writes a length word, then what `body` writes, and sets the length to it. */
  sized(body: () => void): void {
    this.u32(0);
    const from = this.#at;
    body();
    this.#view.setUint32(from - 4, this.#at - from);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const wider = new Uint8Array((this.#at + bytes) * 2);
    wider.set(this.#bytes);
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}
