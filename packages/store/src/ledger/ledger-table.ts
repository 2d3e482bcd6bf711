// The table of the ledger, in which every source of rows counts once however often it is given.
//
// A source is what rows come from: a file of the spool, or something that happened in the store, under a name that is never used for
// anything else. With a source's rows goes one more, its mark: account '', the source's name, count 0. Rows and mark are in one insert and
// of one day, so they are in one part of the table, which is there whole or not at all. The engine sums rows up when they are hours old
// and their sources are gone then, but never marks: they have names of their own in the key by which rows are summed up. Retention
// removes them after MARK_DAYS. So a source that is given again, hours or weeks after a crash, finds its mark and adds nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { clickhouseTime, type LedgerRow } from '@weir/spool';
import { DATABASE } from '../schema/tables.ts';
import type { Row, Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

/** How long a mark is kept: a source that is given again later counts again. */
export const MARK_DAYS = 35;

/** What the mark of a source has in the column `account`. Whoever sums accounts leaves these rows out. */
export const MARK_ACCOUNT = '';

export interface LedgerEntry extends LedgerRow {
  /** Who a row is about besides the collector: the store, a sink; '' for what collectors count. */
  readonly consumer?: string;
}

export interface LedgerSource {
  readonly name: string;
  readonly rows: readonly LedgerEntry[];
}

const DAY_MS = 86_400_000;
const dayOf = (time: number): number => Math.floor(time / DAY_MS);

/** The last moment of the engine's 32-bit times, in milliseconds: what is summed up by five minutes has to lie before it. */
const LAST_TIME = 0xffff_ffff * 1000;

/** A clock far off must not make a row that the engine cannot read: the file it is from would never get in. */
const timeOf = (time: number): number => (time >= 0 && time <= LAST_TIME ? Math.floor(time) : 0);

/** Longest wait for inserts that a server may still be at, in milliseconds. */
const SETTLE_MS = 120_000;
const SETTLE_POLL_MS = 500;

/** Characters of names in one question: a server takes parameters in the URL, the embedded engine in a statement of 256 kB. */
const CHUNK_CHARACTERS = 32_768;

function* inChunks(names: Iterable<string>): Generator<string[]> {
  let chunk: string[] = [];
  let characters = 0;
  for (const name of names) {
    if (chunk.length > 0 && characters + name.length > CHUNK_CHARACTERS) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(name);
    characters += name.length;
  }
  if (chunk.length > 0) yield chunk;
}

const QUERY_ID_PREFIX = 'weir-ledger-';

/** One source's rows of one day. */
interface Piece {
  readonly source: string;
  readonly rows: readonly LedgerEntry[];
}

/** A row of the table for an entry; the time stays as it is, to the millisecond. */
function tableRow(source: string, { time, collector, exporter, account, count, consumer = '' }: LedgerEntry): Row {
  return {
    time: clickhouseTime(timeOf(time)),
    collector,
    exporter,
    account,
    consumer,
    count: Math.trunc(count),
    source,
  };
}

/** What of a source is not in. One whose rows are of one day is in as a whole, whatever day that was when it was given before. */
function missingPieces({ name, rows }: LedgerSource, known: ReadonlySet<number> | undefined): Piece[] {
  const days = Map.groupBy(rows, (row) => dayOf(timeOf(row.time)));
  if (days.size === 1 && known !== undefined) return [];
  return [...days].filter(([day]) => known?.has(day) !== true).map(([, ofDay]) => ({ source: name, rows: ofDay }));
}

function mark({ source, rows }: Piece): Row {
  return { time: clickhouseTime(timeOf(rows[0].time)), account: MARK_ACCOUNT, source };
}

type LedgerStore = Pick<Store, 'kind' | 'query' | 'insertRows' | 'together'>;

export class LedgerTable {
  readonly #store: LedgerStore;
  /** Ends when the last call of `add` has: they go one after the other, so that a source given twice at once counts once. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether an insert may be under way that nobody waits for: of a process before this one, or whose answer did not come. */
  #unsettled = true;

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /**
   * Adds the rows of sources, those of each source once: one that is in already, or in part, is completed. When it rejects (StoreError)
   * the rows may be in, and the same sources are to be given again with the same rows. Only where all rows of a source have one time
   * may that be another then, such as the time of the retry.
   */
  add(sources: readonly LedgerSource[]): Promise<void> {
    // Into the gate of writes before into the queue: whoever is before in the queue is then never kept out by who waits for this one.
    return this.#store.together(() => {
      const run = this.#last.then(() => this.#add(sources));
      this.#last = run.catch(() => {});
      return run;
    });
  }

  async #add(sources: readonly LedgerSource[]): Promise<void> {
    if (sources.every((source) => source.rows.length === 0)) return;
    await this.#settle();
    const known = await this.#marks(sources.map((source) => source.name));
    const missing = sources.flatMap((source) => missingPieces(source, known.get(source.name)));
    if (missing.length === 0) return;
    const rows = missing.flatMap((piece) => [...piece.rows.map((entry) => tableRow(piece.source, entry)), mark(piece)]);
    this.#unsettled = true;
    // The marks are what tells doubles. A token would take the retry of an insert for one whose part the engine lost with its process.
    await this.#store.insertRows('ledger', rows, { insert_deduplicate: 0 }, QUERY_ID_PREFIX);
    this.#unsettled = false;
  }

  /** Which days of these sources are in, by name. */
  async #marks(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const marks = new Map<string, Set<number>>();
    for (const some of inChunks(new Set(names))) {
      // In the words of the table's order, so that only the granules with these marks are read.
      const { rows } = await this.#store.query(
        `SELECT source, toUnixTimestamp64Milli(time) AS time FROM ${DATABASE}.ledger
         WHERE account = '' AND exporter = 0 AND collector = '' AND consumer = ''
           AND if(account = '', source, '') IN {names:Array(String)}`,
        { names: some },
      );
      for (const { source, time } of rows) {
        const days = marks.get(String(source)) ?? new Set();
        marks.set(String(source), days.add(dayOf(Number(time))));
      }
    }
    return marks;
  }

  /**
   * A server goes on with an insert whose caller is gone, and marks that come after one has looked for them would be missed: waits for
   * what it is at now. In this process an insert ends with its answer or with the process.
   */
  async #settle(): Promise<void> {
    if (this.#unsettled && this.#store.kind === 'server') {
      const running = await this.#running();
      const deadline = performance.now() + SETTLE_MS;
      while (running.size > 0 && performance.now() < deadline) {
        await sleep(SETTLE_POLL_MS);
        const still = await this.#running();
        for (const id of running) if (!still.has(id)) running.delete(id);
      }
      if (running.size > 0)
        throw new StoreError('overloaded', 'the server is still at an earlier insert into the ledger');
    }
    this.#unsettled = false;
  }

  async #running(): Promise<Set<string>> {
    const { rows } = await this.#store.query(
      `SELECT query_id AS id FROM system.processes WHERE startsWith(query_id, {prefix:String})`,
      { prefix: QUERY_ID_PREFIX },
    );
    return new Set(rows.map((row) => String(row.id)));
  }
}
