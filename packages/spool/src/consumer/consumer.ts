// Takes what waits for one consumer to its destination, oldest first. A file is removed only when the destination has acknowledged it and its
// flows are counted; whatever happens before, it is delivered again. A file that cannot be used is set aside and blocks nothing.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asSpoolError, type ExporterRows, errno, SpoolError } from '../errors.ts';
import { sizeOf, tryUnlink } from '../files.ts';
import { consumerFolders, makeConsumer } from '../layout.ts';
import { type Manifest, readManifest } from '../manifest.ts';
import { wholeBlocks } from '../writer/salvage.ts';
import { listAside, type SetAsideList, setAside } from './aside.ts';
import { type Backlog, backlogOf } from './cap.ts';
import type { CountEnds, Delivery, Destination, Failure } from './destination.ts';
import { SideBySide } from './side-by-side.ts';
import { Vanished } from './vanished.ts';
import { verifyFile } from './verify.ts';
import { type Claim, claim, forgetDropped, orphansOf, removeClaim, waitingFor } from './waiting.ts';

export type LogLevel = 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, details?: Readonly<Record<string, unknown>>) => void;

export interface ConsumerOptions {
  /** The spool directory. */
  readonly dir: string;
  /** Of the consumer: its directory in the spool. */
  readonly name: string;
  readonly destination: Destination;
  readonly countEnds: CountEnds;
  /** Around delivering a file and counting it: for a destination with snapshots that must not have the one without the other. */
  readonly atOnce?: (work: () => Promise<void>) => Promise<void>;
  /** Takes in rows that are not flows, before flows and now and then between them. Resolves to how many files. */
  readonly rows?: () => Promise<number>;
  /** Files that are delivered at once. Default 1. */
  readonly sideBySide?: number;
  /** Milliseconds between looks at an empty backlog. Default 100. */
  readonly pollMs?: number;
  /** Longest wait between attempts while the destination refuses. Default 10,000. */
  readonly maxBackoffMs?: number;
  /** Where and why an attempt failed. Default: the spool for its own errors and the file system's, else the destination. */
  readonly failureOf?: (error: unknown) => Failure;
  /** A failure in words for people. Default: what was said. */
  readonly explain?: (failure: Failure) => string;
  /** What the log calls the destination. Default: the consumer's name. */
  readonly called?: string;
  readonly log?: Log;
}

export interface ConsumerStats {
  files: number;
  rows: number;
  bytes: number;
  /** Files set aside, and flows in them. */
  asideFiles: number;
  asideRows: number;
  /** Files that somebody removed, and flows in them. */
  missingFiles: number;
  missingRows: number;
  failures: number;
  /** How often it took in all that waited. */
  rounds: number;
}

export interface ConsumerHealth {
  readonly name: string;
  readonly state: 'idle' | 'delivering' | 'retrying' | 'stopped';
  /** Why it retries: where, the code of the error, and a message for people. */
  readonly place?: Failure['place'];
  readonly code?: string;
  readonly reason?: string;
  readonly backlog: Backlog;
  readonly aside: SetAsideList;
  /** The file that somebody removed last; absent where none was since the process started. */
  readonly missing?: MissingFile;
  readonly stats: Readonly<ConsumerStats>;
}

export interface MissingFile {
  readonly name: string;
  /** How long ago that was noticed, in milliseconds of a clock that nobody sets. */
  readonly agoMs: number;
}

type State = Pick<ConsumerHealth, 'state' | 'place' | 'code' | 'reason'>;

const FIRST_BACKOFF_MS = 250;
/** Rows that are not flows are looked for again after this many files. */
const ROWS_EVERY = 16;

export class Consumer {
  readonly stats: ConsumerStats = {
    files: 0,
    rows: 0,
    bytes: 0,
    asideFiles: 0,
    asideRows: 0,
    missingFiles: 0,
    missingRows: 0,
    failures: 0,
    rounds: 0,
  };
  readonly #options: ConsumerOptions;
  readonly #called: string;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #vanished: Vanished;
  /** Names that this process has begun to deliver without an answer, or that a process before it had claimed. */
  readonly #again = new Set<string>();
  /** Manifests that were there at the start without their data. */
  #orphans: string[];
  #state: State = { state: 'idle' };
  #missing: { readonly name: string; readonly at: number } | undefined;
  #running: Promise<void> | undefined;

