// When nobody listened: the collecting process died and was not back. What exporters sent then no socket took and no account of the
// ledger has, and how much it was cannot be known: a new process begins its sequence tracking anew. What is known is how often and for
// how long; the supervisor counts it and tells each collecting process, which tells it on in its status.

export interface Outages {
  /** How often the collecting process was started again since the supervisor started. */
  readonly restarts: number;
  /** Milliseconds for which nobody listened, of outages that have ended. */
  readonly downMs: number;
  /** When the one under way began, milliseconds since 1970; 0 when there is none. */
  readonly since: number;
  /** When the last one ended; 0 when there was none. */
  readonly ended: number;
}

export const NO_OUTAGES: Outages = { restarts: 0, downMs: 0, since: 0, ended: 0 };

/** How long the last outage is told as a warning after its end, in milliseconds. The counters stay. */
const WARN_MS = 86_400_000;

/** The collecting process died; one that died before it listened prolongs the outage. */
export function collectorDied(outages: Outages, now: number): Outages {
  return { ...outages, restarts: outages.restarts + 1, since: outages.since || now };
}

/** It listens. */
export function collectorListens(outages: Outages, now: number): Outages {
  if (outages.since === 0) return outages;
  // The clock may have been set back.
  return { ...outages, downMs: outages.downMs + Math.max(0, now - outages.since), since: 0, ended: now };
}

/** For people who look at what was lost; empty when there is nothing to tell. */
export function outageWarnings({ restarts, downMs, ended }: Outages, now: number): string[] {
  if (ended === 0 || now - ended > WARN_MS) return [];
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return [
    `the collecting process died and was started again ${times}, last at ${new Date(ended).toISOString()}: for ${seconds(downMs)} in all ` +
      'nobody listened, and what exporters sent then is in no account of the ledger',
  ];
}

/** Milliseconds as people read them: `1.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
