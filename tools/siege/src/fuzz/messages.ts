// What a fuzzing process is told, and what it says.
import type { Finding } from '../scenario.ts';
import type { Progress } from './fuzzer.ts';
import type { Failure, Target } from './target.ts';

/** What the module of a target exports. */
export interface TargetModule {
  makeTarget(): Target<unknown>;
}

export interface FuzzTask {
  readonly kind: 'fuzz';
  /** URL of the target's module: see TargetModule. */
  readonly module: string;
  readonly seed: number;
  /** Whichever comes first ends it. */
  readonly seconds?: number;
  readonly rounds?: number;
  /** File that holds the input that runs now, for when the process cannot say it any more. */
  readonly running: string;
}

export interface ReplayTask {
  readonly kind: 'replay';
  readonly module: string;
  readonly input: unknown;
}

export type Task = FuzzTask | ReplayTask;

export type Said =
  /** `reached`: the share of the code that ran so far. */
  | { readonly kind: 'progress'; readonly progress: Progress; readonly reached: number }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'replayed'; readonly failures: readonly Failure[] }
  /** The input of a finding is none that the target can read. */
  | { readonly kind: 'refused'; readonly message: string };
