// Stopping in the order that loses nothing, within a time that whoever stops Weir allows.
import type { Logger } from '../log.ts';

/**
 * The longest that stopping takes, in milliseconds. Kubernetes kills what has not gone 30 s after it was told to (docker: 10 s,
 * systemd: 90 s), and a collecting process that is killed loses what it has in memory.
 */
export const LONGEST_STOP_MS = 25_000;

/**
 * How long each process may take before it is killed, in milliseconds, in the order in which they stop. Collecting reads what the
 * kernel has taken and completes its files; from then on everything is in the spool or the store, and killing the storing process
 * loses nothing.
 */
export const STOP_PATIENCE_MS = { demo: 1_000, collect: 8_000, sinks: 2_000, store: 12_000 } as const;

/** What is left of LONGEST_STOP_MS for the supervisor: letting go of port and data directory, and the kernel's part of killing. */
export const OWN_STOP_MS = 2_000;

/** Within the storing process's part: waiting for answers under way, then loading what waits in the spool, in milliseconds. */
export const STORE_STOP_MS = { requests: 2_000, drain: 5_000 } as const;

export type Part = keyof typeof STOP_PATIENCE_MS;

export interface Stoppable {
  /** Resolves true when it went by itself within `patience` milliseconds, false when it was killed. */
  stop(patience: number): Promise<boolean>;
}

const KILLED: Readonly<Record<Part, string>> = {
  demo: '',
  collect: '; what it had not written to the spool is lost',
  sinks: '; the spool keeps what they had not sent',
  store: '; the spool keeps what it had not loaded',
};

/** Stops one part after the other. */
export async function stopInOrder(parts: Readonly<Partial<Record<Part, Stoppable>>>, log: Logger): Promise<void> {
  for (const name of Object.keys(STOP_PATIENCE_MS) as Part[]) {
    const gone = await parts[name]?.stop(STOP_PATIENCE_MS[name]);
    if (gone === false)
      log.error(`${name} did not stop within ${STOP_PATIENCE_MS[name] / 1000} s and was killed${KILLED[name]}`);
  }
}
