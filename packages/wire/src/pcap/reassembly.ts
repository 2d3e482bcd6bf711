// IP fragments to whole datagrams (RFC 791, RFC 8200 section 4.5). Bounded: so many datagrams under way, none longer than IP allows;
// overlapping fragments make their datagram void (RFC 5722).

/** Longest IP payload. */
const MAX_BYTES = 65_535;
const MAX_UNDER_WAY = 1024;

interface Partial {
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[];
  held: number;
  /** Known once the last fragment came; else -1. */
  total: number;
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
      partial = { parts: [], held: 0, total: -1 };
      this.#underWay.set(key, partial);
    }
    const end = offset + bytes.length;
    const overlaps = partial.parts.some((part) => offset < part.offset + part.bytes.length && part.offset < end);
    if (bytes.length === 0 || end > MAX_BYTES || overlaps || (partial.total >= 0 && (!more || end > partial.total))) {
      this.#lost += partial.parts.length + 1;
      this.#underWay.delete(key);
      return undefined;
    }
    partial.parts.push({ offset, bytes: bytes.slice() });
    partial.held += bytes.length;
    if (!more) partial.total = end;
    if (partial.held !== partial.total) return undefined;
    this.#underWay.delete(key);
    const whole = new Uint8Array(partial.total);
    for (const part of partial.parts) {
      // Only a fragment past the end, sent before the last one, does not fit.
      if (part.offset + part.bytes.length > whole.length) return undefined;
      whole.set(part.bytes, part.offset);
    }
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
