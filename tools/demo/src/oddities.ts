// What is not as it should be in the demo's cluster, so that there is something to find.

import { parseAddress } from '@weir/record';
import type { Cluster } from './cluster.ts';
import { TCP, type Traffic } from './traffic.ts';

const MINUTE = 60_000;
/** A port scan begins at every such point in time and goes on for SCAN_MS. */
const SCAN_EVERY = 4 * MINUTE;
const SCAN_MS = 12_000;
/** The scanner knocks at this many ports a second. */
const SCAN_PORTS_PER_SECOND = 120;
/** The backup runs in the first 20 minutes after 02:00 and for a minute at the beginning of every half hour. */
const BACKUP_MS = 60_000;

export class Oddities {
  readonly #cluster: Cluster;
  readonly #traffic: Traffic;
  readonly #stranger = {
    ipv4: parseAddress('198.51.100.66'),
    ipv6: undefined,
    node: -1,
    as: 65_537,
    port: 1,
  };

  constructor(cluster: Cluster, traffic: Traffic) {
    this.#cluster = cluster;
    this.#traffic = traffic;
  }

  /** What happens in the `elapsedMs` up to `now`. */
  step(now: number, elapsedMs: number): void {
    const seconds = elapsedMs / 1000;
    const traffic = this.#traffic;
    const { random } = traffic;

    // A build that was tampered with looks for open ports in the data namespace; a policy drops all of it.
    if (now % SCAN_EVERY < SCAN_MS) {
      const scanner = this.#cluster.pods('ci/runner')[0];
      const targets = this.#cluster.pods('data/postgres');
      for (let n = random.poisson(SCAN_PORTS_PER_SECOND * seconds); n > 0; n--) {
        traffic.attempt(scanner, random.pick(targets), 1 + random.below(10_000), now, true);
      }
    }
    if (isBackup(now)) {
      const backup = this.#cluster.pods('data/backup')[0];
      for (let n = random.poisson(6 * seconds); n > 0; n--) {
        const size = random.around(6_000_000, 0.4);
        const database = random.pick(this.#cluster.pods('data/postgres'));
        traffic.converse(
          backup,
          database,
          { proto: TCP, port: 5432, request: 9000, response: size, durationMs: 10_000 },
          now,
        );
        const storage = this.#cluster.partner('object-storage', random);
        traffic.converse(
          backup,
          storage,
          { proto: TCP, port: 443, request: size, response: 4000, durationMs: 10_000 },
          now,
        );
      }
    }
    // A pod calls a host outside that nobody knows, a little and always.
    for (let n = random.poisson(0.7 * seconds); n > 0; n--) {
      const caller = this.#cluster.pods('shop/recommend')[0];
      traffic.converse(
        caller,
        this.#stranger,
        { proto: TCP, port: 4444, request: 2600, response: 300, durationMs: 5000 },
        now,
      );
    }
    // A pod that the inventory was not told of uses the cache.
    for (let n = random.poisson(3 * seconds); n > 0; n--) {
      const cache = random.pick(this.#cluster.pods('data/redis'));
      const what = { proto: TCP, port: 6379, request: 900, response: 5200, durationMs: 400 };
      traffic.converse(this.#cluster.unlisted, cache, what, now);
    }
    // The shop's web pods may not reach the ledger, and keep trying.
    for (let n = random.poisson(5 * seconds); n > 0; n--) {
      const ledger = random.pick(this.#cluster.pods('payments/ledger'));
      traffic.attempt(random.pick(this.#cluster.pods('shop/web')), ledger, 5432, now, true);
    }
  }
}

/** Whether the backup runs: at night for long, and a minute of every half hour. */
export function isBackup(now: number): boolean {
  const ofDay = now % (24 * 60 * MINUTE);
  return (ofDay >= 120 * MINUTE && ofDay < 140 * MINUTE) || now % (30 * MINUTE) < BACKUP_MS;
}
