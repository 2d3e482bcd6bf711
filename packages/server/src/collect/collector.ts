// The collecting process's main thread: starts the lanes, puts their reports together, writes what they learnt to the spool.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { exporterNode, type Inventory, inventoryEntities } from '@weir/enrich';
import { assertPortsFree, ListenError } from '@weir/listen';
import { type DimensionName, type DimensionRow, newCounters } from '@weir/record';
import { enforceCap, type LedgerRow, prepareSpool, SpoolError, spoolUsage, writeLedger } from '@weir/spool';
import type { Directories } from '../child.ts';
import { type Config, isLoopback } from '../config/schema.ts';
import { ServerError, type ServerErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { collectorListens, NO_OUTAGES, type Outages, outageWarnings } from '../outages.ts';
import { type CollectorStatus, writeStatus } from '../status.ts';
import { VERSION } from '../version.ts';
import { DimensionOutbox } from './dimension-outbox.ts';
import { readInventory, watchInventory } from './inventory-file.ts';
import { LaneTotals, namedCounts, UNATTRIBUTED } from './lane-totals.ts';
import { LedgerWriter } from './ledger-writer.ts';
import type { FromLane, LaneReport, LaneStart, ToLane } from './messages.ts';

const STATUS_MS = 1000;
/** Exporters' last-seen times are written again this often, in milliseconds. */
const EXPORTERS_MS = 60_000;

export class Collector {
  readonly #config: Config;
  readonly #directories: Directories;
  readonly #log: Logger;
  readonly #started = Date.now();
  readonly #writer: string;
  /** By lane: each counts exporters for itself, and forgets them for itself. */
  readonly #ledgers = new Map<number, LedgerWriter>();
  readonly #outbox: DimensionOutbox;
  readonly #totals: LaneTotals;
  readonly #workers: Worker[] = [];
  #inventory: Inventory | undefined;
  #unwatch: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  /** Flows dropped by the cap that no ledger row tells yet, by exporter key: they are counted here, not in a lane. */
  readonly #dropped = new Map<string, number>();
  readonly #exportersWritten = new Map<string, string>();
  #exportersAt = 0;
  #problem = '';
  #outages: Outages;

  /** `outages`: as the supervisor knows them when it starts this process. */
  constructor(config: Config, directories: Directories, log: Logger, outages: Outages = NO_OUTAGES) {
    this.#outages = outages;
    this.#config = config;
    this.#directories = directories;
    this.#log = log;
    // Unique for every start, so that no spool file's name is ever used twice.
    this.#writer = `${config.collector}-${this.#started.toString(36)}-${process.pid}`;
    this.#outbox = new DimensionOutbox(directories.spool, this.#writer);
    this.#totals = new LaneTotals((address) =>
      this.#inventory === undefined ? '' : exporterNode(this.#inventory, address),
    );
  }

  /** Resolves when every lane listens. Rejects with ServerError. `onFailure` is called when a lane dies later. */
  async start(onFailure: (error: Error) => void): Promise<void> {
    const { inventory } = this.#config;
    for (const name of prepareSpool(this.#directories.spool)) {
      this.#log.warn({ file: name }, 'removed a spool file that was not complete when the last collector died');
    }
    if (inventory !== undefined) {
      this.#learn(readInventory(inventory));
      this.#unwatch = watchInventory(
        inventory,
        (read) => this.#learn(read),
        (error) => this.#log.error(`${error.message}; the inventory stays as it was`),
      );
    }
    const lanes = laneCount(this.#config);
    await this.#assertPortsFree();
    await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#startLane(lane, lanes, onFailure)));
    this.#outages = collectorListens(this.#outages, Date.now());
    const { host, ports } = this.#config.listen;
    this.#log.info(
      `listening for NetFlow, IPFIX and sFlow on ${host}, UDP ${ports.join(', ')} (${lanes} lane${lanes === 1 ? '' : 's'})`,
    );
    if (isLoopback(host)) this.#log.info('exporters on other machines need --listen-host 0.0.0.0 or listen.host');
    this.#timer = setInterval(() => this.#write(), STATUS_MS);
  }

  /** Resolves when every lane has written what it received. */
  async stop(): Promise<void> {
    this.#unwatch();
    clearInterval(this.#timer);
    await Promise.all(
      this.#workers.map(async (worker) => {
        const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.postMessage({ type: 'stop' } satisfies ToLane);
        await gone;
      }),
    );
    this.#write();
  }

  /** Uses an inventory that no file holds: the demo's. */
  setInventory(inventory: Inventory): void {
    this.#learn(inventory);
  }

  /** Lanes share ports, so a second collector would bind them too and take half of the datagrams: ask first. */
  async #assertPortsFree(): Promise<void> {
    const { host, ports } = this.#config.listen;
    try {
      await assertPortsFree(ports.map((port) => ({ host, port })));
    } catch (error) {
      if (error instanceof ListenError) throw new ServerError(fatalCode(error.code), error.message);
      throw error;
    }
  }

  #startLane(lane: number, lanes: number, onFailure: (error: Error) => void): Promise<void> {
    const data: LaneStart = {
      lane,
      lanes,
      config: this.#config,
      spoolDir: this.#directories.spool,
      writer: `${this.#writer}-${lane}`,
      inventory: this.#inventory,
    };
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./lane.ts', import.meta.url), { workerData: data });
      this.#workers.push(worker);
      let stopped = false;
      const fail = (error: Error) => {
        reject(error);
        onFailure(error);
      };
      worker.on('message', (message: FromLane) => {
        if (message.type === 'report') this.#take(message);
        else if (message.type === 'listening') resolve();
        else if (message.type === 'stopped') stopped = true;
        else fail(new ServerError(fatalCode(message.code), message.message));
      });
      worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', (code) => {
        if (!stopped) fail(new ServerError('start_failed', `lane ${lane} ended (exit ${code})`));
      });
    });
  }

  #learn(inventory: Inventory): void {
    this.#inventory = inventory;
    this.#dimension('entities', inventoryEntities(inventory, Date.now()));
    for (const worker of this.#workers) worker.postMessage({ type: 'inventory', inventory } satisfies ToLane);
    this.#exportersWritten.clear();
  }

  #take(report: LaneReport): void {
    this.#totals.take(report);
    this.#dimension('strings', report.strings);
    this.#dimension('entities', report.entities);
    // At once: a lane reports when it has completed a file, and the store is about to count what is in it.
    this.#writeLedger(Date.now());
    const forgotten = this.#totals.forget(report);
    if (forgotten.size === 0) return;
    this.#ledgers.get(report.lane)?.forget(forgotten);
    for (const key of forgotten.keys()) this.#exportersWritten.delete(key);
    this.#log.info(
      { lane: report.lane, exporters: forgotten.size },
      'the table of exporters was nearly full: those silent for longest were forgotten, their counts are in the ledger',
    );
  }

  /** Once a second: the ledger, the exporters' rows, the cap and the status. */
  #write(): void {
    const now = Date.now();
    this.#problem = '';
    this.#guard(() => this.#enforceCap());
    this.#writeLedger(now);
    this.#writeExporters(now);
    this.#guard(() => writeStatus(this.#directories.spool, this.#status(now)));
  }

  #status(now: number): CollectorStatus {
    const usage = spoolUsage(this.#directories.spool);
    return {
      collector: this.#config.collector,
      version: VERSION,
      started: this.#started,
      time: now,
      demo: this.#config.demo,
      pid: process.pid,
      memory: process.memoryUsage.rss(),
      lanes: this.#totals.lanes(),
      outages: this.#outages,
      warnings: [...this.#totals.warnings(), ...outageWarnings(this.#outages, now)],
      exporters: this.#totals.exporters(),
      unattributed: namedCounts(this.#totals.counters().get(UNATTRIBUTED) ?? newCounters()),
      spool: {
        files: usage.files,
        bytes: usage.bytes,
        capBytes: this.#config.spool.max_size,
        oldest: usage.oldest ?? 0,
        problem: this.#totals.spoolProblem() || this.#problem,
      },
    };
  }

  #enforceCap(): void {
    for (const manifest of enforceCap(this.#directories.spool, this.#config.spool.max_size)) {
      this.#log.warn({ flows: manifest.rows }, 'the spool is over its cap: the oldest file was dropped and counted');
      for (const [key, rows] of manifest.exporters) this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + rows);
      this.#totals.drop(manifest.exporters);
    }
  }

  #writeLedger(now: number): void {
    const { collector } = this.#config;
    const taken = this.#totals.reports().map((report) => {
      const ledger = this.#ledgers.get(report.lane) ?? new LedgerWriter(collector);
      this.#ledgers.set(report.lane, ledger);
      return { ledger, rows: ledger.take(now, this.#totals.ofLane(report)) };
    });
    const dropped = Array.from(
      this.#dropped,
      ([exporter, count]): LedgerRow => ({ time: now, collector, exporter, account: 'flows_spool_cap', count }),
    );
    let written = false;
    this.#guard(() => {
      writeLedger(this.#directories.spool, this.#writer, [...taken.flatMap(({ rows }) => rows), ...dropped]);
      written = true;
    });
    if (written) this.#dropped.clear();
    else for (const { ledger, rows } of taken) ledger.putBack(rows);
  }

  #writeExporters(now: number): void {
    const all = now - this.#exportersAt >= EXPORTERS_MS;
    if (all) this.#exportersAt = now;
    const rows: DimensionRow<'exporters'>[] = [];
    for (const exporter of this.#totals.exporters()) {
      const protocols = exporter.protocols.map((state) => state.protocol).sort();
      const known = `${exporter.node} ${protocols.join(' ')}`;
      if (!all && this.#exportersWritten.get(exporter.key) === known) continue;
      this.#exportersWritten.set(exporter.key, known);
      rows.push({
        key: exporter.key,
        address: exporter.address,
        name: exporter.node,
        node: exporter.node,
        group: '',
        site: '',
        protocols: [...new Set(protocols)],
        first_seen: exporter.firstSeen,
        last_seen: exporter.lastSeen,
        demo: exporter.demo ? 1 : 0,
        version: String(now),
      });
    }
    this.#dimension('exporters', rows);
  }

  #dimension<D extends DimensionName>(dimension: D, rows: readonly DimensionRow<D>[]): void {
    this.#guard(() => this.#outbox.write(dimension, rows));
  }

  /** A spool that cannot be written is a state to be told, not a reason to stop. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SpoolError) && !(error instanceof Error && 'syscall' in error)) throw error;
      this.#problem = error.message;
      this.#log.error(error.message);
    }
  }
}

/** Lanes for a configuration: half the processors, so that the store has the other half. */
export function laneCount(config: Config): number {
  const { lanes } = config.listen;
  return lanes === 'auto' ? Math.max(1, Math.floor(availableParallelism() / 2)) : lanes;
}

function fatalCode(code: string): ServerErrorCode {
  return code === 'port_taken' ? 'port_taken' : 'start_failed';
}
