// Makes the roll-ups behind the front: a minute once no flow of it can be on its way any more, five minutes and hours from finished
// minutes. What readers may use ends where the first slot that is not made, or has to be made again, begins: a slot is either
// whole or not used, whatever happens in between.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, type Manifest, Received, STORE, waitingFor } from '@weir/spool';
import { DATABASE, type Resolution, ROLLUPS, type RollupSpec } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import {
  countFlowsSql,
  countSlotSql,
  removeSql,
  rollupAgainSql,
  rollupFlowsSql,
  slices,
  topPortsSql,
} from './rollup-sql.ts';
import { RollupState } from './rollup-state.ts';

export interface RollupMakerOptions {
  readonly store: Store;
  /** The spool: a minute waits for the files that may hold flows of it. */
  readonly dir: string;
  /** How long after its end a minute is made at the earliest: flows need this long from the socket to the spool. Default 10,000. */
  readonly graceMs?: number;
  /** Milliseconds between looks when there is nothing to do. Default 1,000. */
  readonly pollMs?: number;
  readonly now?: () => number;
  readonly log?: Log;
}

export interface RollupStats {
  slots: number;
  slotsAgain: number;
  failures: number;
  lastMs: number;
}

const [MINUTE] = ROLLUPS;

/** More spool files than this waiting: the loader is behind, and making roll-ups would keep it there. */
const BUSY_FILES = 2;
/** The longest that roll-ups give way to loading before they go on by one slice all the same, in milliseconds. */
const GIVE_WAY_MS = 20_000;
const GIVE_WAY_POLL_MS = 200;

/** Thrown between slices when told to stop. What is half made is removed at the next start. */
class Stopped extends Error {}

export class RollupMaker {
  readonly stats: RollupStats = { slots: 0, slotsAgain: 0, failures: 0, lastMs: 0 };
  readonly #store: Store;
  readonly #dir: string;
  readonly #received: Received;
  readonly #graceMs: number;
  readonly #pollMs: number;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #state: RollupState;
  readonly #stop = new AbortController();
  /** End of the slot being made, by resolution: flows that come for it now may be missed. */
  readonly #making = new Map<Resolution, number>();
  /** What a killed process left half made may still be there. */
  #hasLeftovers = true;
  #running: Promise<void> | undefined;

  constructor(options: RollupMakerOptions) {
    this.#store = options.store;
    this.#dir = options.dir;
    this.#received = new Received(options.dir, STORE);
    this.#graceMs = options.graceMs ?? 10_000;
    this.#pollMs = options.pollMs ?? 1000;
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? (() => {});
    this.#state = new RollupState(options.store);
  }

  /**
   * Reads how far things are and removes what a killed process left half made. Before anything else. Where that cannot be removed because
   * a part is damaged, nothing is made until it can. Throws StoreError.
   */
  async prepare(): Promise<void> {
    await this.#state.read();
    try {
      await this.#removeLeftovers();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'damaged') throw error;
      this.#log('error', 'roll-ups wait until a damaged part is repaired', { reason: error.message });
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const spec of ROLLUPS) {
      await this.#remove(spec, this.#state.until(spec.resolution) ?? (await this.#found(spec)));
    }
    this.#hasLeftovers = false;
  }

