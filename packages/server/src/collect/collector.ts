// The collecting process's main thread: starts the lanes, puts their reports together, hands complete spool files to the consumers, and
// accounts for processes before it that were killed.
import { existsSync, renameSync } from 'node:fs';
import { exporterNode, type Inventory, inventoryEntities } from '@weir/enrich';
import { assertPortsFree, divertedMemory, type InheritedSocket, ListenError } from '@weir/listen';
import { type DimensionName, type DimensionRow, steadyNow } from '@weir/record';
import {
  adoptEarlierLayout,
  backlogOf,
  beginGeneration,
  consumersOnDisk,
  dropRows,
  enforceCap,
  leftIn,
  makeConsumer,
  makeSpool,
  nameSource,
  type OpenManifest,
  ownerOfName,
  SpoolError,
  type SpoolStart,
  STORE,
  salvage,
} from '@weir/spool';
import type { Directories } from '../child.ts';
import { type Config, isLoopback } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { collectorListens, NO_OUTAGES, type Outages, outageWarnings } from '../outages.ts';
import { type CollectorStatus, type ConsumerBacklog, writeStatus } from '../status.ts';
import { VERSION } from '../version.ts';
import { Giver } from './account/give.ts';
import {
  claimFolder,
  deadProcesses,
  type ProcessFiles,
  processFiles,
  removeFolder,
  replaysIn,
} from './account/process-files.ts';
import { type Left, type Recovered, recoverProcess } from './account/recover.ts';
import { Teller } from './account/teller.ts';
import { type ConsumerPlan, consumersOf, NAMES } from './consumers.ts';
import { DimensionOutbox } from './dimension-outbox.ts';
import { ExporterBook } from './exporter-book.ts';
import { readInventory, watchInventory } from './inventory-file.ts';
import { LaneThread } from './lane-thread.ts';
import { asServerError, laneCount } from './lanes.ts';
import type { LaneReport, Replay } from './messages.ts';
import { ToldProblems } from './told-problems.ts';
import { WaitingTime } from './waiting-time.ts';

