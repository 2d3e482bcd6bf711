// The ledger's rows put together: by exporter, with every balance struck for each of them.
import { type AccountName, BALANCES } from '@weir/record';
import type { LedgerAnswer } from './answers.ts';

/** What was counted in one account of an exporter. */
export interface Counted {
  /** The exporter's key, decimal. */
  readonly exporter: string;
  /** Whose account it is: a sink's, the store's, or empty for what collectors count. */
  readonly consumer: string;
  readonly account: string;
  readonly count: number;
}

/** The consumer whose accounts no collector has under the same name. */
const STORE = 'store';

type Counts = Record<string, number>;
type Balances = LedgerAnswer['balances'];

/** Accounts in which a received flow has come to rest, whatever sinks do with it. */
const AT_REST: readonly AccountName[] = [
  'flows_spool_failed',
  'flows_lost_with_process',
  ...BALANCES.filter(({ consumer }) => consumer === 'store').flatMap(({ parts }) => parts),
];

class Book {
  /** Of collectors and of the store, whose accounts have different names. */
  readonly counts: Counts = {};
  readonly sinks: Record<string, Counts> = {};

  add({ consumer, account, count }: Counted): void {
    const counts = this.#of(consumer);
    counts[account] = (counts[account] ?? 0) + count;
  }

  #of(consumer: string): Counts {
    if (consumer === '' || consumer === STORE) return this.counts;
    const counts = this.sinks[consumer] ?? {};
    this.sinks[consumer] = counts;
    return counts;
  }

  get inFlight(): number {
    return Math.max(0, (this.counts.flows_received ?? 0) - sum(this.counts, AT_REST));
  }

  difference({ consumer, total, parts }: Omit<Balances[number], 'difference'>): number {
    const counts = consumer === '' || consumer === STORE ? this.counts : (this.sinks[consumer] ?? {});
    return (counts[total] ?? 0) - sum(counts, parts);
  }
}

/** @param addresses of exporters, by key */
export function booksOf(
  counted: readonly Counted[],
  addresses: ReadonlyMap<string, string>,
): Pick<LedgerAnswer, 'exporters' | 'total' | 'sinks' | 'in_flight' | 'balances'> {
  const all = new Book();
  const books = new Map<string, Book>();
  for (const one of counted) {
    all.add(one);
    const book = books.get(one.exporter) ?? new Book();
    book.add(one);
    books.set(one.exporter, book);
  }
  const sinks = Object.keys(all.sinks).sort();
  const balances = BALANCES.flatMap(({ total, parts, consumer }) =>
    (consumer === 'sink' ? sinks : [consumer ?? '']).map((name) => ({ consumer: name, total, parts: [...parts] })),
  );
  return {
    exporters: [...books].map(([key, book]) => ({
      key,
      address: addresses.get(key) ?? '',
      counts: book.counts,
      sinks: book.sinks,
      in_flight: book.inFlight,
      differences: balances.map((balance) => book.difference(balance)),
    })),
    total: all.counts,
    sinks: all.sinks,
    in_flight: all.inFlight,
    balances: balances.map((balance) => ({ ...balance, difference: all.difference(balance) })),
  };
}

const sum = (counts: Counts, names: readonly string[]): number =>
  names.reduce((before, name) => before + (counts[name] ?? 0), 0);
