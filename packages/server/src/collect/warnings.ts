// What the collecting process warns of by itself; its lanes have warnings of their own.
import { consumersOnDisk } from '@weir/spool';
import { type Config, isLoopback } from '../config/schema.ts';
import { type ConsumerPlan, NAMES } from './consumers.ts';

/** Sentences that each name the setting to change. */
export function collectorWarnings({ listen: { host, allow } }: Config, spool: string, plan: ConsumerPlan): string[] {
  const warnings: string[] = [];
  if (!isLoopback(host) && allow.length === 0) {
    warnings.push(
      `flows are taken from anyone who can reach ${host}: name the networks of your exporters in listen.allow (--listen-allow)`,
    );
  }
  const known = new Set([...plan.flows.keys(), NAMES]);
  for (const name of consumersOnDisk(spool)) {
    if (known.has(name)) continue;
    warnings.push(
      `the spool keeps files for ${name}, which is not configured any more: remove ${spool}/consumers/${name}, or configure it again`,
    );
  }
  return warnings;
}
