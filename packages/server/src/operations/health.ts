// What the statuses say of Weir as a whole, for probes, metrics and the page: those of the collecting processes, of the storing process and
// of the consumers of the spool, read from files. The gateway and the storing process answer from the same files, and so say the same.
//
// Whether a process is alive is seen from its file changing, by this process's own clock: clocks that jump, or that another machine has,
// decide nothing. The files are looked at every second (a stat each), and read when somebody asks.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { spoolFolders } from '@weir/spool';
import { NAMES } from '../collect/consumers.ts';
import { type CollectorStatus, isCollectorStatus, STATUS_STALE_MS } from '../status.ts';
import {
  type ConsumerStatus,
  consumerOfStatus,
  consumerStatusPath,
  isNames,
  isWhole,
  type NamesStatus,
  type Told,
} from './consumer-status.ts';
import { type ConsumerReport, consumerReports, problemsOf } from './consumers.ts';
import { type HttpFigures, metricsText } from './metrics.ts';
import { type ProcessFigures, processFigures } from './processes.ts';
import { type Readiness, readiness, storeReason } from './readiness.ts';
import { type StoreStatus, storeStatusPath } from './store-status.ts';

export interface HealthOptions {
  readonly spoolDir: string;
  readonly dataDir: string;
  /** Why the storing process is away, as its supervisor knows it; empty when it is there. */
  storeAway(): string;
  /** Monotonic milliseconds, and milliseconds since 1970; for tests. */
  readonly clock?: () => number;
  readonly now?: () => number;
}

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 1000;
/** How long an answer is used again, in milliseconds: many may ask at once. */
const KEEP_MS = 500;
/**
 * Largest file that is read: parsing takes about 4 ms and 5 MB of memory per megabyte, during which no probe is answered. A collector with a
 * larger one is alive and has no metrics of its exporters.
 */
const MAX_STATUS_BYTES = 16 * 1024 * 1024;

/** What Weir is, as far as its processes tell. */
export interface HealthReport {
  readonly readiness: Readiness;
  readonly collectors: readonly { readonly status: CollectorStatus; readonly running: boolean }[];
  readonly consumers: readonly ConsumerReport[];
}

interface Seen {
  /** What tells a file from the one before it under the same name. */
  readonly mark: string;
  /** When it was seen to be new, by the monotonic clock. */
  readonly since: number;
  readonly bytes: number;
}

