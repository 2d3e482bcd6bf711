// Takes in what collectors left in the spool: dimensions first, so that flows have names when they appear, then the ledger, then
// flows, oldest first. A file is deleted only when the store has acknowledged it; whatever happens before, the next attempt
// finds out whether it is in (presence.ts) and every flow is stored exactly once.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asSpoolError,
  type Claim,
  claimFlows,
  errno,
  type Manifest,
  makeSpool,
  readManifest,
  removeClaim,
  removeOrphanManifests,
  SpoolError,
  type SpoolErrorCode,
  setAside,
  sizeOf,
  waitingFlows,
} from '@weir/spool';
import { LedgerTable } from '../ledger/ledger-table.ts';
import type { Store } from '../store.ts';
import { StoreError, type StoreErrorCode } from '../store-error.ts';
import { Dictionaries, loadDimensions } from './dimension-rows.ts';
import { Inserts } from './inserts.ts';
import { countFlows, loadLedger } from './ledger-rows.ts';
import { inHours, missingHours } from './presence.ts';

export type LogLevel = 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, details?: Readonly<Record<string, unknown>>) => void;

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
  readonly explain?: (failure: LoadFailure) => string;
  readonly log?: Log;
}

/** Why an attempt to take in what waits ended. */
export interface LoadFailure {
  /** Where: in the store, or in the spool that it takes flows from. */
  readonly place: 'store' | 'spool';
  readonly code: StoreErrorCode | SpoolErrorCode;
  /** In the words of the engine or of the file system. */
  readonly reason: string;
}

export interface LoaderState {
  readonly state: 'idle' | 'loading' | 'retrying' | 'stopped';
  /** Why it retries: where, a code of StoreError or SpoolError, and a message for people. */
  readonly place?: LoadFailure['place'];
  readonly code?: string;
  readonly reason?: string;
  readonly since?: number;
}

export interface LoaderStats {
  files: number;
  rows: number;
  bytes: number;
  corruptFiles: number;
  corruptRows: number;
  failures: number;
  /** Files found half loaded, and how many of them were in the store. */
  recovered: number;
  recoveredPresent: number;
}

const FIRST_BACKOFF_MS = 250;

export class Loader {
  readonly stats: LoaderStats = {
    files: 0,
    rows: 0,
    bytes: 0,
    corruptFiles: 0,
    corruptRows: 0,
    failures: 0,
    recovered: 0,
    recoveredPresent: 0,
  };
  readonly #store: Store;
  readonly #dictionaries: Dictionaries;
  readonly #ledger: LedgerTable;
  readonly #dir: string;
  readonly #pollMs: number;
  readonly #maxBackoffMs: number;
  readonly #inserts: number;
  readonly #onFlows: (manifest: Manifest) => Promise<void>;
  readonly #explain: (failure: LoadFailure) => string;
  readonly #log: Log;
  readonly #stop = new AbortController();
  /** Names that this process has begun to insert without an answer, or that a process before it had claimed. */
  readonly #uncertain = new Set<string>();
  #state: LoaderState = { state: 'idle' };
  #running: Promise<void> | undefined;

