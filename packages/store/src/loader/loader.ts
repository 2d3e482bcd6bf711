// The store as a consumer of the spool: dimensions first, so that flows have names when they appear, then the ledger, then flows,
// oldest first. Whatever happens, every flow is stored exactly once: a file whose insert may have succeeded is looked for (presence.ts).
import { randomUUID } from 'node:crypto';
import { steadyNow } from '@weir/record';
import {
  asSpoolError,
  Consumer,
  type ConsumerHealth,
  type ConsumerStats,
  type Delivery,
  type Ends,
  errno,
  type Failure,
  type Log,
  type Manifest,
  SpoolError,
  STORE,
} from '@weir/spool';
import { LedgerTable } from '../ledger/ledger-table.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { Dictionaries, loadDimensions } from './dimension-rows.ts';
import { countFlows, loadLedger } from './ledger-rows.ts';
import { inHours, missingHours } from './presence.ts';

export interface LoaderOptions {
  readonly store: Store;
  /** The spool directory. */
  readonly dir: string;
  /** Milliseconds between looks at an empty spool. Default 100. */
  readonly pollMs?: number;
  /** Files that go in side by side: each is one thread, and takes up to 250 MB. Default 1. */
  readonly inserts?: number;
  /** Longest wait between attempts while the store refuses. Default 10,000. */
  readonly maxBackoffMs?: number;
  /** Called before the flows of a file become visible, with what they span. */
  readonly onFlows?: (manifest: Manifest) => Promise<void>;
  /** Why flows cannot be taken in, for people. Default: what the engine or the file system said. */
  readonly explain?: (failure: Failure) => string;
  readonly log?: Log;
}

export interface LoaderStats extends ConsumerStats {
  /** Files found half loaded, and how many of them were in the store. */
  recovered: number;
  recoveredPresent: number;
}

export class Loader {
  readonly #store: Store;
  readonly #dir: string;
  readonly #dictionaries: Dictionaries;
  readonly #ledger: LedgerTable;
  readonly #onFlows: (manifest: Manifest) => Promise<void>;
  readonly #consumer: Consumer;
  readonly #recovered = { recovered: 0, recoveredPresent: 0 };

  /** Throws SpoolError when the spool cannot be made or read. */
  constructor(options: LoaderOptions) {
    const { store, dir, pollMs, maxBackoffMs, explain, log } = options;
    this.#store = store;
    this.#dir = dir;
    this.#dictionaries = new Dictionaries(store);
    this.#ledger = new LedgerTable(store);
    this.#onFlows = options.onFlows ?? (async () => {});
    this.#consumer = new Consumer({
      dir,
      name: STORE,
      called: 'the store',
      destination: {
        prepare: (delivery) => this.#prepare(delivery),
        deliver: (delivery) => this.#deliver(delivery),
      },
      countEnds: ({ name }, ends) => countFlows(this.#ledger, name, ends, steadyNow()),
      rows: () => this.#rows(),
      sideBySide: options.inserts ?? 1,
      failureOf,
      ...(pollMs === undefined ? {} : { pollMs }),
      ...(maxBackoffMs === undefined ? {} : { maxBackoffMs }),
      ...(explain === undefined ? {} : { explain }),
      ...(log === undefined ? {} : { log }),
    });
  }

  get state(): Pick<ConsumerHealth, 'state' | 'place' | 'code' | 'reason'> {
    return this.#consumer.state;
  }

  get stats(): Readonly<LoaderStats> {
    return { ...this.#consumer.stats, ...this.#recovered };
  }

  health(): ConsumerHealth {
    return this.#consumer.health();
  }

  /** Begins to load and goes on until `stop`. */
  start(): void {
    this.#consumer.start();
  }

  /** Stops after the file at hand. */
  stop(): Promise<void> {
    return this.#consumer.stop();
  }

  /** Takes in what waits now. Resolves to how many files. Throws StoreError and SpoolError. */
  loadOnce(): Promise<number> {
    return this.#consumer.round();
  }

  async #rows(): Promise<number> {
    const files = await loadDimensions(this.#store, this.#dir, this.#dictionaries);
    return files + (await loadLedger(this.#ledger, this.#dir));
  }

  async #prepare({ manifest }: Delivery): Promise<void> {
    await this.#permanently(() => this.#store.addColumns(manifest.columns), 'other_schema');
    await this.#onFlows(manifest);
  }

  async #deliver(delivery: Delivery): Promise<Ends> {
    await this.#permanently(() => this.#insert(delivery), 'damaged');
    return [{ account: 'flows_stored', rows: delivery.manifest.exporters }];
  }

  /** A first attempt counts on the token; after one whose end is not known the rows themselves are looked for. */
  async #insert({ name, path, manifest, again }: Delivery): Promise<void> {
    const file = { table: 'flows', path, format: 'Native', columns: manifest.columns } as const;
    if (!again || this.#store.kind !== 'embedded') {
      assertAllWritten(name, await this.#store.insertFile({ ...file, token: name }), manifest.rows);
      return;
    }
    this.#recovered.recovered++;
    const missing = await missingHours(this.#store, path, manifest.columns);
    if (missing.length === 0) {
      this.#recovered.recoveredPresent++;
      return;
    }
    const hours = missing.map(({ hour }) => hour);
    const written = await this.#store.insertFile({
      ...file,
      token: `${name} ${randomUUID()}`,
      where: inHours(hours),
    });
    const rows = missing.reduce((sum, hour) => sum + hour.rows, 0);
    assertAllWritten(name, written, rows);
  }

  /** Bytes that the engine cannot read are the file's fault, which no attempt changes. */
  async #permanently(action: () => Promise<void>, code: 'damaged' | 'other_schema'): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_data') throw error;
      throw new SpoolError(code, error.message, [], error);
    }
  }
}

/** Nothing is counted as stored that the engine does not say it has written. Throws StoreError. */
function assertAllWritten(name: string, written: number | undefined, rows: number): void {
  if (written === undefined || written === rows) return;
  throw new StoreError('engine', `of the ${rows} flows of ${name} the engine wrote ${written}; they are looked for`);
}

function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) return { place: 'destination', code: error.code, reason };
  // All files that this process touches by itself are the spool's.
  if (error instanceof SpoolError || errno(error) !== undefined) {
    return { place: 'spool', code: asSpoolError(error, 'take in what waits').code, reason };
  }
  return { place: 'destination', code: 'engine', reason };
}
