// The collecting process's main thread: starts the lanes, puts their reports together, hands complete spool files to the consumers, and
// accounts for processes before it that were killed.
import { exporterNode, type Inventory, inventoryEntities } from '@weir/enrich';
import { assertPortsFree, divertedMemory, type InheritedSocket, ListenError } from '@weir/listen';
import { type DimensionName, type DimensionRow, steadyNow } from '@weir/record';
import {
  adoptEarlierLayout,
  beginGeneration,
  makeConsumer,
  makeSpool,
  nameSource,
  type OpenManifest,
  SpoolError,
  type SpoolStart,
  STORE,
} from '@weir/spool';
import type { Directories } from '../child.ts';
import { type Config, isLoopback } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { collectorListens, NO_OUTAGES, type Outages, outageWarnings } from '../outages.ts';
import { type CollectorStatus, writeStatus } from '../status.ts';
import { VERSION } from '../version.ts';
import { Giver } from './account/give.ts';
import { claimFolder, type ProcessFiles, processFiles, removeFolder, replaysIn } from './account/process-files.ts';
import { Recovery } from './account/recovery.ts';
import { Teller } from './account/teller.ts';
import { Backlogs } from './backlogs.ts';
import { type ConsumerPlan, consumersOf } from './consumers.ts';
import { DimensionOutbox } from './dimension-outbox.ts';
import { ExporterBook } from './exporter-book.ts';
import { ExporterRows } from './exporter-rows.ts';
import { readInventory, watchInventory } from './inventory-file.ts';
import { LaneThread } from './lane-thread.ts';
import { asServerError, laneCount } from './lanes.ts';
import { lossWarnings } from './loss-warnings.ts';
import type { LaneReport } from './messages.ts';
import { ToldProblems } from './told-problems.ts';
import { collectorWarnings } from './warnings.ts';

const STATUS_MS = 1000;
/** A lane that has not reported for so long hangs, in milliseconds: the process ends and is started again. */
const LANE_SILENT_MS = 10_000;

export interface CollectorOptions {
  readonly config: Config;
  readonly directories: Directories;
  readonly log: Logger;
  /** Sockets that the supervisor holds; undefined where lanes open their own. */
  readonly sockets?: readonly InheritedSocket[] | undefined;
  /** As the supervisor knows them when it starts this process. */
  readonly outages?: Outages;
}

export class Collector {
  readonly #config: Config;
  readonly #spool: string;
  readonly #log: Logger;
  readonly #sockets: readonly InheritedSocket[] | undefined;
  readonly #started = steadyNow();
  readonly #start: SpoolStart;
  readonly #files: ProcessFiles;
  readonly #plan: ConsumerPlan;
  readonly #giver: Giver;
  readonly #teller: Teller;
  readonly #outbox: DimensionOutbox;
  readonly #book: ExporterBook;
  readonly #exporterRows: ExporterRows;
  readonly #backlogs: Backlogs;
  readonly #recovery: Recovery;
  readonly #lanes: LaneThread[] = [];
  readonly #reports = new Map<number, LaneReport>();
  /** Complete files that could not be handed over yet, oldest first. */
  readonly #waiting: OpenManifest[] = [];
  #inventory: Inventory | undefined;
  #unwatch: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isReceiving = false;
  #problem = '';
  readonly #told = new ToldProblems();
  #outages: Outages;

