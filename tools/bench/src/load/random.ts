// Seeded random numbers, so that two runs send the same traffic. xorshift128 (Marsaglia, 2003): fast, and without a pattern that a
// cache or a hash table could profit from.

export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #d = 0x37e15162;

  constructor(seed: number) {
    this.#a = seed | 1;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** 0 to 2^32 - 1. */
  u32(): number {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = t ^ s ^ (s >>> 19);
    return this.#a >>> 0;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * bound);
  }
}
