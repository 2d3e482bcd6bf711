// The loop: make an input, run it, keep it if it reached something new, shrink it if it broke something.
import { signature } from '../finding-files.ts';
import { Random } from '../random.ts';
import type { Finding } from '../scenario.ts';
import { Corpus } from './corpus.ts';
import { Coverage } from './coverage.ts';
import type { Failure, Target, Verdict } from './target.ts';

/** Runs that shrinking one input may take, and the steps of code in all of them: some inputs are found because they take long. */
const MAX_SHRINK_RUNS = 500;
const MAX_SHRINK_STEPS = 2e8;
/** How many inputs come from the grammar instead of from the corpus. */
const GENERATED = 0.15;

export interface Progress {
  runs: number;
  bytes: number;
  /** Inputs kept. */
  corpus: number;
  /** Ranges of code with a class of counts, and what targets name themselves. */
  features: number;
  /** The most that any input took of the steps of code that it was allowed; 1 is all of them. */
  work: number;
  /** Sums of the verdicts' counts. */
  readonly counts: Record<string, number>;
}

export interface FuzzerEvents<Input> {
  /** Before an input runs, so that one that never ends, or ends the process, is known. */
  running(input: Input): void;
  found(finding: Finding): void;
}

export class Fuzzer<Input> {
  readonly progress: Progress = { runs: 0, bytes: 0, corpus: 0, features: 0, work: 0, counts: {} };
  readonly #target: Target<Input>;
  readonly #events: FuzzerEvents<Input>;
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #corpus = new Corpus<Input>();
  readonly #waiting: Input[];
  readonly #reported = new Set<string>();

  constructor(target: Target<Input>, seed: number, events: FuzzerEvents<Input>) {
    this.#target = target;
    this.#events = events;
    this.#random = new Random(seed);
    this.#coverage = new Coverage(target.sources);
    this.#waiting = target.seeds();
    // What ran to make the seeds is not the first input's work. This also names all functions that there are.
    this.#coverage.take();
  }

  /** How much of the code ran so far. */
  get reached(): number {
    return this.#coverage.reached;
  }

  /** One input. */
  async round(): Promise<void> {
    const input = this.#next();
    const { verdict, features, failures } = await this.attempt(input);
    const { progress } = this;
    progress.runs++;
    progress.bytes += verdict.bytes;
    for (const [name, count] of Object.entries(verdict.counts)) {
      progress.counts[name] = (progress.counts[name] ?? 0) + count;
    }
    if (failures.length > 0) await this.#report(input, failures);
    // An input that breaks something would only be found again and again.
    else this.#corpus.offer(input, features, this.#random);
    progress.corpus = this.#corpus.size;
    progress.features = this.#corpus.features;
  }

  #next(): Input {
    const seed = this.#waiting.pop();
    if (seed !== undefined) return seed;
    if (this.#corpus.size === 0 || this.#random.chance(GENERATED)) return this.#target.generate(this.#random);
    return this.#target.mutate(this.#corpus.pick(this.#random), this.#corpus.pick(this.#random), this.#random);
  }

  /** Runs an input and weighs the work it made; the input is not kept. */
  async attempt(
    input: Input,
  ): Promise<{ verdict: Verdict; features: (number | string)[]; failures: Failure[]; steps: number }> {
    this.#events.running(input);
    const verdict = await this.#target.run(input);
    const { features, steps } = this.#coverage.take();
    const failures = [...verdict.failures];
    const { messages, bytes } = verdict;
    const allowed = this.#target.steps;
    const work = steps / (allowed.input + allowed.message * messages + allowed.byte * bytes);
    this.progress.work = Math.max(this.progress.work, work);
    if (work > 1) failures.push({ oracle: 'work', message: `${steps} steps of code for ${bytes} bytes` });
    return { verdict, features: [...features, ...verdict.features], failures, steps };
  }

  /** Reports each failure once, with the smallest input that still shows it. */
  async #report(input: Input, failures: readonly Failure[]): Promise<void> {
    for (const failure of failures) {
      const known = signature(failure);
      if (this.#reported.has(known)) continue;
      this.#reported.add(known);
      const small = await this.#shrink(input, failure.oracle);
      // The message may say where in the input: that of the smaller one goes along with it.
      const said = small.failures.find(({ oracle }) => oracle === failure.oracle) ?? failure;
      this.#reported.add(signature(said));
      this.#events.found({ ...said, input: this.#target.toJSON(small.input) });
    }
  }

  async #shrink(input: Input, oracle: string): Promise<{ input: Input; failures: readonly Failure[] }> {
    let best: { input: Input; failures: readonly Failure[] } = { input, failures: [] };
    let runs = 0;
    let work = 0;
    for (let smaller = true; smaller; ) {
      smaller = false;
      for (const candidate of this.#target.shrink(best.input)) {
        if (++runs > MAX_SHRINK_RUNS || work > MAX_SHRINK_STEPS) return best;
        const { failures, steps } = await this.attempt(candidate);
        work += steps;
        if (!failures.some((failure) => failure.oracle === oracle)) continue;
        best = { input: candidate, failures };
        smaller = true;
        break;
      }
    }
    return best;
  }
}
