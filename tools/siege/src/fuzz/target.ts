// What is attacked with mutated inputs, and what must hold for it. The fuzzer knows nothing of the inputs but this.
import type { Random } from '../random.ts';

export interface Failure {
  readonly oracle: string;
  readonly message: string;
}

export interface Verdict {
  /** What was broken; empty if all is well. */
  readonly failures: readonly Failure[];
  /** Messages and bytes that were read, of all passes together: what the steps of code are weighed against. */
  readonly messages: number;
  readonly bytes: number;
  /** What happened besides the code that ran, as words: an input that shows a new one is kept. */
  readonly features: readonly string[];
  /** Counts for the report, summed over all inputs. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Target<Input> {
  /** Parts of the paths of source files whose coverage counts. */
  readonly sources: readonly string[];
  /** Steps of code allowed for an input: so many, and so many more for each message and each byte read. See `Coverage`. */
  readonly steps: { readonly input: number; readonly message: number; readonly byte: number };
  /** Inputs to start with. */
  seeds(): Input[];
  /** A new one from the formats' grammar. */
  generate(random: Random): Input;
  /** `input` changed, perhaps with parts of `other`; neither of them is touched. */
  mutate(input: Input, other: Input, random: Random): Input;
  /** Never throws: what the code under attack throws is a failure. */
  run(input: Input): Verdict | Promise<Verdict>;
  /** Smaller inputs to try in place of one that fails, the smallest first. */
  shrink(input: Input): Iterable<Input>;
  /** As JSON, and back; throws SiegeError `bad_finding` for what it is not. */
  toJSON(input: Input): unknown;
  fromJSON(json: unknown): Input;
}
