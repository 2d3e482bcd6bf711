// Whether Weir does its work: receiving, storing, and being able to answer.
import type { CollectorStatus } from '../status.ts';

export interface StoreFacts {
  /** Why the store cannot be written or read just now; empty when it can. */
  readonly problem: string;
  readonly rows: number;
  readonly bytesOnDisk: number;
  /** Milliseconds since 1970; 0 when there are no flows. */
  readonly oldest: number;
  readonly newest: number;
  readonly rolledUpUntil: number;
  readonly backlogFiles: number;
  readonly loadedRows: number;
  readonly loadedFiles: number;
}

export interface Readiness {
  readonly ready: boolean;
  /** Plain sentences, empty when ready. */
  readonly reasons: readonly string[];
}

/** Part of the spool's cap from which on Weir says that it is in trouble. */
const SPOOL_ALARM = 0.9;

/**
 * @param live statuses of the collecting processes that are running
 * @param storeProblem why the store cannot be written or read; empty when it can
 */
export function readiness(live: readonly CollectorStatus[], storeProblem: string): Readiness {
  const reasons: string[] = [];
  if (storeProblem !== '') reasons.push(`the store: ${storeProblem}`);
  if (live.length === 0) reasons.push('no collecting process is running');
  for (const { collector, spool } of live) {
    if (spool.problem !== '') reasons.push(`the spool of ${collector}: ${spool.problem}`);
    if (spool.bytes > spool.capBytes * SPOOL_ALARM) {
      reasons.push(`the spool of ${collector} is ${Math.floor((100 * spool.bytes) / spool.capBytes)} % full`);
    }
  }
  return { ready: reasons.length === 0, reasons };
}
