// Random numbers from a seed, so that the demo's cluster is the same in every process that is given the same one.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32 (Tommy Ettinger, public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** Log-normal: sizes of what people send are. `spread` is the standard deviation of the logarithm. */
  around(median: number, spread = 1): number {
    return median * Math.exp(spread * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** How often something of this expected count happens (Poisson; normal approximation above 50). */
  poisson(expected: number): number {
    if (expected > 50) return Math.max(0, Math.round(expected + Math.sqrt(expected) * this.normal()));
    const limit = Math.exp(-expected);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }

  /** How many of `trials` succeed (binomial): each packet is sampled on its own. */
  binomial(trials: number, probability: number): number {
    if (probability >= 1) return trials;
    if (trials > 40) {
      const expected = trials * probability;
      if (expected < 50 && probability < 0.2) return Math.min(trials, this.poisson(expected));
      const spread = Math.sqrt(expected * (1 - probability)) * this.normal();
      return Math.min(trials, Math.max(0, Math.round(expected + spread)));
    }
    let count = 0;
    for (let trial = 0; trial < trials; trial++) if (this.next() < probability) count++;
    return count;
  }

  /** Letters and digits as Kubernetes puts at the end of pods' names. */
  suffix(length: number): string {
    let text = '';
    for (let at = 0; at < length; at++) text += 'bcdfghjklmnpqrstvwxz2456789'[this.below(27)];
    return text;
  }
}
