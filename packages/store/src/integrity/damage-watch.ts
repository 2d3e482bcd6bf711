// Knows what of the store is damaged while Weir runs: from questions that met damage, from merges that failed, from what the engine put
// aside when it started, and from reading every part once a week. What it finds it says once in the log, and holds for /readyz until it
// is repaired.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@weir/spool';
import type { Store } from '../store.ts';
import type { StoreError } from '../store-error.ts';
import { type DamagedStorePart, damageOf, unaccounted } from './check.ts';
import { DAMAGE_ADVICE } from './damage.ts';
import { isSmall } from './mend.ts';
import { missingInAll } from './missing-flows.ts';
import { activeParts, type StorePart } from './parts.ts';
import { accountBroken } from './repair.ts';
import { finishSaving } from './save-flows.ts';
import { type OutRollups, takeOut } from './take-out.ts';

export interface DamageWatchOptions {
  readonly store: Store;
  readonly rollups: OutRollups;
  /**
   * Whether the loader has worked off what was there when it started: flows of a part that is lost may come again from the spool.
   * Default: it has.
   */
  readonly settled?: () => boolean;
  /** How many times as long as reading a part took to wait before the next. Default 50: reading takes 2 % of a core. */
  readonly rest?: number;
  /** Milliseconds between looks at the engine's count of errors. Default 10,000. */
  readonly errorsEveryMs?: number;
  /** Milliseconds between looks whether flows are missing. Default 60,000. */
  readonly missingEveryMs?: number;
  readonly log?: Log;
}

const TICK_MS = 1000;
/** How long nothing is read after all has been. */
const IDLE_MS = 60_000;
/** Flows are missing when so many looks in a row say so: removing the demo takes them out before it says so. */
const MISSING_LOOKS = 3;
/** How long a part that was read counts as whole. */
const WHOLE_MS = 7 * 86_400_000;
/** After failed merges all is read at once, but not more often than this. */
const HURRY_EVERY_MS = 1_800_000;
const MAX_SENTENCES = 3;

/** Errors by which a merge fails on a damaged part (codes: see damage.ts). */
const MERGE_ERRORS = [32, 33, 40, 107, 226, 228, 246, 271, 432, 1001];

const keyOf = ({ table, name }: { readonly table: string; readonly name: string }): string => `${table} ${name}`;

export class DamageWatch {
  readonly #store: Store;
  readonly #rollups: OutRollups;
  readonly #settled: () => boolean;
  readonly #rest: number;
  readonly #errorsEveryMs: number;
  readonly #missingEveryMs: number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #damaged = new Map<string, DamagedStorePart>();
  /** Parts that were read and when, by `performance.now()`. */
  readonly #read = new Map<string, number>();
  #suspects: string[] = [];
  #queue: StorePart[] = [];
  /** Errors of the engine that questions of this process explain, and all that it has counted. */
  #explained = 0;
  #counted: number | undefined;
  #broken = 0;
  #missing = 0;
  #missingLooks = 0;
  #accounted = false;
  #nextErrors = 0;
  #nextMissing = 0;
  #nextRead = 0;
  #hurryUntil = 0;
  #lastHurry = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: DamageWatchOptions) {
    this.#store = options.store;
    this.#rollups = options.rollups;
    this.#settled = options.settled ?? (() => true);
    this.#rest = options.rest ?? 50;
    this.#errorsEveryMs = options.errorsEveryMs ?? 10_000;
    this.#missingEveryMs = options.missingEveryMs ?? 60_000;
    this.#log = options.log ?? (() => {});
    for (const note of this.#store.openingNotes) this.#log('error', note);
    this.#store.onDamaged = (error) => this.#noticed(error);
  }

