// Connections that Weir closed: counted by reason, and told to people where somebody holds too many. No I/O.
import type { Limit } from './connections.ts';

/** Why a connection was closed by us. */
export type Reason =
  | Limit
  /** The request did not come in time. */
  | 'request_timeout'
  /** Nothing happened for too long: no next request, or an answer that is not read. */
  | 'idle_timeout'
  /** What came is not HTTP. */
  | 'unreadable';

/** How long an address is told of after its last connection over a limit, in milliseconds. */
const WARN_MS = 600_000;
/** Addresses that are told of; anyone can connect. */
const MOST_ADDRESSES = 16;
/** How often the address that has most connections is looked for, in milliseconds: that takes a pass over all of them. */
const LOOK_MS = 1000;

interface Over {
  readonly limit: Limit;
  count: number;
  refused: number;
  last: number;
}

const SETTING: Readonly<Record<Limit, string>> = {
  limit: 'http.max_connections',
  limit_per_address: 'http.max_connections_per_address',
};

export class Closings {
  readonly #counts: Record<Reason, number> = {
    limit: 0,
    limit_per_address: 0,
    request_timeout: 0,
    idle_timeout: 0,
    unreadable: 0,
  };
  readonly #over = new Map<string, Over>();
  #largest = '';
  #lookedAt = Number.NEGATIVE_INFINITY;

  get counts(): Readonly<Record<Reason, number>> {
    return this.#counts;
  }

  count(reason: Exclude<Reason, Limit>): void {
    this.#counts[reason]++;
  }

  /**
   * A connection was closed for a limit. Times are monotonic milliseconds. Returns the warning when it is the first of the address in a
   * while, for the log.
   */
  over(limit: Limit, from: () => string, refused: boolean, now: number): string | undefined {
    this.#counts[limit]++;
    const address = limit === 'limit' ? this.#largestAt(from, now) : from();
    const known = this.#over.get(address);
    const again = known !== undefined && known.limit === limit && now - known.last <= WARN_MS;
    const over = again ? known : { limit, count: 0, refused: 0, last: now };
    over.count++;
    over.last = now;
    if (refused) over.refused++;
    if (again) return undefined;
    this.#over.set(address, over);
    if (this.#over.size > MOST_ADDRESSES) this.#forgetOldest();
    return warning(address, over);
  }

  /** Sentences about addresses that were over a limit lately. */
  warnings(now: number): string[] {
    for (const [address, { last }] of this.#over) if (now - last > WARN_MS) this.#over.delete(address);
    return [...this.#over].map(([address, over]) => warning(address, over));
  }

  #largestAt(look: () => string, now: number): string {
    if (now - this.#lookedAt >= LOOK_MS) {
      this.#largest = look();
      this.#lookedAt = now;
    }
    return this.#largest;
  }

  #forgetOldest(): void {
    let oldest: string | undefined;
    let last = Number.POSITIVE_INFINITY;
    for (const [address, over] of this.#over) {
      if (over.last >= last) continue;
      last = over.last;
      oldest = address;
    }
    if (oldest !== undefined) this.#over.delete(oldest);
  }
}

function warning(address: string, { limit, count, refused }: Over): string {
  const much = limit === 'limit' ? 'has most of the connections to the page and the API, of which there are' : 'has';
  const closed = `${count} closed${refused === 0 ? ', the longest idle first' : `, ${refused} of them at once, as all others waited for answers`}`;
  return `${address} ${much} more than ${SETTING[limit]} allows: ${closed}`;
}
