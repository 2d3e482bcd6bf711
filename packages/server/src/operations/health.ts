// What the statuses say of Weir as a whole, kept for probes: the collecting processes' own and the storing process's, read from files.
//
// Whether a process is alive is seen from its file changing, by this process's own clock: clocks that jump, or that another machine has,
// decide nothing. The files are looked at every second (a stat each), and read when somebody asks.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CollectorStatus, isCollectorStatus, STATUS_STALE_MS } from '../status.ts';
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
    const paths = [storeStatusPath(this.#options.dataDir), ...(await this.#collectorPaths())];
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

  async #collectorPaths(): Promise<string[]> {
    const folder = join(this.#options.spoolDir, 'status');
    const names = await readdir(folder).catch(() => []);
    return names.filter(isCollectorStatus).map((name) => join(folder, name));
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
    const { live, silent, store } = await this.#state();
    return readiness(live, this.#storeProblem(store), store?.facts.degraded, silent);
  }

  /** The metrics as Prometheus reads them; all who ask at once get the same bytes. */
  metrics(http: () => HttpFigures): Promise<Buffer> {
    const at = this.#clock();
    if (this.#text === undefined || at - this.#text.at >= KEEP_MS) this.#text = { at, text: this.#render(http) };
    return this.#text.text;
  }

  async #render(http: () => HttpFigures): Promise<Buffer> {
    const { all, live, store } = await this.#state();
    const storeProblem = this.#storeProblem(store);
    const { ready } = readiness(live, storeProblem);
    const processes = await this.#processes(live, store);
    const source = { now: this.#now(), ready, statuses: all, store, storeProblem, http: http(), processes };
    return Buffer.from(await metricsText(source));
  }

  async #processes(
    live: readonly CollectorStatus[],
    store: StoreStatus | undefined,
  ): Promise<ReadonlyMap<string, ProcessFigures>> {
    const pids: [string, number | undefined][] = [
      ['supervisor', process.pid],
      ['store', store?.pid],
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
    const all: CollectorStatus[] = [];
    const live: CollectorStatus[] = [];
    const silent: string[] = [];
    for (const path of await this.#collectorPaths()) {
      const large = (this.#seen.get(path)?.bytes ?? 0) > MAX_STATUS_BYTES;
      const status = large ? unread(basename(path, '.json')) : await parse<CollectorStatus>(path);
      if (status === undefined) continue;
      all.push(status);
      if ((this.#age(path) ?? Number.POSITIVE_INFINITY) <= STATUS_STALE_MS) live.push(status);
      else {
        const sentence = this.#collectorSilence(status, path);
        if (sentence !== undefined) silent.push(sentence);
      }
    }
    return { all, live, silent, store: await parse<StoreStatus>(storeStatusPath(this.#options.dataDir)) };
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

async function parse<T extends StoreStatus | CollectorStatus>(path: string): Promise<T | undefined> {
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
  readonly store: StoreStatus | undefined;
}
