// What is said over the control socket: one HTTP request for each piece of work, answered with a line of JSON for each step and one for
// the end.
import type { CheckReport, RepairReport, Snapshot } from '@weir/store';

export interface Works {
  readonly check: CheckReport;
  readonly repair: RepairReport;
  readonly snapshot: Snapshot;
  /** Gives back what a snapshot holds. */
  readonly release: Record<string, never>;
}

export type WorkName = keyof Works;

export type Line<N extends WorkName> =
  | { readonly progress: readonly [done: number, total: number] }
  | { readonly result: Works[N] }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Path of a piece of work; `argument` is the name of a snapshot. */
export const workPath = (name: WorkName, argument = ''): string =>
  `/${name}${argument === '' ? '' : `?name=${encodeURIComponent(argument)}`}`;

export type Progress = (done: number, total: number) => void;
