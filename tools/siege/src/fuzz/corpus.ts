// Inputs that reached something new, to make others from.
import type { Random } from '../random.ts';

/** Inputs kept at once; beyond it a random older one goes, whose features stay known. */
const MAX_INPUTS = 4000;

export class Corpus<Input> {
  readonly #inputs: Input[] = [];
  readonly #known = new Set<number | string>();

  get size(): number {
    return this.#inputs.length;
  }

  get features(): number {
    return this.#known.size;
  }

  /** Keeps an input if it shows a feature that none before did. */
  offer(input: Input, features: Iterable<number | string>, random: Random): boolean {
    let fresh = false;
    for (const feature of features) {
      if (this.#known.has(feature)) continue;
      this.#known.add(feature);
      fresh = true;
    }
    if (!fresh) return false;
    if (this.#inputs.length < MAX_INPUTS) this.#inputs.push(input);
    else this.#inputs[random.below(MAX_INPUTS)] = input;
    return true;
  }

  /** One to change. Half the time one of the newest, where nobody has looked around yet. */
  pick(random: Random): Input {
    const { length } = this.#inputs;
    if (random.chance(0.5)) return this.#inputs[random.below(length)];
    return this.#inputs[length - 1 - random.below(Math.ceil(length / 5))];
  }
}