  /** Throws SpoolError when the consumer's directory cannot be made or read. */
  constructor(options: ConsumerOptions) {
    const { dir, name } = options;
    this.#options = options;
    this.#called = options.called ?? name;
    this.#log = options.log ?? (() => {});
    this.#vanished = new Vanished(dir, name);
    makeConsumer(dir, name);
    forgetDropped(dir, name);
    this.#orphans = orphansOf(dir, name);
    for (const file of waitingFor(dir, name)) if (file.claimed) this.#again.add(file.name);
  }

  get state(): State {
    return this.#state;
  }

  /** For a status: what it does, what waits, what was set aside. Throws SpoolError when the directory cannot be read. */
  health(): ConsumerHealth {
    const { dir, name } = this.#options;
    const missing = this.#missing;
    return {
      name,
      ...this.#state,
      backlog: backlogOf(dir, name),
      aside: listAside(dir, name),
      ...(missing === undefined
        ? {}
        : { missing: { name: missing.name, agoMs: Math.round(performance.now() - missing.at) } }),
      stats: this.stats,
    };
  }

  /** Begins to deliver and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#loop();
  }

  /** Stops after the files at hand. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#state = { state: 'stopped' };
  }

  /** Delivers what waits now. Resolves to how many files. Rejects with why an attempt ended; what waits stays. */
  async round(): Promise<number> {
    const { dir, name, rows = async () => 0, sideBySide = 1 } = this.#options;
    let files = await rows();
    await this.#countOrphans();
    await this.#countVanished();
    const deliveries = new SideBySide(sideBySide);
    for (const waiting of waitingFor(dir, name)) {
      if (this.#stop.signal.aborted || deliveries.failed) break;
      const claimed = claim(dir, name, waiting.name);
      if (claimed === undefined) continue;
      if (this.#state.state === 'idle') this.#state = { state: 'delivering' };
      try {
        const deliver = await this.#prepare(claimed);
        if (deliver !== undefined) await deliveries.add(deliver);
      } catch (error) {
        await deliveries.end().catch(() => {});
        throw error;
      }
      files++;
      // Names of what these flows mention may have come meanwhile.
      if (files % ROWS_EVERY === 0) files += await rows();
    }
    await deliveries.end();
    this.stats.rounds++;
    return files;
  }

  async #loop(): Promise<void> {
    const { pollMs = 100, maxBackoffMs = 10_000 } = this.#options;
    let backoff = FIRST_BACKOFF_MS;
    while (!this.#stop.signal.aborted) {
      let pause = pollMs;
      try {
        const files = await this.round();
        if (this.#state.state === 'retrying') this.#log('info', `${this.#called} takes flows again`);
        this.#state = { state: 'idle' };
        backoff = FIRST_BACKOFF_MS;
        if (files > 0) continue;
      } catch (error) {
        // That a delivery gave up when it was told to is no failure.
        if (this.#stop.signal.aborted) break;
        this.#failed(error);
        // Spread, so that many that wait for the same server do not come back together.
        pause = Math.min(backoff, maxBackoffMs) * (0.5 + Math.random() / 2);
        backoff = Math.min(backoff * 2, maxBackoffMs);
      }
      await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  #failed(error: unknown): void {
    const { failureOf = defaultFailure, explain = ({ reason }) => reason } = this.#options;
    const failure = failureOf(error);
    const { place, code } = failure;
    const reason = explain(failure);
    // Said once for each reason, not at every attempt.
    if (this.#state.code !== code || this.#state.place !== place)
      this.#log('error', `${this.#called} does not take flows`, { code, reason });
    this.stats.failures++;
    this.#state = { state: 'retrying', place, code, reason };
  }

  /**
   * A manifest alone means that its file was delivered and counted, and the process killed before it removed the manifest; or that somebody
   * else removed the data while no process watched. Counting it tells: of a file that was counted nothing is counted again.
   */
  async #countOrphans(): Promise<void> {
    const { dir, name: consumer, countEnds } = this.#options;
    for (let name = this.#orphans[0]; name !== undefined; name = this.#orphans[0]) {
      const path = join(consumerFolders(dir, consumer).flows, `${name}.json`);
      const rows = exportersIn(path, name);
      if (rows.length > 0) await countEnds({ name, again: true }, [{ account: 'flows_spool_missing', rows }]);
      tryUnlink(path);
      this.#orphans.shift();
    }
  }

  async #countVanished(): Promise<void> {
    const gone = this.#vanished.look();
    if (gone.size === 0) return;
    let flows = 0;
    for (const [name, rows] of gone) {
      await this.#options.countEnds({ name, again: true }, [{ account: 'flows_spool_missing', rows }]);
      this.#vanished.forget(name);
      this.#again.delete(name);
      this.#missing = { name, at: performance.now() };
      for (const [, count] of rows) flows += count;
    }
    this.stats.missingFiles += gone.size;
    this.stats.missingRows += flows;
    const { name, dir } = this.#options;
    const [file] = gone.keys();
    this.#log('error', `files that waited for ${this.#called} were removed by somebody else; their flows are counted`, {
      files: gone.size,
      flows,
      folder: dir,
      consumer: name,
      first: file,
    });
  }

  /** What has to happen before a file is delivered. Resolves to what delivers it; to nothing where it cannot be used. */
  async #prepare(claimed: Claim): Promise<(() => Promise<void>) | undefined> {
    const { name, path } = claimed;
    const again = this.#again.has(name);
    this.#again.add(name);
    let manifest: Manifest;
    try {
      manifest = readManifest(claimed.manifestPath, name);
    } catch (error) {
      await this.#unusable(claimed, again, unknownRows(path), error);
      return undefined;
    }
    try {
      await verifyFile(path, manifest);
      const delivery = { name, path, manifest, again };
      await this.#options.destination.prepare?.(delivery);
      return () => this.#deliver(claimed, delivery);
    } catch (error) {
      await this.#unusable(claimed, again, manifest.exporters, error);
      return undefined;
    }
  }

