// IP fragments to whole datagrams (RFC 791, RFC 8200 section 4.5). Bounded: so many datagrams under way, none longer than IP allows;
// overlapping fragments make their datagram void (RFC 5722). The work is linear in the bytes, however small the fragments are.

/** Longest IP payload. */
const MAX_BYTES = 65_535;
/** Offsets count units of eight bytes, so every fragment but the last is whole units long. */
const UNIT_SHIFT = 3;
const UNIT_BYTES = 1 << UNIT_SHIFT;
const MAX_UNITS = (MAX_BYTES + 1) >> UNIT_SHIFT;
/** A datagram under way takes 1 kB besides its fragments. */
const MAX_UNDER_WAY = 1024;

class Partial {
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  held = 0;
  /** One past the last byte of the fragments so far. */
  reach = 0;
  /** Known once the last fragment came; else -1. */
  total = -1;
  /** A bit per unit that a fragment filled. */
  readonly #filled = new Uint32Array(MAX_UNITS >> 5);

  /** Whether a fragment fits to those before it. */
  fits(offset: number, more: boolean, length: number): boolean {
    const end = offset + length;
    if (length === 0 || end > MAX_BYTES || (more && length % UNIT_BYTES !== 0)) return false;
    if (this.total >= 0 && (!more || end > this.total)) return false;
    if (!more && this.reach > end) return false;
    for (let unit = offset >> UNIT_SHIFT; unit << UNIT_SHIFT < end; unit++) {
      if ((this.#filled[unit >> 5] & (1 << (unit & 31))) !== 0) return false;
    }
    return true;
  }

  /** Takes a fragment that fits. */
  add(offset: number, more: boolean, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.parts.push({ offset, bytes: bytes.slice() });
    this.held += bytes.length;
    this.reach = Math.max(this.reach, end);
    if (!more) this.total = end;
    for (let unit = offset >> UNIT_SHIFT; unit << UNIT_SHIFT < end; unit++) {
      this.#filled[unit >> 5] |= 1 << (unit & 31);
    }
  }

  /** The whole payload, undefined while a part is missing. */
  whole(): Uint8Array<ArrayBuffer> | undefined {
    if (this.held !== this.total) return undefined;
    const whole = new Uint8Array(this.total);
    for (const { offset, bytes } of this.parts) whole.set(bytes, offset);
    return whole;
  }
}

export class Reassembly {
  /** In order of arrival: the oldest gives way. */
  readonly #underWay = new Map<string, Partial>();
  #lost = 0;

  /** Fragments that belong to no whole datagram. */
  get unfinished(): number {
    let count = this.#lost;
    for (const partial of this.#underWay.values()) count += partial.parts.length;
    return count;
  }

  /** Takes a fragment; gives the whole payload when this was the last one missing. */
  add(
    src: Uint32Array,
    dst: Uint32Array,
    id: number,
    offset: number,
    more: boolean,
    bytes: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const key = `${src.join()} ${dst.join()} ${id}`;
    let partial = this.#underWay.get(key);
    if (partial === undefined) {
      if (this.#underWay.size === MAX_UNDER_WAY) this.#forgetOldest();
      partial = new Partial();
      this.#underWay.set(key, partial);
    }
    if (!partial.fits(offset, more, bytes.length)) {
      this.#lost += partial.parts.length + 1;
      this.#underWay.delete(key);
      return undefined;
    }
    partial.add(offset, more, bytes);
    const whole = partial.whole();
    if (whole !== undefined) this.#underWay.delete(key);
    return whole;
  }

  #forgetOldest(): void {
    for (const [key, partial] of this.#underWay) {
      this.#lost += partial.parts.length;
      this.#underWay.delete(key);
      return;
    }
  }
}