  /** Takes the spool for writing. Throws SpoolError. */
  constructor({ config, directories, log, sockets, outages = NO_OUTAGES }: CollectorOptions) {
    this.#outages = outages;
    this.#config = config;
    this.#spool = directories.spool;
    this.#log = log;
    this.#sockets = sockets;
    makeSpool(this.#spool);
    this.#plan = consumersOf(config);
    for (const consumer of new Set([...this.#plan.flows.keys(), ...this.#plan.dimensions])) {
      makeConsumer(this.#spool, consumer);
    }
    this.#start = beginGeneration(this.#spool);
    this.#files = processFiles(this.#spool, this.#start.token);
    const names = nameSource(this.#start, 'main');
    this.#giver = new Giver({
      dir: this.#spool,
      collector: config.collector,
      consumers: [...this.#plan.flows.keys()],
      sync: config.spool.fsync,
      log: (message, details) => log.error(details, message),
    });
    const { lastLedger } = this.#files;
    this.#teller = new Teller({ dir: this.#spool, collector: config.collector, names, lastLedger });
    this.#outbox = new DimensionOutbox(this.#spool, this.#plan.dimensions, names);
    this.#book = new ExporterBook((address) =>
      this.#inventory === undefined ? '' : exporterNode(this.#inventory, address),
    );
    this.#exporterRows = new ExporterRows(this.#book);
    this.#backlogs = new Backlogs(this.#spool, this.#plan, this.#giver, log);
    this.#recovery = new Recovery({
      dir: this.#spool,
      collector: config.collector,
      files: this.#files,
      giver: this.#giver,
      log,
      guard: (step) => this.#guard(step),
    });
  }

  /**
   * Makes everything ready but reads no datagram. Rejects with ServerError. `onFailure` is called when a lane dies later, or hangs.
   */
  async prepare(onFailure: (error: Error) => void): Promise<void> {
    this.#guard(() => claimFolder(this.#files));
    const moved = adoptEarlierLayout(this.#spool);
    if (moved > 0) this.#log.info({ files: moved }, 'moved what an earlier version left in the spool');
    const { inventory } = this.#config;
    if (inventory !== undefined) {
      this.#learn(readInventory(inventory));
      this.#unwatch = watchInventory(
        inventory,
        (read) => this.#learn(read),
        (error) => this.#log.error(`${error.message}; the inventory stays as it was`),
      );
    }
    if (this.#sockets === undefined) await this.#assertPortsFree();
    const lanes = laneCount(this.#config);
    const diverted = divertedMemory(lanes);
    for (let lane = 0; lane < lanes; lane++) {
      const thread = new LaneThread(
        {
          lane,
          lanes,
          config: this.#config,
          spoolDir: this.#spool,
          start: this.#start,
          inventory: this.#inventory,
          sockets: this.#sockets,
          diverted,
        },
        { onReport: (report) => this.#take(report), onFailure },
      );
      this.#lanes.push(thread);
      this.#teller.add(lane, thread.counters);
      this.#book.addLane(lane, thread.counters);
    }
    await Promise.all(this.#lanes.map((lane) => lane.prepared));
    this.#timer = setInterval(() => this.#eachSecond(onFailure), STATUS_MS);
  }

  /** Receives from now on. What processes before had taken from the kernel comes first. */
  async go(): Promise<void> {
    const replays = this.#recovery.recover(this.#lanes.length);
    this.#recovery.giveOrphans();
    for (const [index, lane] of this.#lanes.entries()) lane.go(replays[index] ?? []);
    await Promise.all(this.#lanes.map((lane) => lane.receiving));
    this.#isReceiving = true;
    this.#outages = collectorListens(this.#outages, steadyNow());
    const { host, ports } = this.#config.listen;
    const where = this.#sockets === undefined ? `${host}, UDP ${ports.join(', ')}` : endpoints(this.#sockets);
    const count = this.#lanes.length;
    this.#log.info(`listening for NetFlow, IPFIX and sFlow on ${where} (${count} lane${count === 1 ? '' : 's'})`);
    if (isLoopback(host)) this.#log.info('exporters on other machines need --listen-host 0.0.0.0 or listen.host');
    this.#eachSecond(() => {});
  }

  /** Reads nothing any more and leaves what is queued to a process that takes over. Resolves when that may begin; `stop` must follow. */
  async release(): Promise<void> {
    this.#isReceiving = false;
    for (const lane of this.#lanes) lane.stop(false);
    await Promise.all(this.#lanes.map((lane) => lane.released));
  }

  /** Resolves when every lane has written what it received, and all of it is handed over. */
  async stop(): Promise<void> {
    this.#isReceiving = false;
    this.#unwatch();
    clearInterval(this.#timer);
    for (const lane of this.#lanes) lane.stop(true);
    await Promise.all(this.#lanes.map((lane) => lane.stopped));
    this.#write();
    // Only what is told, handed over and done may be forgotten: the next process looks at the rest.
    this.#guard(() => {
      const isDone = this.#problem === '' && this.#waiting.length === 0 && replaysIn(this.#files).length === 0;
      if (isDone) removeFolder(this.#files);
    });
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
      if (error instanceof ListenError) throw asServerError(error);
      throw error;
    }
  }

  #learn(inventory: Inventory): void {
    this.#inventory = inventory;
    this.#dimension('entities', inventoryEntities(inventory, steadyNow()));
    for (const lane of this.#lanes) lane.send({ type: 'inventory', inventory });
    this.#exporterRows.forget();
  }

  /** Names first, then the counts, then the flows: whoever takes the flows finds the others. */
  #take(report: LaneReport): void {
    this.#reports.set(report.lane, report);
    this.#book.take(report);
    this.#dimension('strings', report.strings);
    this.#dimension('entities', report.entities);
    this.#waiting.push(...report.complete);
    if (report.complete.length > 0) {
      this.#dimension('exporters', this.#exporterRows.due(steadyNow()));
      this.#guard(() => this.#tell());
      this.#guard(() => this.#give());
    }
    if (report.evicted.length > 0) {
      this.#log.info(
        { lane: report.lane, exporters: report.evicted.length },
        'the table of exporters was nearly full: some were evicted, their counts are in the ledger',
      );
    }
  }

  #tell(): void {
    this.#teller.tell((view) => this.#book.forget(view));
  }

  #give(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      this.#giver.give(next);
      this.#waiting.shift();
    }
  }

  #eachSecond(onFailure: (error: Error) => void): void {
    for (const lane of this.#lanes) {
      if (this.#isReceiving && lane.silentMs > LANE_SILENT_MS) {
        onFailure(new ServerError('start_failed', `lane ${lane.lane} has not answered for ${LANE_SILENT_MS / 1000} s`));
      }
    }
    // Before the first datagram is received it is done once, and what is to be replayed comes first.
    for (const [index, replays] of this.#isReceiving ? this.#recovery.recover(this.#lanes.length).entries() : []) {
      for (const replay of replays) this.#lanes[index].send({ type: 'replay', replay });
    }
    this.#write();
  }

  #write(): void {
    this.#problem = '';
    const now = steadyNow();
    this.#guard(() => this.#backlogs.enforceCaps());
    this.#guard(() => this.#tell());
    this.#guard(() => this.#give());
    this.#dimension('exporters', this.#exporterRows.due(now));
    this.#guard(() => writeStatus(this.#spool, this.#status(now)));
    if (this.#problem === '') this.#told.over();
  }

  #status(now: number): CollectorStatus {
    const backlogs = this.#backlogs.all();
    const store = backlogs.find(({ name }) => name === STORE);
    const reports = [...this.#reports.values()];
    const { exporters, others, unattributed } = this.#book.page();
    return {
      collector: this.#config.collector,
      version: VERSION,
      started: this.#started,
      time: now,
      demo: this.#config.demo,
      pid: process.pid,
      memory: process.memoryUsage.rss(),
      lanes: reports.map(({ lane, backend, sockets, busy }) => ({
        lane,
        backend,
        sockets,
        datagrams: this.#lanes[lane].counters.received,
        flows: this.#lanes[lane].counters.flows,
        busy,
      })),
      outages: this.#outages,
      warnings: [
        ...new Set(reports.flatMap(({ warnings }) => warnings)),
        ...outageWarnings(this.#outages, now),
        ...collectorWarnings(this.#config, this.#spool, this.#plan),
        ...lossWarnings(this.#spool, this.#giver.lost, this.#backlogs.namesDropped, performance.now()),
      ],
      floods: reports.flatMap(({ floods }) => floods),
      exporters,
      otherExporters: others,
      unattributed,
      spool: {
        files: store?.files ?? 0,
        bytes: store?.bytes ?? 0,
        capBytes: store?.capBytes ?? 0,
        oldest: store === undefined || store.files === 0 ? 0 : now - store.waitingMs,
        problem: reports.find(({ spoolProblem }) => spoolProblem !== '')?.spoolProblem ?? this.#problem,
        consumers: backlogs,
      },
    };
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
      // Once, not every second.
      if (this.#told.isNew(error))
        this.#log.error(`the spool cannot be written; trying again every second: ${error.message}`);
    }
  }
}

function endpoints(sockets: readonly InheritedSocket[]): string {
  const hosts = Map.groupBy(
    sockets.filter(({ spare }) => !spare),
    ({ host }) => host,
  );
  return Array.from(hosts, ([host, of]) => {
    const ports = [...new Set(of.map(({ port }) => port))];
    return `${host}, UDP ${ports.join(', ')}`;
  }).join('; ');
}
