// How many lanes there are, and their failures in this package's words.
import { availableParallelism } from 'node:os';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';

/** Lanes for a configuration: half the processors, so that the store has the other half. */
export function laneCount({ listen }: Pick<Config, 'listen'>): number {
  const { lanes } = listen;
  return lanes === 'auto' ? Math.max(1, Math.floor(availableParallelism() / 2)) : lanes;
}

/** A failure to listen as a ServerError. */
export function asServerError({ code, message }: { readonly code: string; readonly message: string }): ServerError {
  return new ServerError(code === 'port_taken' ? 'port_taken' : 'start_failed', message);
}