  async #deliver(claimed: Claim, delivery: Delivery): Promise<void> {
    const { manifest, again } = delivery;
    const { destination, countEnds, atOnce = (work) => work() } = this.#options;
    // It was told to stop while the file was looked at: a destination that listens for it from now on would not hear it.
    this.#stop.signal.throwIfAborted();
    try {
      await atOnce(async () => {
        const ends = await destination.deliver(delivery, this.#stop.signal);
        await countEnds(delivery, ends);
      });
    } catch (error) {
      await this.#unusable(claimed, again, manifest.exporters, error);
      return;
    }
    this.#vanished.forget(claimed.name);
    removeClaim(claimed);
    this.#again.delete(claimed.name);
    this.stats.files++;
    this.stats.rows += manifest.rows;
    this.stats.bytes += manifest.bytes;
  }

  /** Sets a file aside that can never be delivered, once its flows are counted; rethrows what may pass. */
  async #unusable(claimed: Claim, again: boolean, rows: ExporterRows, error: unknown): Promise<void> {
    if (!(error instanceof SpoolError) || !error.permanent) throw error;
    const { name } = claimed;
    const missing = sizeOf(claimed.path) === 0;
    await this.#options.countEnds({ name, again }, [
      { account: missing ? 'flows_spool_missing' : 'flows_spool_corrupt', rows },
    ]);
    const flows = rows.reduce((sum, [, count]) => sum + count, 0);
    this.#vanished.forget(name);
    this.#again.delete(name);
    if (missing) {
      removeClaim(claimed);
      this.#missing = { name, at: performance.now() };
      this.stats.missingFiles++;
      this.stats.missingRows += flows;
    } else {
      setAside(this.#options.dir, this.#options.name, claimed, error.message, flows);
      this.stats.asideFiles++;
      this.stats.asideRows += flows;
    }
    const what = missing ? 'was removed by somebody else' : 'cannot be used and was set aside';
    this.#log('error', `a spool file for ${this.#called} ${what}`, { file: name, flows, reason: error.message });
  }
}

/** Flows by exporter, as a manifest says; none where it is no use. */
function exportersIn(path: string, name: string): ExporterRows {
  try {
    return readManifest(path, name).exporters;
  } catch (error) {
    if (error instanceof SpoolError && error.permanent) return [];
    throw error;
  }
}

/** Flows by exporter of a file whose manifest is no use, as far as they can be read. */
function unknownRows(path: string): ExporterRows {
  try {
    return wholeBlocks(path).counts.exporters();
  } catch (error) {
    if (errno(error) !== undefined) return [];
    throw error;
  }
}

function defaultFailure(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof SpoolError || errno(error) !== undefined) {
    return { place: 'spool', code: asSpoolError(error, 'deliver what waits').code, reason };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return { place: 'destination', code, reason };
}
