// Numbers, texts and bytes of a saved state: big-endian, lengths before what they measure.
import { WireError } from '../errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export class StateWriter {
  #bytes = new Uint8Array(65_536);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
  }

  words(words: Uint32Array): void {
    for (const word of words) this.u32(word);
  }

  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length);
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** As UTF-8. Nearly all texts are ASCII: copied here they take a tenth of the time. */
  text(text: string): void {
    const at = this.#grow(4 + text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = at;
        this.bytes(encoder.encode(text));
        return;
      }
      bytes[at + 4 + i] = code;
    }
    this.#view.setUint32(at, text.length);
  }

  /** A count, then each item as `write` writes it. An item for which that answers false is left out, and all behind it. */
  list<T>(items: Iterable<T>, write: (item: T) => unknown): void {
    const at = this.#grow(4);
    let count = 0;
    for (const item of items) {
      const before = this.#length;
      if (write(item) === false) {
        this.#length = before;
        break;
      }
      count++;
    }
    this.#view.setUint32(at, count);
  }

  /** What `write` writes, after its length. */
  sized(write: () => void): void {
    const at = this.#grow(4);
    write();
    this.#view.setUint32(at, this.#length - at - 4);
  }

  /** What was written, until the next write. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room for so many bytes and answers where. Bytes and view may be others after it. */
  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const wider = new Uint8Array(this.#length * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
      this.#view = new DataView(wider.buffer);
    }
    return at;
  }
}

/** Reads what a StateWriter wrote. Whatever the bytes are, it stays within them and throws WireError where they do not fit. */
export class StateReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A span or a point of time in milliseconds. */
  time(): number {
    const value = this.#view.getFloat64(this.#take(8));
    if (!Number.isFinite(value) || value < 0) throw damaged('a time');
    return value;
  }

  /** An element's value that is an index: exact to 2^53. */
  index(): number {
    const value = this.#view.getFloat64(this.#take(8));
    if (!Number.isSafeInteger(value) || value < 0) throw damaged('an index');
    return value;
  }

  words(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: 4 }, () => this.u32());
  }

  bytes(): Uint8Array {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    try {
      return decoder.decode(this.bytes());
    } catch (error) {
      if (error instanceof TypeError) throw damaged('a text');
      throw error;
    }
  }

  /** Calls `read` for each item of a list; every item has a byte at least, so a count that is too large ends with the bytes. */
  list(read: () => void): void {
    for (let left = this.u32(); left > 0; left--) {
      const before = this.#at;
      read();
      if (this.#at === before) throw damaged('a list');
    }
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw damaged('a length');
    this.#at += length;
    return at;
  }
}

export function damaged(what: string): WireError {
  return new WireError(
    'bad_state',
    `the saved state of the exporters is damaged: ${what} does not fit. Start without it`,
  );
}
