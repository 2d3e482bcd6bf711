// 64-bit numbers compared exactly, as pairs of words: no BigInt is made for a row.
import type { FilterValue } from '../language/ast.ts';

export interface Wide {
  readonly lo: number;
  readonly hi: number;
}

/** The two words of a whole number, of a negative one in two's complement. */
export function wideOf(value: bigint): Wide {
  const bits = BigInt.asUintN(64, value);
  return { lo: Number(bits & 0xffffffffn), hi: Number(bits >> 32n) };
}

/** The number of a value; 0 for what is none. */
export const numberOf = (value: FilterValue): bigint => BigInt(value.type === 'number' ? value.number : 0);

/** A set of 64-bit numbers. */
export class WideSet {
  /** High words by low word. */
  readonly #words = new Map<number, number[]>();

  constructor(values: Iterable<Wide>) {
    for (const { lo, hi } of values) {
      const highs = this.#words.get(lo);
      if (highs === undefined) this.#words.set(lo, [hi]);
      else highs.push(hi);
    }
  }

  has(lo: number, hi: number): boolean {
    const highs = this.#words.get(lo);
    return highs !== undefined && (highs.length === 1 ? highs[0] === hi : highs.includes(hi));
  }
}