  /** Throws SpoolError when the spool cannot be made or read. */
  constructor(options: LoaderOptions) {
    this.#store = options.store;
    this.#dictionaries = new Dictionaries(options.store);
    this.#ledger = new LedgerTable(options.store);
    this.#dir = options.dir;
    this.#pollMs = options.pollMs ?? 100;
    this.#maxBackoffMs = options.maxBackoffMs ?? 10_000;
    this.#inserts = options.inserts ?? 1;
    this.#onFlows = options.onFlows ?? (async () => {});
    this.#explain = options.explain ?? (({ reason }) => reason);
    this.#log = options.log ?? (() => {});
    makeSpool(this.#dir);
    removeOrphanManifests(this.#dir);
    for (const name of waitingFlows(this.#dir, '.loading')) this.#uncertain.add(name);
  }

  get state(): LoaderState {
    return this.#state;
  }

  /** Begins to load and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#loop();
  }

  /** Stops after the file at hand. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#state = { state: 'stopped' };
  }

  /** Takes in what waits now. Returns how many files. Throws StoreError and SpoolError. */
  async loadOnce(): Promise<number> {
    let files = await loadDimensions(this.#store, this.#dir, this.#dictionaries);
    files += await loadLedger(this.#ledger, this.#dir);
    const inserts = new Inserts(this.#inserts);
    for (const name of waitingFlows(this.#dir)) {
      if (this.#stop.signal.aborted || inserts.failed) break;
      const claim = claimFlows(this.#dir, name);
      if (claim === undefined) continue;
      if (this.#state.state === 'idle') this.#state = { state: 'loading' };
      try {
        const insert = await this.#prepare(claim);
        if (insert !== undefined) await inserts.add(insert);
      } catch (error) {
        await inserts.end();
        throw error;
      }
      files++;
      // Names of what these flows mention may have come meanwhile.
      if (files % 16 === 0) files += await loadDimensions(this.#store, this.#dir, this.#dictionaries);
    }
    await inserts.end();
    return files;
  }

  async #loop(): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    while (!this.#stop.signal.aborted) {
      let pause = this.#pollMs;
      try {
        const files = await this.loadOnce();
        if (this.#state.state === 'retrying') this.#log('info', 'the store takes flows again');
        this.#state = { state: 'idle' };
        backoff = FIRST_BACKOFF_MS;
        if (files > 0) continue;
      } catch (error) {
        this.#failed(error);
        pause = backoff;
        backoff = Math.min(backoff * 2, this.#maxBackoffMs);
      }
      await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  #failed(error: unknown): void {
    const failure = failureOf(error);
    const { place, code } = failure;
    const reason = this.#explain(failure);
    const since = this.#state.since ?? Date.now();
    // Said once for each reason, not at every attempt.
    if (this.#state.code !== code || this.#state.place !== place)
      this.#log('error', 'the store does not take flows', { code, reason });
    this.stats.failures++;
    this.#state = { state: 'retrying', place, code, reason, since };
  }

  /**
   * What has to happen before the flows of a file are visible, one file after the other. Resolves to what puts them in, or to
   * nothing where the file cannot be used.
   */
  async #prepare(claim: Claim): Promise<(() => Promise<void>) | undefined> {
    const { name, path } = claim;
    const uncertain = this.#uncertain.has(name);
    this.#uncertain.add(name);
    let manifest: Manifest;
    try {
      manifest = readManifest(claim.manifestPath);
    } catch (error) {
      if (error instanceof SpoolError && !['bad_manifest', 'missing'].includes(error.code)) throw error;
      this.#corrupt(claim, 0, error);
      return undefined;
    }
    if (sizeOf(path) !== manifest.bytes) {
      const reason = `${name} has ${sizeOf(path)} bytes where its manifest says ${manifest.bytes}`;
      await this.#unreadable(claim, manifest, new StoreError('bad_data', reason));
      return undefined;
    }
    try {
      await this.#store.addColumns(manifest.columns);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_data') throw error;
      await this.#unreadable(claim, manifest, error);
      return undefined;
    }
    await this.#onFlows(manifest);
    return () => this.#load(claim, manifest, uncertain);
  }

  async #load(claim: Claim, manifest: Manifest, uncertain: boolean): Promise<void> {
    try {
      // No snapshot of the store has the flows without their count.
      await this.#store.together(async () => {
        await this.#insert(claim, manifest, uncertain && this.#store.kind === 'embedded');
        await countFlows(this.#ledger, 'flows_stored', claim.name, manifest.exporters, Date.now());
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_data') throw error;
      await this.#unreadable(claim, manifest, error);
      return;
    }
    removeClaim(claim);
    this.#uncertain.delete(claim.name);
    this.stats.files++;
    this.stats.rows += manifest.rows;
    this.stats.bytes += manifest.bytes;
  }

  async #unreadable(claim: Claim, manifest: Manifest, error: StoreError): Promise<void> {
    await countFlows(this.#ledger, 'flows_spool_corrupt', claim.name, manifest.exporters, Date.now());
    this.#corrupt(claim, manifest.rows, error);
  }

  /** A first attempt counts on the token; after one whose end is not known the rows themselves are looked for. */
  async #insert({ name, path }: Claim, manifest: Manifest, look: boolean): Promise<void> {
    const file = { table: 'flows', path, format: 'Native', columns: manifest.columns } as const;
    if (!look) {
      await this.#store.insertFile({ ...file, token: name });
      return;
    }
    this.stats.recovered++;
    const missing = await missingHours(this.#store, path, manifest.columns);
    if (missing.length === 0) {
      this.stats.recoveredPresent++;
      return;
    }
    await this.#store.insertFile({ ...file, token: `${name} ${Date.now()}`, where: inHours(missing) });
  }

  #corrupt(claim: Claim, rows: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    setAside(this.#dir, claim);
    this.#uncertain.delete(claim.name);
    this.stats.corruptFiles++;
    this.stats.corruptRows += rows;
    this.#log('error', 'a spool file cannot be read and was set aside', { file: claim.name, rows, reason });
  }
}

function failureOf(error: unknown): LoadFailure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) return { place: 'store', code: error.code, reason };
  // All files that this process touches by itself are the spool's.
  if (error instanceof SpoolError || errno(error) !== undefined) {
    return { place: 'spool', code: asSpoolError(error, 'take in what waits').code, reason };
  }
  return { place: 'store', code: 'engine', reason };
}