  /**
   * How far a roll-up is of which nothing is known: nothing was made, or what was known is lost with a damaged part. Then what is there
   * is all that there is of old times, and only its last slot may be half made.
   */
  async #found(spec: RollupSpec): Promise<number> {
    const { rows } = await this.#store.query(
      `SELECT count() AS rows, toUnixTimestamp(max(time)) AS last FROM ${DATABASE}.${spec.table.name}`,
    );
    if (Number(rows[0].rows) === 0) return 0;
    const until = Number(rows[0].last);
    await this.#state.setUntil(spec.resolution, until);
    const first = await this.#firstMinute(0);
    if (first !== undefined) await this.#state.setDropped(Math.min(first, until));
    return until;
  }

  /** Up to when (milliseconds since 1970, exclusive) each resolution is whole; 0 when nothing is. */
  rolledUpUntil(): Record<Resolution, number> {
    const whole = (resolution: Resolution): number => this.#state.whole(resolution) * 1000;
    return { '1m': whole('1m'), '5m': whole('5m'), '1h': whole('1h') };
  }

  /** To be called before flows become visible: slots already made, or being made, will be made again. Throws StoreError. */
  async flowsComing({ spans }: Pick<Manifest, 'spans'>): Promise<void> {
    const seconds = spans.map(([first, last]) => [Math.floor(first / 1000), Math.floor(last / 1000)] as const);
    await this.#state.markDirty(seconds, (resolution) =>
      Math.max(this.#state.until(resolution) ?? 0, this.#making.get(resolution) ?? 0),
    );
  }

  /** To be called before flows before `time` (milliseconds since 1970) are dropped: roll-ups of that time stay as they are. */
  async flowsDropped(time: number): Promise<void> {
    await this.#state.setDropped(Math.floor(time / 1000));
  }

  /** Flows received in this time (milliseconds since 1970) are lost: minutes that were made with them stay as they are. */
  async flowsLost(from: number, to: number): Promise<void> {
    await this.#state.keep(MINUTE.resolution, Math.floor(from / 1000), Math.ceil(to / 1000));
  }

  /**
   * Rows of a roll-up are lost that are of this time (milliseconds since 1970). Slots are made again from what is finer, where that is
   * there whole; resolves to how many of them can not be, and stay with what is left.
   */
  async slotsLost(resolution: Resolution, from: number, to: number): Promise<{ again: number; lost: number }> {
    const index = ROLLUPS.findIndex((spec) => spec.resolution === resolution);
    const spec = ROLLUPS[index];
    const end = Math.min(to / 1000, this.#state.until(resolution) ?? 0);
    const again: number[] = [];
    let lost = 0;
    for (let slot = Math.floor(from / 1000 / spec.seconds) * spec.seconds; slot < end; slot += spec.seconds) {
      if (await this.#canMake(index, slot)) again.push(slot);
      else lost++;
    }
    // What is coarser was made when all was there, and must not be made again from what is left.
    if (lost > 0 && index + 1 < ROLLUPS.length) {
      await this.#state.keep(ROLLUPS[index + 1].resolution, Math.floor(from / 1000), Math.ceil(to / 1000));
    }
    await this.#state.markLost(resolution, again);
    return { again: again.length, lost };
  }

  /** Whether what a slot is made from is there, whole. */
  async #canMake(index: number, slot: number): Promise<boolean> {
    const spec = ROLLUPS[index];
    if (this.#state.isKept(spec.resolution, slot, spec.seconds)) return false;
    if (index === 0) return slot >= this.#state.dropped;
    return (await this.#count(countSlotSql(ROLLUPS[index - 1], slot, slot + spec.seconds))) > 0;
  }

  /** Begins to make roll-ups and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#loop();
  }

  /** Stops after the slice at hand. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Makes the next slot that can be made; false when there is none. Throws StoreError. */
  async step(): Promise<boolean> {
    if (this.#hasLeftovers) await this.#removeLeftovers();
    return (await this.#again()) || (await this.#nextMinute()) || (await this.#nextCoarser());
  }

  async #loop(): Promise<void> {
    let failed = false;
    while (!this.#stop.signal.aborted) {
      try {
        const made = await this.step();
        failed = false;
        if (made) continue;
      } catch (error) {
        if (error instanceof Stopped) return;
        this.stats.failures++;
        const reason = error instanceof Error ? error.message : String(error);
        if (!failed) this.#log('error', 'a roll-up cannot be made', { reason });
        failed = true;
      }
      await sleep(this.#pollMs * (failed ? 10 : 1), undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** Minutes before this (unix seconds) get no more flows but late ones. */
  #complete(): number {
    // What lanes are still writing is younger than the grace. Where it is not, its flows come late and their slots are made again.
    const pending = this.#received.oldest() ?? Number.POSITIVE_INFINITY;
    const limit = Math.min(this.#now() - this.#graceMs, pending) / 1000;
    return Math.floor(limit / MINUTE.seconds) * MINUTE.seconds;
  }

  async #nextMinute(): Promise<boolean> {
    const complete = this.#complete();
    const begun = this.#state.until(MINUTE.resolution);
    const minute = begun ?? (await this.#firstMinute(0));
    if (minute === undefined || minute >= complete) return false;
    if ((await this.#count(countFlowsSql(minute, minute + MINUTE.seconds))) === 0) {
      // A time without flows: on to the next minute that has some.
      const next = (await this.#firstMinute(minute)) ?? complete;
      await this.#state.setUntil(MINUTE.resolution, Math.min(next, complete));
      return true;
    }
    await this.#make(MINUTE, minute);
    await this.#state.setUntil(MINUTE.resolution, minute + MINUTE.seconds);
    this.#making.delete(MINUTE.resolution);
    return true;
  }

  /** The first minute from `from` on that has flows. */
  async #firstMinute(from: number): Promise<number | undefined> {
    const { rows } = await this.#store.query(
      `SELECT count() AS rows, toUnixTimestamp(toStartOfMinute(min(time_received))) AS first FROM ${DATABASE}.flows` +
        (from === 0 ? '' : ` WHERE time_received >= toDateTime64(${from}, 3, 'UTC')`),
    );
    return Number(rows[0].rows) === 0 ? undefined : Number(rows[0].first);
  }

  async #nextCoarser(): Promise<boolean> {
    for (let index = 1; index < ROLLUPS.length; index++) {
      const spec = ROLLUPS[index];
      const finerUntil = this.rolledUpUntil()[ROLLUPS[index - 1].resolution] / 1000;
      const begun = this.#state.until(spec.resolution) ?? (await this.#firstSlot(ROLLUPS[index - 1], 0, spec));
      if (begun === undefined || begun + spec.seconds > finerUntil) continue;
      const slot = (await this.#firstSlot(ROLLUPS[index - 1], begun, spec)) ?? finerUntil;
      if (slot + spec.seconds > finerUntil) {
        // Nothing between: on to the slot that is not complete yet.
        await this.#state.setUntil(spec.resolution, Math.floor(finerUntil / spec.seconds) * spec.seconds);
        return true;
      }
      await this.#make(spec, slot);
      await this.#state.setUntil(spec.resolution, slot + spec.seconds);
      this.#making.delete(spec.resolution);
      return true;
    }
    return false;
  }

  /** The first slot of `spec` from `from` on in which the finer roll-up has rows. */
  async #firstSlot(finer: RollupSpec, from: number, spec: RollupSpec): Promise<number | undefined> {
    const { rows } = await this.#store.query(
      `SELECT count() AS rows, toUnixTimestamp(min(time)) AS first FROM ${DATABASE}.${finer.table.name} ` +
        `WHERE time >= toDateTime(${from}, 'UTC')`,
    );
    return Number(rows[0].rows) === 0 ? undefined : Math.floor(Number(rows[0].first) / spec.seconds) * spec.seconds;
  }

  /** Makes a slot again for which flows came late, the finer before the coarser. */
  async #again(): Promise<boolean> {
    const complete = this.#complete();
    for (const [index, spec] of ROLLUPS.entries()) {
      const slot = this.#state.dirty(spec.resolution).find((dirty) => {
        if (index === 0) return dirty + spec.seconds <= complete;
        const finer = this.#state.dirty(ROLLUPS[index - 1].resolution);
        return !finer.some((time) => time >= dirty && time < dirty + spec.seconds);
      });
      if (slot === undefined) continue;
      // Where what it would be made from is gone, the roll-up is all that is left of that time.
      const work = (await this.#canMake(index, slot)) ? () => this.#make(spec, slot) : async () => {};
      await this.#state.again(spec.resolution, slot, work);
      this.#making.delete(spec.resolution);
      this.stats.slotsAgain++;
      return true;
    }
    return false;
  }

  async #count(sql: string): Promise<number> {
    const { rows } = await this.#store.query(sql);
    return Number(rows[0].rows);
  }

  async #remove(spec: RollupSpec, from: number, to?: number): Promise<void> {
    // A delete touches every part of its partition: only where there is something to delete.
    if ((await this.#count(countSlotSql(spec, from, to))) > 0) await this.#store.command(removeSql(spec, from, to));
  }

  /** Between slices: loading goes first, and stopping does not wait for the whole slot. */
  async #giveWay(): Promise<void> {
    const patience = performance.now() + GIVE_WAY_MS;
    do {
      if (this.#stop.signal.aborted) throw new Stopped('told to stop');
      if (waitingFor(this.#dir, STORE).length <= BUSY_FILES) return;
      await sleep(GIVE_WAY_POLL_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    } while (performance.now() < patience);
  }

  /** Leaves `#making` set: it goes when the slot's new state is written. */
  async #make(spec: RollupSpec, slot: number): Promise<void> {
    const began = performance.now();
    const end = slot + spec.seconds;
    this.#making.set(spec.resolution, end);
    await this.#remove(spec, slot, end);
    if (spec === MINUTE) {
      const ports = await this.#store.query(topPortsSql(slot, end));
      const kept = ports.rows.map((row) => Number(row.port));
      for (const slice of slices(await this.#count(countFlowsSql(slot, end)))) {
        await this.#giveWay();
        await this.#store.command(rollupFlowsSql(slot, slice, kept, this.#store.columnsPresent()));
      }
    } else {
      const finer = ROLLUPS[ROLLUPS.indexOf(spec) - 1];
      for (const slice of slices(await this.#count(countSlotSql(finer, slot, end)))) {
        await this.#giveWay();
        await this.#store.command(rollupAgainSql(finer, spec, slot, slice));
      }
    }
    this.stats.slots++;
    this.stats.lastMs = performance.now() - began;
  }
}
