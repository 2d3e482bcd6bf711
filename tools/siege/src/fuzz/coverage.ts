// Which code ran, and how much of it, by V8's own counters: precise block coverage through the inspector.
//
// Counters of optimised code are lost, so the process runs with `--no-opt --no-maglev` (see `NODE_FLAGS`): then the sum of all counts is a
// measure of work that is the same on every machine and at every load, which a clock is not.
import { type Profiler, Session } from 'node:inspector';
import { ReachedCode } from './reached-code.ts';

/** Flags of Node that make counts exact, and the same each time: no counters forgotten with code that was not used, no dice. */
export const NODE_FLAGS = ['--no-opt', '--no-maglev', '--no-flush-bytecode', '--random-seed=1'];

/** Longer than any source file. */
const MAX_FILE_CHARACTERS = 2 ** 24;
const CLASSES = 7;

export interface Taken {
  /**
   * Ranges of functions that ran, each with how often: never, 1, 2, 3, 8, 32, 128 times or more. A number for each pair. V8 joins a range
   * to the one around it where both ran equally often, so that what did not run tells as much as what did.
   */
  readonly features: readonly number[];
  /** How often all ranges ran together. */
  readonly steps: number;
}

export class Coverage {
  readonly #session = new Session();
  readonly #sources: readonly string[];
  /** By file, then by range (both offsets as one number): the number of its first class. */
  readonly #files = new Map<string, Map<number, number>>();
  #ranges = 0;
  /** Numbers of ranges that ever ran. */
  readonly #ran = new Set<number>();
  readonly #reached = new ReachedCode();

  /** `sources`: parts of the paths of files that count. */
  constructor(sources: readonly string[]) {
    this.#sources = sources;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The share of the code in functions that ever ran. */
  get reached(): number {
    return this.#reached.share;
  }

  /** What ran since the last call. Takes about a millisecond. */
  take(): Taken {
    const features: number[] = [];
    let steps = 0;
    const { result } = this.#post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
    for (const { url, functions } of result) {
      if (!this.#sources.some((source) => url.includes(source))) continue;
      let file = this.#files.get(url);
      if (file === undefined) {
        file = new Map();
        this.#files.set(url, file);
      }
      for (const covered of functions) {
        let news = false;
        for (const { count, startOffset, endOffset } of covered.ranges) {
          const known = this.#ranges;
          const range = this.#range(file, startOffset * MAX_FILE_CHARACTERS + endOffset);
          news ||= this.#ranges > known || (count > 0 && !this.#ran.has(range));
          if (count > 0) this.#ran.add(range);
          steps += count;
          features.push(range + classOf(count));
        }
        if (news) this.#reached.note(url, covered);
      }
    }
    return { features, steps };
  }

  #range(file: Map<number, number>, range: number): number {
    const known = file.get(range);
    if (known !== undefined) return known;
    const first = this.#ranges++ * CLASSES;
    file.set(range, first);
    return first;
  }

  /** The inspector answers in the same turn. */
  #post<T>(method: string, params: object = {}): T {
    let answer: T | undefined;
    let failure: Error | null = null;
    this.#session.post(method, params, (error: Error | null, result?: object) => {
      failure = error;
      answer = result as T;
    });
    if (failure !== null) throw failure;
    return answer as T;
  }
}

/** Classes as in AFL: a loop that ran another number of times is news only if the order of magnitude is. */
function classOf(count: number): number {
  if (count < 3) return count;
  if (count < 8) return 3;
  if (count < 32) return 4;
  return count < 128 ? 5 : 6;
}
