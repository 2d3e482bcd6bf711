// Whether Weir does its work: receiving, storing, and being able to answer.
import type { CollectorStatus } from '../status.ts';

export interface StoreFacts {
  /** Why the store cannot be written or read just now; empty when it can. */
  readonly problem: string;
  /** What is wrong although it can, as sentences: a part of it is damaged, the clock is in doubt. */
  readonly degraded?: readonly string[];
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
  /** What needs a person although it is ready, as sentences. Not a reason to send probes elsewhere. */
  readonly degraded?: readonly string[];
}

/** Part of the spool's cap from which on Weir says that it is in trouble. */
const SPOOL_ALARM = 0.9;

/** What is wrong with the store as a sentence that names it; empty when nothing is. */
export const storeReason = ({ problem }: Pick<StoreFacts, 'problem'>): string =>
  problem === '' ? '' : `the store: ${problem}`;

/**
 * @param live statuses of the collecting processes that are running
 * @param store why the store cannot be written or read, as a sentence; empty when it can
 * @param degraded what is wrong with the store although it can, and with the consumers of the spool
 * @param silent of collecting processes that are there and do not tell of themselves, a sentence each
 */
export function readiness(
  live: readonly CollectorStatus[],
  store: string,
  degraded: readonly string[] = [],
  silent: readonly string[] = [],
): Readiness {
  const reasons: string[] = store === '' ? [...silent] : [store, ...silent];
  if (live.length === 0 && silent.length === 0) reasons.push('no collecting process is running');
  for (const { collector, spool } of live) {
    if (spool.problem !== '') reasons.push(`the spool of ${collector}: ${spool.problem}`);
    if (spool.bytes > spool.capBytes * SPOOL_ALARM) {
      const part = Math.floor((100 * spool.bytes) / spool.capBytes);
      reasons.push(
        `the spool of ${collector} is ${part} % full: the store takes flows slower than they come; beyond spool.max_size the oldest are dropped and counted as flows_spool_cap`,
      );
    }
  }
  return { ready: reasons.length === 0, reasons, ...(degraded.length === 0 ? {} : { degraded }) };
}