export class Health {
  readonly #options: HealthOptions;
  readonly #clock: () => number;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();
  /** By the monotonic clock: what changed before is of processes before. */
  readonly #began: number;
  #timer: NodeJS.Timeout | undefined;
  #read: { readonly at: number; readonly state: Promise<State> } | undefined;
  #text: { readonly at: number; readonly text: Promise<Buffer> } | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#now = options.now ?? Date.now;
    this.#began = this.#clock();
  }

  /** Resolves when it has looked once. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Something has happened: what was read before is not used again. */
  refresh(): void {
    this.#read = undefined;
    this.#text = undefined;
  }

  /** Notes which files have changed since the last look. */
  async look(): Promise<void> {
    const paths = [
      storeStatusPath(this.#options.dataDir),
      ...(await this.#statusFiles()).map((file) => this.#path(file)),
    ];
    for (const path of this.#seen.keys()) if (!paths.includes(path)) this.#seen.delete(path);
    for (const path of paths) await this.#lookAt(path);
  }

  async #lookAt(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) {
      this.#seen.delete(path);
      return;
    }
    const mark = `${found.ino} ${found.mtimeMs} ${found.size}`;
    const before = this.#seen.get(path);
    if (before?.mark === mark) return;
    // Of a file that was there before the first look only its time can tell whether it is still written.
    const age = before === undefined ? Math.max(0, this.#now() - found.mtimeMs) : 0;
    this.#seen.set(path, { mark, since: this.#clock() - age, bytes: found.size });
  }

  /** Names of the files in the folder of statuses, of collecting processes and of consumers. */
  async #statusFiles(): Promise<string[]> {
    const names = await readdir(spoolFolders(this.#options.spoolDir).status).catch(() => []);
    return names.filter((name) => name.endsWith('.json'));
  }

  #path(file: string): string {
    return join(spoolFolders(this.#options.spoolDir).status, file);
  }

  /** Milliseconds for which a file has been as it is; undefined when there is none. */
  #age(path: string): number | undefined {
    const seen = this.#seen.get(path);
    return seen === undefined ? undefined : this.#clock() - seen.since;
  }

  /** Why the store cannot be written or read, as a sentence; empty when it can. */
  #storeProblem(status: StoreStatus | undefined): string {
    const away = this.#options.storeAway();
    if (away !== '') return away;
    const path = storeStatusPath(this.#options.dataDir);
    const age = this.#age(path);
    if (age === undefined || status === undefined) return 'the storing process has not told of itself yet';
    return age <= STATUS_STALE_MS ? storeReason(status.facts) : silence('the storing process', age, path);
  }

  /** A sentence for a collecting process that told of itself, is there, and does not tell any more; undefined for one that is gone. */
  #collectorSilence({ collector, pid }: CollectorStatus, path: string): string | undefined {
    const seen = this.#seen.get(path);
    if (seen === undefined || seen.since < this.#began || !isRunning(pid)) return undefined;
    return silence(`the collecting process ${collector}`, this.#clock() - seen.since, path);
  }

  async readiness(): Promise<Readiness> {
    return (await this.report()).readiness;
  }

  async report(): Promise<HealthReport> {
    const state = await this.#state();
    const { all, live, consumers } = state;
    return {
      readiness: this.#readiness(state),
      collectors: all.map((status) => ({ status, running: live.includes(status) })),
      consumers,
    };
  }

  #readiness({ live, silent, store, consumers, names }: State): Readiness {
    const degraded = problemsOf(this.#options.spoolDir, consumers, names);
    return readiness(live, this.#storeProblem(store), [...(store?.facts.degraded ?? []), ...degraded], silent);
  }

  /** The metrics as Prometheus reads them; all who ask at once get the same bytes. */
  metrics(http: () => HttpFigures): Promise<Buffer> {
    const at = this.#clock();
    if (this.#text === undefined || at - this.#text.at >= KEEP_MS) this.#text = { at, text: this.#render(http) };
    return this.#text.text;
  }

  async #render(http: () => HttpFigures): Promise<Buffer> {
    const state = await this.#state();
    const { all, store, consumers } = state;
    const { ready, degraded = [] } = this.#readiness(state);
    return Buffer.from(
      await metricsText({
        now: this.#now(),
        ready,
        degraded: degraded.length,
        statuses: all,
        consumers,
        store,
        storeProblem: this.#storeProblem(store),
        http: http(),
        processes: await this.#processes(state),
      }),
    );
  }

  async #processes({ live, store, told }: State): Promise<ReadonlyMap<string, ProcessFigures>> {
    // All sinks are in one process.
    const sinks = [...told.values()].find(({ status, ageMs }) => status.pid !== store?.pid && ageMs <= STATUS_STALE_MS);
    const pids: [string, number | undefined][] = [
      ['supervisor', process.pid],
      ['store', store?.pid],
      ['sinks', sinks?.status.pid],
      ...live.map(({ collector, pid }): [string, number] => [
        live.length === 1 ? 'collect' : `collect ${collector}`,
        pid,
      ]),
    ];
    const found = new Map<string, ProcessFigures>();
    for (const [name, pid] of pids) {
      const figures = pid === undefined ? undefined : await processFigures(pid);
      if (figures !== undefined) found.set(name, figures);
    }
    return found;
  }

  #state(): Promise<State> {
    const at = this.#clock();
    if (this.#read === undefined || at - this.#read.at >= KEEP_MS) this.#read = { at, state: this.#readAll() };
    return this.#read.state;
  }

  async #readAll(): Promise<State> {
    await this.look();
    const { spoolDir, dataDir } = this.#options;
    const all: CollectorStatus[] = [];
    const live: CollectorStatus[] = [];
    const silent: string[] = [];
    const told = new Map<string, Told<ConsumerStatus>>();
    for (const file of await this.#statusFiles()) {
      const consumer = consumerOfStatus(file);
      if (consumer !== undefined) {
        const status = isNames(consumer) ? undefined : await this.#told<ConsumerStatus>(consumer);
        if (status !== undefined) told.set(consumer, status);
      } else if (isCollectorStatus(file)) {
        const status = await this.#collector(file);
        if (status === undefined) continue;
        const path = this.#path(file);
        all.push(status);
        if ((this.#age(path) ?? Number.POSITIVE_INFINITY) <= STATUS_STALE_MS) live.push(status);
        else {
          const sentence = this.#collectorSilence(status, path);
          if (sentence !== undefined) silent.push(sentence);
        }
      }
    }
    const consumers = consumerReports({ spoolDir, live, told });
    const names = await this.#told<NamesStatus>(NAMES);
    return { all, live, silent, told, consumers, names, store: await parse<StoreStatus>(storeStatusPath(dataDir)) };
  }

  #collector(file: string): Promise<CollectorStatus | undefined> | CollectorStatus {
    const path = this.#path(file);
    const large = (this.#seen.get(path)?.bytes ?? 0) > MAX_STATUS_BYTES;
    return large ? unread(basename(path, '.json')) : parse<CollectorStatus>(path);
  }

  async #told<T extends ConsumerStatus | NamesStatus>(name: string): Promise<Told<T> | undefined> {
    const path = consumerStatusPath(this.#options.spoolDir, name);
    const ageMs = this.#age(path);
    const status = ageMs === undefined ? undefined : await parse<T>(path);
    return ageMs === undefined || status === undefined || !isWhole(status) ? undefined : { status, ageMs };
  }
}

/** What to say of a process whose status has been as it is for `age` milliseconds. */
const silence = (who: string, age: number, path: string): string =>
  `${who} has not told of itself for ${Math.floor(age / 1000)} s: it hangs, or cannot write ${path}`;

/** Whether a process of this machine is there. */
function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function parse<T extends StoreStatus | CollectorStatus | ConsumerStatus | NamesStatus>(
  path: string,
): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    // Gone, or about to be written for the first time.
    return undefined;
  }
}

/** A collector of which no more is known than that it writes its status. */
const unread = (collector: string): CollectorStatus => ({
  collector,
  version: '',
  started: 0,
  time: 0,
  demo: false,
  pid: 0,
  memory: 0,
  lanes: [],
  warnings: [],
  exporters: [],
  otherExporters: { exporters: 0, counters: {} },
  unattributed: {},
  floods: [],
  spool: { files: 0, bytes: 0, capBytes: Number.POSITIVE_INFINITY, oldest: 0, problem: '', consumers: [] },
});

interface State {
  readonly all: readonly CollectorStatus[];
  /** Of processes that are running. */
  readonly live: readonly CollectorStatus[];
  /** Of processes that are there and have stopped telling of themselves, a sentence each. */
  readonly silent: readonly string[];
  /** By consumer, those of processes that are gone among them. */
  readonly told: ReadonlyMap<string, Told<ConsumerStatus>>;
  readonly consumers: readonly ConsumerReport[];
  readonly names: Told<NamesStatus> | undefined;
  readonly store: StoreStatus | undefined;
}
