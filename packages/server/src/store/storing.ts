// The storing process's parts and the order in which they start and stop: store, roll-ups, loader, retention, the watch for damage.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ConsumerHealth, Log } from '@weir/spool';
import {
  ClockGuard,
  DATABASE,
  DamageWatch,
  Loader,
  mending,
  openStore,
  Retention,
  RollupMaker,
  releaseSnapshots,
  type Store,
} from '@weir/store';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { STORE_STOP_MS } from '../supervisor/stop.ts';
import { FactsKeeper } from './facts.ts';
import { memoryLimit } from './memory-limit.ts';
import { memoryWarning } from './memory-share.ts';
import { storeOptions, storeTarget } from './target.ts';
import { asideText, assertStoreWritable, explainFailure } from './trouble.ts';

/** With this many processors two files go in side by side, and merges get more than one thread. */
const MANY_CORES = 4;

interface Parts {
  readonly store: Store;
  readonly loader: Loader;
  readonly rollups: RollupMaker;
  readonly retention: Retention;
  readonly damage: DamageWatch;
  readonly facts: FactsKeeper;
}

export class Storing {
  readonly store: Store;
  readonly facts: FactsKeeper;
  readonly rollups: RollupMaker;
  readonly damage: DamageWatch;
  readonly #loader: Loader;
  readonly #retention: Retention;

  private constructor({ store, loader, rollups, retention, damage, facts }: Parts) {
    this.store = store;
    this.#loader = loader;
    this.#retention = retention;
    this.rollups = rollups;
    this.damage = damage;
    this.facts = facts;
  }

  /** Opens the store, brings its schema up to date and begins to load. Throws StoreError and ServerError. */
  static async start(config: Config, directories: Directories, log: Logger): Promise<Storing> {
    const target = storeTarget(config, directories);
    const place = 'path' in target ? { name: target.path, embedded: true } : { name: target.url, embedded: false };
    if (place.embedded) assertStoreWritable(place.name);
    const warning = place.embedded ? memoryWarning(config.store, memoryLimit()) : undefined;
    if (warning !== undefined) log.warn(warning);
    const store = openStore(target, storeOptions(config));
    await store.migrate();
    if (store.path !== undefined) releaseSnapshots(store.path);
    const logLine: Log = (level, message, details) => log[level](details ?? {}, message);
    const rollups = new RollupMaker({ store, dir: directories.spool, log: logLine });
    await mending(
      store,
      () => rollups.prepare(),
      ({ table, part, meaning }) =>
        log.error(`part ${part} of ${table} was damaged and is kept in detached/: ${meaning}`),
    );
    const loader = new Loader({
      store,
      dir: directories.spool,
      log: logLine,
      inserts: availableParallelism() >= MANY_CORES ? 2 : 1,
      onFlows: (manifest) => rollups.flowsComing(manifest),
      explain: (failure) => explainFailure(failure, place),
    });
    const retention = await makeRetention(config, directories, store, rollups, logLine);
    const damage = new DamageWatch({
      store,
      rollups,
      // What was claimed before the last end is worked off when the spool was empty once.
      settled: () => facts.facts().backlogFiles === 0,
      log: logLine,
    });
    const facts = new FactsKeeper(store, loader, directories.spool, {
      rolledUpUntil: () => rollups.rolledUpUntil()['1m'],
      degraded: () =>
        [...damage.problems(), retention.clockDoubt(), asideText(directories.spool)].filter(
          (what) => what !== undefined,
        ),
    });
    loader.start();
    rollups.start();
    retention.start();
    damage.start();
    await facts.start();
    return new Storing({ store, loader, rollups, retention, damage, facts });
  }

  /** The store as a consumer of the spool. Throws SpoolError when its directory there cannot be read. */
  consumer(): ConsumerHealth {
    return this.#loader.health();
  }

  /** Loads what waits in the spool for a while first; the rest is as safe there, and is loaded at the next start. */
  async stop(): Promise<void> {
    const deadline = performance.now() + STORE_STOP_MS.drain;
    await Promise.all([this.#retention.stop(), this.rollups.stop(), this.damage.stop()]);
    while (
      this.facts.facts().backlogFiles > 0 &&
      this.#loader.state.state !== 'retrying' &&
      performance.now() < deadline
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.#loader.stop();
    this.facts.stop();
    await this.store.close();
  }
}

async function makeRetention(
  { store: settings }: Config,
  directories: Directories,
  store: Store,
  rollups: RollupMaker,
  log: Log,
): Promise<Retention> {
  const { flows, rollup_1m, rollup_5m, rollup_1h, max_size } = settings.retention;
  const newestKnown = await newestFlow(store);
  const clock = new ClockGuard({
    path: join(directories.data, 'clock.json'),
    ...(newestKnown === undefined ? {} : { newestKnown }),
  });
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
    clockInDoubt: () => clock.look(),
    ...(store.path === undefined ? {} : { ballastPath: join(store.path, 'weir-ballast') }),
    log,
  });
}

/** When the newest flow was received, milliseconds since 1970; undefined when there is none. Throws StoreError. */
async function newestFlow(store: Store): Promise<number | undefined> {
  const { rows } = await store.query(
    `SELECT count() AS parts, toUnixTimestamp(max(max_time)) AS newest FROM system.parts
     WHERE active AND database = {database:String} AND table = 'flows'`,
    { database: DATABASE },
  );
  return Number(rows[0].parts) === 0 ? undefined : Number(rows[0].newest) * 1000;
}
