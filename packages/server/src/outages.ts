// When nobody read: the collecting process died and was not back. Where the supervisor holds the sockets, what exporters sent meanwhile waited in
// the kernel's buffers, and what did not fit is counted as dropped. Where it does not, no socket took it and no account of the ledger has
// it. The supervisor counts how often and for how long, and tells each collecting process, which tells it on in its status.

export interface Outages {
  /** How often the collecting process was started again since the supervisor started. */
  readonly restarts: number;
  /** Milliseconds for which nobody read, of outages that have ended. */
  readonly downMs: number;
  /** When the one under way began, milliseconds since 1970; 0 when there is none. */
  readonly since: number;
  /** When the last one ended; 0 when there was none. */
  readonly ended: number;
  /** Whether datagrams wait in sockets that the supervisor holds. */
  readonly held: boolean;
}

export const NO_OUTAGES: Outages = { restarts: 0, downMs: 0, since: 0, ended: 0, held: false };

/** How long the last outage is told as a warning after its end, in milliseconds. The counters stay. */
const WARN_MS = 86_400_000;

/** The collecting process died; one that died before it listened prolongs the outage. */
export function collectorDied(outages: Outages, now: number): Outages {
  return { ...outages, restarts: outages.restarts + 1, since: outages.since || now };
}

/** It reads. */
export function collectorListens(outages: Outages, now: number): Outages {
  if (outages.since === 0) return outages;
  // Another process may have read another clock.
  return { ...outages, downMs: outages.downMs + Math.max(0, now - outages.since), since: 0, ended: now };
}

/** What became of the datagrams of an outage. */
export function fateOf({ held }: Pick<Outages, 'held'>): string {
  return held
    ? 'what exporters sent meanwhile waited in the sockets; what did not fit is counted as kernel_dropped'
    : 'what exporters sent meanwhile is in no account of the ledger';
}

/** For people who look at what was lost; empty when there is nothing to tell. */
export function outageWarnings(outages: Outages, now: number): string[] {
  const { restarts, downMs, ended } = outages;
  if (ended === 0 || now - ended > WARN_MS) return [];
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return [
    `the collecting process died and was started again ${times}, last at ${new Date(ended).toISOString()}: for ${seconds(downMs)} in all ` +
      `nobody read; ${fateOf(outages)}`,
  ];
}

/** Milliseconds as people read them: `1.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
