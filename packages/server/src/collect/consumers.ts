// Who takes from the spool, by the configuration: the store, and each sink.
import { STORE } from '@weir/spool';
import type { Config } from '../config/schema.ts';

export interface ConsumerPlan {
  /** Names of those that take flows, each with its cap in bytes. */
  readonly flows: ReadonlyMap<string, number>;
  /** Names of those that take rows of dimensions. */
  readonly dimensions: readonly string[];
}

/** What sinks share: the names of what flows mention. */
export const NAMES = 'names';

export function consumersOf({ spool, sinks }: Pick<Config, 'spool' | 'sinks'>): ConsumerPlan {
  return {
    flows: new Map([
      [STORE, spool.max_size],
      ...sinks.map(({ name, spool_max_size }) => [name, spool_max_size] as const),
    ]),
    dimensions: sinks.length > 0 ? [STORE, NAMES] : [STORE],
  };
}