const STATUS_MS = 1000;
/** Exporters' last-seen times are written again this often, in milliseconds. */
const EXPORTERS_MS = 60_000;
/** Cap of the rows of dimensions that wait for sinks. */
const NAMES_CAP_BYTES = 1024 ** 3;
/** A lane that has not reported for so long hangs, in milliseconds: the process ends and is started again. */
const LANE_SILENT_MS = 10_000;
/** Drops over a cap with less than this between them are one to the log, in milliseconds. */
const DROPPING_MS = 60_000;

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
  readonly #lanes: LaneThread[] = [];
  readonly #reports = new Map<number, LaneReport>();
  /** Complete files that could not be handed over yet, oldest first. */
  readonly #waiting: OpenManifest[] = [];
  /** Flows dropped over the cap of each consumer, and when the last were (milliseconds of this process). */
  readonly #dropped = new Map<string, { readonly flows: number; readonly at: number }>();
  readonly #waitingTimes = new Map<string, WaitingTime>();
  /** The oldest file of each consumer, and since when it is (milliseconds of this process). */
  readonly #oldest = new Map<string, { readonly name: string; readonly since: number }>();
  readonly #exportersWritten = new Map<string, string>();
  /** How many replays this process has taken over. */
  #inherited = 0;
  #inventory: Inventory | undefined;
  #unwatch: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isReceiving = false;
  #exportersAt = Number.NEGATIVE_INFINITY;
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
    const replays = this.#recover();
    this.#giveOrphans();
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
    this.#exportersWritten.clear();
  }

  /** Names first, then the counts, then the flows: whoever takes the flows finds the others. */
  #take(report: LaneReport): void {
    this.#reports.set(report.lane, report);
    this.#book.take(report);
    this.#dimension('strings', report.strings);
    this.#dimension('entities', report.entities);
    this.#waiting.push(...report.complete);
    if (report.complete.length > 0) {
      this.#writeExporters(steadyNow());
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
    for (const [index, replays] of this.#isReceiving ? this.#recover().entries() : []) {
      for (const replay of replays) this.#lanes[index].send({ type: 'replay', replay });
    }
    this.#write();
  }

  #write(): void {
    this.#problem = '';
    const now = steadyNow();
    this.#guard(() => this.#enforceCaps());
    this.#guard(() => this.#tell());
    this.#guard(() => this.#give());
    this.#writeExporters(now);
    this.#guard(() => writeStatus(this.#spool, this.#status(now)));
    if (this.#problem === '') this.#told.over();
  }

  /** Accounts for processes that were killed. Answers by lane what they had taken from the kernel and not done. */
  #recover(): Replay[][] {
    const replays: Replay[][] = this.#lanes.map(() => []);
    for (const token of deadProcesses(this.#spool, this.#start.token)) {
      this.#guard(() => {
        const files = processFiles(this.#spool, token);
        const inherit = (left: Left) => {
          const { lane, replay } = this.#inherit(left);
          replays[lane].push(replay);
        };
        this.#logRecovered(recoverProcess(this.#spool, files, this.#config.collector, this.#giver, inherit));
      });
    }
    return replays;
  }

  /** Takes over what another process left undone: from now on it is this one's, also if this one is killed. */
  #inherit({ path, lane: of, done }: Left): { readonly lane: number; readonly replay: Replay } {
    const lane = of % this.#lanes.length;
    const number = this.#inherited++;
    const own = this.#files.replay(lane, number, done);
    renameSync(path, own);
    return { lane, replay: { path: own, number, done } };
  }

  #logRecovered({ flowsLost, datagramsLost, flowsSalvaged, files }: Recovered): void {
    this.#log.warn(
      { flowsLost, datagramsLost, flowsSalvaged, files },
      'accounted for a collecting process that was killed: what was in its memory is lost and counted, its files go on',
    );
  }

  /** Files of processes that have no folder any more. Those with one still write them, or are accounted for with it. */
  #giveOrphans(): void {
    this.#guard(() => {
      for (const name of leftIn(this.#spool)) {
        if (existsSync(processFiles(this.#spool, ownerOfName(name).token).folder)) continue;
        const manifest = salvage(this.#spool, name);
        if (manifest !== undefined) this.#giver.give(manifest);
      }
    });
  }

  #status(now: number): CollectorStatus {
    const backlogs = this.#backlogs();
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
      warnings: [...new Set(reports.flatMap(({ warnings }) => warnings)), ...this.#warnings(now)],
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

  #warnings(now: number): string[] {
    const { host, allow } = this.#config.listen;
    const warnings = outageWarnings(this.#outages, now);
    if (!isLoopback(host) && allow.length === 0) {
      warnings.push(
        `flows are taken from anyone who can reach ${host}: name the networks of your exporters in listen.allow (--listen-allow)`,
      );
    }
    const known = new Set([...this.#plan.flows.keys(), NAMES]);
    for (const name of consumersOnDisk(this.#spool)) {
      if (known.has(name)) continue;
      warnings.push(
        `the spool keeps files for ${name}, which is not configured any more: remove ${this.#spool}/consumers/${name}, or configure it again`,
      );
    }
    return warnings;
  }

  #backlogs(): ConsumerBacklog[] {
    const now = performance.now();
    return Array.from(this.#plan.flows, ([name, capBytes]): ConsumerBacklog => {
      const { files, bytes, oldest, newest } = backlogOf(this.#spool, name);
      const before = this.#oldest.get(name);
      if (oldest === undefined) this.#oldest.delete(name);
      else if (before?.name !== oldest) this.#oldest.set(name, { name: oldest, since: now });
      const waiting = this.#waitingTimes.get(name) ?? new WaitingTime();
      this.#waitingTimes.set(name, waiting);
      const dropped = this.#dropped.get(name);
      return {
        name,
        files,
        bytes,
        capBytes,
        waitingMs: waiting.look(oldest, newest, now),
        stuckMs: now - (this.#oldest.get(name)?.since ?? now),
        droppedFlows: dropped?.flows ?? 0,
        ...(dropped === undefined ? {} : { droppedAgoMs: now - dropped.at }),
      };
    });
  }

  #enforceCaps(): void {
    // Names wait too while the sinks are away; what is dropped is announced again some time.
    if (this.#plan.dimensions.includes(NAMES)) {
      const files = dropRows(this.#spool, NAMES, NAMES_CAP_BYTES);
      if (files > 0) this.#log.warn({ files }, 'too many names wait for the sinks: the oldest were dropped');
    }
    for (const [consumer, cap] of this.#plan.flows) {
      const flows = enforceCap(this.#spool, consumer, cap, (name, { exporters }) =>
        this.#giver.countEnd(consumer, name, 'flows_spool_cap', exporters),
      );
      if (flows === 0) continue;
      const before = this.#dropped.get(consumer);
      const now = performance.now();
      this.#dropped.set(consumer, { flows: (before?.flows ?? 0) + flows, at: now });
      // The status tells how many; the log, that it began.
      if (before !== undefined && now - before.at < DROPPING_MS) continue;
      this.#log.warn(
        { consumer, flows },
        'what waits for a consumer is over its cap: the oldest was dropped and counted',
      );
    }
  }

  #writeExporters(now: number): void {
    const all = performance.now() - this.#exportersAt >= EXPORTERS_MS;
    if (all) this.#exportersAt = performance.now();
    const rows: DimensionRow<'exporters'>[] = [];
    for (const exporter of this.#book.all()) {
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