  /** What is damaged and waits for a person, as sentences; empty when nothing is. */
  problems(): string[] {
    const parts = [...this.#damaged.values()];
    const sentences = parts.slice(0, MAX_SENTENCES).map((part) => {
      const hour = part.span === undefined ? '' : `${new Date(part.span.from).toISOString().slice(0, 16)}Z, `;
      return `part ${part.name} of ${part.table} is damaged (${hour}${part.rows.toLocaleString('en')} rows): ${DAMAGE_ADVICE}`;
    });
    if (parts.length > MAX_SENTENCES) sentences.push(`${parts.length - MAX_SENTENCES} more parts are damaged`);
    if (this.#broken > 0) sentences.push(`${this.#broken} broken parts were put aside and are being accounted for`);
    if (this.#missing > 0) {
      sentences.push(`${this.#missing.toLocaleString('en')} stored flows are missing: ${DAMAGE_ADVICE}`);
    }
    return sentences;
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Takes what a check by hand has found: it is told from now on. */
  checked(damaged: readonly DamagedStorePart[]): void {
    for (const part of damaged) {
      if (isSmall(part.table)) this.#suspects.push(keyOf(part));
      else this.#damaged.set(keyOf(part), part);
    }
  }

  /** To be called after a repair by hand: what was known may be out of date. */
  async looked(): Promise<void> {
    const active = new Set((await activeParts(this.#store)).map(keyOf));
    for (const key of this.#damaged.keys()) if (!active.has(key)) this.#damaged.delete(key);
    this.#broken = (await unaccounted(this.#store)).length;
    this.#missing = 0;
    this.#missingLooks = 0;
    this.#nextMissing = 0;
  }

  /** One look at what is due. Throws StoreError. */
  async step(): Promise<void> {
    if (!this.#accounted) await this.#account();
    for (const key of this.#suspects.splice(0)) await this.#suspect(key);
    const now = performance.now();
    if (now >= this.#nextErrors) {
      this.#nextErrors = now + this.#errorsEveryMs;
      await this.#countErrors();
    }
    if (now >= this.#nextMissing) {
      this.#nextMissing = now + this.#missingEveryMs;
      await this.#countMissing();
    }
    // A server has operators of its own, who say what its disks read and when.
    if (now >= this.#nextRead && this.#store.kind === 'embedded') await this.#readNext();
  }

  async #loop(): Promise<void> {
    let failed = false;
    while (!this.#stop.signal.aborted) {
      try {
        await this.step();
        failed = false;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!failed) this.#log('warn', 'looking for damage failed; it will be tried again', { reason });
        failed = true;
      }
      await sleep(TICK_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  #noticed({ part }: StoreError): void {
    this.#explained++;
    if (part === undefined) this.#hurry();
    else if (part.table !== undefined) {
      const key = keyOf({ table: part.table, name: part.name });
      if (!this.#damaged.has(key) && !this.#suspects.includes(key)) this.#suspects.push(key);
    }
  }

  /** Once after the start: what a repair left half done, and what the engine has put aside. */
  async #account(): Promise<void> {
    this.#broken = (await unaccounted(this.#store)).length;
    if (this.#broken > 0 && !this.#settled()) return;
    await finishSaving(this.#store);
    for (const { table, part, meaning } of await accountBroken(this.#store, this.#rollups)) {
      this.#log(
        'error',
        `part ${part} of ${table} was broken when the store started, and is kept in detached/: ${meaning}`,
      );
    }
    this.#broken = 0;
    this.#accounted = true;
  }

  async #suspect(key: string): Promise<void> {
    const part = (await activeParts(this.#store, key.slice(0, key.indexOf(' ')))).find((one) => keyOf(one) === key);
    if (part !== undefined) await this.#look(part);
  }

  async #look(part: StorePart): Promise<void> {
    const reason = await damageOf(this.#store, part, this.#stop.signal);
    this.#read.set(keyOf(part), performance.now());
    if (reason === undefined) return;
    if (isSmall(part.table)) {
      const { meaning } = await takeOut(this.#store, part, reason, this.#rollups);
      this.#log('error', `part ${part.name} of ${part.table} was damaged and is kept in detached/: ${meaning}`, {
        reason,
      });
      return;
    }
    if (!this.#damaged.has(keyOf(part))) {
      this.#log('error', `part ${part.name} of ${part.table} is damaged: ${DAMAGE_ADVICE}`, {
        rows: part.rows,
        reason,
      });
    }
    this.#damaged.set(keyOf(part), { ...part, reason });
  }

  /** Merges fail silently, again and again: the engine counts their errors, which no question explains. */
  async #countErrors(): Promise<void> {
    const { rows } = await this.#store.query(
      `SELECT sum(value) AS errors FROM system.errors WHERE code IN (${MERGE_ERRORS.join(', ')})`,
    );
    const counted = Number(rows[0].errors);
    const explained = this.#explained;
    this.#explained = 0;
    // Of the start, when parts are loaded, and of spool files that cannot be read: nothing is known to be damaged by them alone.
    if (this.#counted !== undefined && counted > this.#counted + explained && this.#damaged.size === 0) this.#hurry();
    this.#counted = counted;
  }

  #hurry(): void {
    const now = performance.now();
    if (now - this.#lastHurry < HURRY_EVERY_MS) return;
    this.#lastHurry = now;
    this.#hurryUntil = Number.POSITIVE_INFINITY;
    this.#read.clear();
    this.#queue = [];
    this.#nextRead = 0;
  }

  async #countMissing(): Promise<void> {
    await this.#forgetGone();
    const missing = await missingInAll(this.#store);
    this.#missingLooks = missing > 0 && this.#accounted ? this.#missingLooks + 1 : 0;
    const before = this.#missing;
    this.#missing = this.#missingLooks >= MISSING_LOOKS ? missing : 0;
    if (this.#missing > 0 && before === 0) {
      this.#log('error', `${missing} stored flows are missing from the store: ${DAMAGE_ADVICE}`);
    }
  }

  /** Parts that were repaired, or dropped by retention. */
  async #forgetGone(): Promise<void> {
    if (this.#damaged.size === 0) return;
    const active = new Set((await activeParts(this.#store)).map(keyOf));
    for (const key of this.#damaged.keys()) if (!active.has(key)) this.#damaged.delete(key);
  }

  /** Reads the next part that was not read for long. */
  async #readNext(): Promise<void> {
    const due = (part: StorePart): boolean =>
      !this.#damaged.has(keyOf(part)) && performance.now() - (this.#read.get(keyOf(part)) ?? -WHOLE_MS) >= WHOLE_MS;
    if (this.#queue.length === 0) {
      const parts = await activeParts(this.#store);
      const names = new Set(parts.map(keyOf));
      for (const key of this.#read.keys()) if (!names.has(key)) this.#read.delete(key);
      this.#queue = parts.filter(due);
    }
    const part = this.#queue.shift();
    if (part === undefined) {
      this.#hurryUntil = 0;
      this.#nextRead = performance.now() + IDLE_MS;
      return;
    }
    const began = performance.now();
    await this.#look(part);
    const now = performance.now();
    this.#nextRead = now + (now - began) * (now < this.#hurryUntil ? 1 : this.#rest);
  }
}
