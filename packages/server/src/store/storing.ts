// The storing process's parts and the order in which they start and stop: store, roll-ups, loader, retention.
import { availableParallelism } from 'node:os';
import type { Log } from '@weir/spool';
import { Loader, openStore, Retention, RollupMaker, type Store } from '@weir/store';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { STORE_STOP_MS } from '../supervisor/stop.ts';
import { FactsKeeper } from './facts.ts';
import { storeTarget } from './target.ts';
import { assertStoreWritable, explainFailure } from './trouble.ts';

/** With this many processors two files go in side by side, and merges get more than one thread. */
const MANY_CORES = 4;

export class Storing {
  readonly store: Store;
  readonly facts: FactsKeeper;
  readonly rollups: RollupMaker;
  readonly #loader: Loader;
  readonly #retention: Retention;

  private constructor(store: Store, loader: Loader, rollups: RollupMaker, retention: Retention, facts: FactsKeeper) {
    this.store = store;
    this.#loader = loader;
    this.#retention = retention;
    this.rollups = rollups;
    this.facts = facts;
  }

  /** Opens the store, brings its schema up to date and begins to load. Throws StoreError and ServerError. */
  static async start(config: Config, directories: Directories, log: Logger): Promise<Storing> {
    const target = storeTarget(config, directories);
    const place = 'path' in target ? { name: target.path, embedded: true } : { name: target.url, embedded: false };
    if (place.embedded) assertStoreWritable(place.name);
    const store = openStore(target, {
      maxMemoryBytes: config.store.memory,
      queries: config.store.query.concurrency,
      mergeThreads: Math.max(1, Math.floor(availableParallelism() / 2)),
      limits: queryLimits(config),
    });
    await store.migrate();
    const logLine: Log = (level, message, details) => log[level](details ?? {}, message);
    const rollups = new RollupMaker({ store, dir: directories.spool, log: logLine });
    await rollups.prepare();
    const loader = new Loader({
      store,
      dir: directories.spool,
      log: logLine,
      inserts: availableParallelism() >= MANY_CORES ? 2 : 1,
      onFlows: (manifest) => rollups.flowsComing(manifest),
      explain: (failure) => explainFailure(failure, place),
    });
    const retention = makeRetention(config, store, rollups, logLine);
    const facts = new FactsKeeper(store, loader, directories.spool, () => rollups.rolledUpUntil()['1m']);
    loader.start();
    rollups.start();
    retention.start();
    await facts.start();
    return new Storing(store, loader, rollups, retention, facts);
  }

  /** Loads what waits in the spool for a while first; the rest is as safe there, and is loaded at the next start. */
  async stop(): Promise<void> {
    const deadline = Date.now() + STORE_STOP_MS.drain;
    await Promise.all([this.#retention.stop(), this.rollups.stop()]);
    while (this.facts.facts().backlogFiles > 0 && this.#loader.state.state !== 'retrying' && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.#loader.stop();
    this.facts.stop();
    await this.store.close();
  }
}

function queryLimits(config: Config) {
  const { max_memory, max_time, max_rows } = config.store.query;
  return { maxMemoryBytes: max_memory, maxSeconds: max_time / 1000, maxRowsToRead: max_rows };
}

function makeRetention({ store: settings }: Config, store: Store, rollups: RollupMaker, log: Log): Retention {
  const { flows, rollup_1m, rollup_5m, rollup_1h, max_size } = settings.retention;
  return new Retention({
    store,
    keepSeconds: {
      flows: flows / 1000,
      flows_1m: rollup_1m / 1000,
      flows_5m: rollup_5m / 1000,
      flows_1h: rollup_1h / 1000,
      // As long as the longest of what it accounts for.
      ledger: Math.max(flows, rollup_1m, rollup_5m, rollup_1h) / 1000,
    },
    maxBytes: max_size,
    onFlowsDropped: (time) => rollups.flowsDropped(time),
    log,
  });
}
