// Text as bytes, written piece by piece without making strings: what formats of text put flows into. 64-bit numbers come as two words, and no
// BigInt is made of them.
import { formatAddress, isAbsent, isIPv4 } from '@weir/record';

const BILLION = 1_000_000_000;
const TEN_BILLION = 10_000_000_000;
/** Longest piece that is copied byte by byte: a call of `set` costs as much as these. */
const SHORT = 24;

export class TextBuffer {
  #bytes: Buffer;
  length = 0;

  /** `capacity`: in bytes; grows where a text needs it. */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** What was written. Valid until something else is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  /** Sets a byte that was written before. */
  replace(at: number, byte: number): void {
    this.#bytes[at] = byte;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Bytes as they are. */
  raw(part: Uint8Array): void {
    const { length } = part;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.length;
    if (length > SHORT) bytes.set(part, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = part[index];
    this.length = at + length;
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.length += this.#bytes.write(text, this.length);
  }

  /** A whole number below 2^32. */
  number(value: number): void {
    if (value < BILLION) this.#padded(value, digitsOf(value));
    else {
      const billions = (value / BILLION) | 0;
      this.byte(48 + billions);
      this.#padded(value - billions * BILLION, 9);
    }
  }

  /**
   * A whole number of 64 bits, as two words, signed or not. From 2^53 on long division by 10^10 in steps of 16 bits: what is carried stays
   * below 2^50, the quotient below 2^31.
   */
  wide(lo: number, hi: number): void {
    const high = hi >>> 0;
    if (high === 0) {
      this.number(lo >>> 0);
      return;
    }
    if (high < 0x20_0000) {
      const value = high * 4294967296 + (lo >>> 0);
      const billions = Math.floor(value / BILLION);
      this.#padded(billions, digitsOf(billions));
      this.#padded(value - billions * BILLION, 9);
      return;
    }
    const first = Math.floor(high / TEN_BILLION);
    const middle = (high - first * TEN_BILLION) * 65_536 + (lo >>> 16);
    const second = Math.floor(middle / TEN_BILLION);
    const last = (middle - second * TEN_BILLION) * 65_536 + (lo & 0xffff);
    const third = Math.floor(last / TEN_BILLION);
    const rest = last - third * TEN_BILLION;
    this.number((first * 65_536 + second) * 65_536 + third);
    const billions = Math.floor(rest / BILLION);
    this.byte(48 + billions);
    this.#padded(rest - billions * BILLION, 9);
  }

  /** The address at word `at`; nothing where it is absent. */
  address(words: Uint32Array, at: number): void {
    if (isIPv4(words, at)) {
      const word = words[at + 3];
      this.#octet(word & 0xff);
      this.byte(46);
      this.#octet((word >>> 8) & 0xff);
      this.byte(46);
      this.#octet((word >>> 16) & 0xff);
      this.byte(46);
      this.#octet(word >>> 24);
    } else if (!isAbsent(words, at)) this.text(formatAddress(words, at));
  }

  #octet(value: number): void {
    this.#padded(value, value < 10 ? 1 : value < 100 ? 2 : 3);
  }

  /** Below 10^9, with zeros before it. */
  #padded(value: number, length: number): void {
    this.#reserve(length);
    const bytes = this.#bytes;
    let left = value | 0;
    for (let at = this.length + length - 1; at >= this.length; at--) {
      const tenth = (left / 10) | 0;
      bytes[at] = 48 + left - tenth * 10;
      left = tenth;
    }
    this.length += length;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const wider = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + bytes));
    this.#bytes.copy(wider, 0, 0, this.length);
    this.#bytes = wider;
  }
}

/** Of a number below 10^9. */
function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 100_000_000 ? (value < 10_000_000 ? 7 : 8) : 9;
}
