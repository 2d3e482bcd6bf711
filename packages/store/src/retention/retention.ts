// Forgets what is old: whole partitions, by age for each table and by the size of all of them. What is dropped is counted and said.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@weir/spool';
import { stringLiteral } from '../connection/literals.ts';
import { LedgerTable } from '../ledger/ledger-table.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { Ballast } from './ballast.ts';
import { carryOn, countExpired, removeMarks } from './forgotten.ts';
import { type Partition, partitions, RETAINED, type RetainedTable } from './partitions.ts';

export interface RetentionOptions {
  readonly store: Store;
  /** How long each table's rows are kept, in seconds. A table that is not named keeps all. */
  readonly keepSeconds: Partial<Readonly<Record<RetainedTable, number>>>;
  /** Bytes on disk of all tables together; beyond, the oldest partitions go, those of flows first. Absent: no limit. */
  readonly maxBytes?: number;
  /** Called before flows older than a time (milliseconds since 1970) are dropped. */
  readonly onFlowsDropped?: (time: number) => Promise<void>;
  readonly ledger?: LedgerTable;
  /** Why nothing can be said to be old: the clock is in doubt (ClockGuard). What the store's size drops does not depend on it. */
  readonly clockInDoubt?: () => string | undefined;
  /** File on the store's file system that keeps room for dropping. Absent: the disk is another machine's. */
  readonly ballastPath?: string;
  readonly intervalMs?: number;
  readonly now?: () => number;
  readonly log?: Log;
}

export interface DroppedPartition {
  readonly table: RetainedTable;
  readonly partition: string;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: 'age' | 'size';
}

/** How often old marks of the ledger are looked for: a look reads all of them. */
const MARKS_EVERY_MS = 3_600_000;

export class Retention {
  readonly stats = { partitions: 0, rows: 0, bytes: 0, failures: 0 };
  readonly #options: RetentionOptions;
  readonly #ledger: LedgerTable;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #ballast: Ballast | undefined;
  #doubt: string | undefined;
  #marksLooked = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#ledger = options.ledger ?? new LedgerTable(options.store);
    this.#ballast = options.ballastPath === undefined ? undefined : new Ballast(options.ballastPath);
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? (() => {});
  }

  /** Begins to look every minute (or `intervalMs`) and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#loop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Why nothing is dropped for its age just now, as a sentence; undefined when that goes on. */
  get doubt(): string | undefined {
    return this.#doubt;
  }

  /** Drops what is too old or too much now. Throws StoreError. */
  async step(): Promise<DroppedPartition[]> {
    try {
      const dropped = await this.#step();
      this.#ballast?.take();
      return dropped;
    } catch (error) {
      const full = error instanceof StoreError && error.code === 'disk_full';
      if (!full || this.#ballast?.release() !== true) throw error;
      this.#log('warn', 'the disk of the store is full: the room that is kept for dropping old data is used');
      return await this.#step();
    }
  }

  async #step(): Promise<DroppedPartition[]> {
    const { keepSeconds, maxBytes, store } = this.#options;
    this.#look();
    const now = this.#doubt === undefined ? this.#now() : Number.NEGATIVE_INFINITY;
    const dropped: DroppedPartition[] = [];
    let left: Partition[] = [];
    for (const partition of await partitions(store)) {
      const keep = keepSeconds[partition.table];
      if (keep !== undefined && partition.end <= now - keep * 1000) {
        dropped.push(await this.#drop(partition, 'age'));
      } else left.push(partition);
    }
    if (this.#doubt === undefined && performance.now() - this.#marksLooked >= MARKS_EVERY_MS) {
      await removeMarks(store, now);
      this.#marksLooked = performance.now();
    }
    if (maxBytes === undefined) return dropped;
    let bytes = left.reduce((sum, partition) => sum + partition.bytes, 0);
    while (bytes > maxBytes) {
      const victim = this.#victim(left);
      if (victim === undefined) break;
      dropped.push(await this.#drop(victim, 'size'));
      left = left.filter((partition) => partition !== victim);
      bytes -= victim.bytes;
    }
    return dropped;
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.step();
      } catch (error) {
        this.stats.failures++;
        const reason = error instanceof Error ? error.message : String(error);
        this.#log('error', 'retention failed; it will be tried again', { reason });
      }
      await sleep(this.#options.intervalMs ?? 60_000, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** The oldest partition of the first table that has more than the one being written. */
  #victim(partitions: readonly Partition[]): Partition | undefined {
    for (const table of RETAINED) {
      const own = partitions.filter((partition) => partition.table === table);
      if (own.length > 1) return own.reduce((oldest, partition) => (partition.end < oldest.end ? partition : oldest));
    }
    return undefined;
  }

  #look(): void {
    const doubt = this.#options.clockInDoubt?.();
    if (doubt !== undefined && this.#doubt === undefined) this.#log('warn', doubt);
    if (doubt === undefined && this.#doubt !== undefined) this.#log('info', 'the clock is believed again');
    this.#doubt = doubt;
  }

  async #drop(partition: Partition, reason: 'age' | 'size'): Promise<DroppedPartition> {
    const { table, id, name, rows, bytes, end, parts } = partition;
    const { store, onFlowsDropped } = this.#options;
    const alter = `ALTER TABLE ${DATABASE}.${table}`;
    if (table === 'flows') {
      await onFlowsDropped?.(end);
      await countExpired(store, this.#ledger, partition);
      // Those that are counted, not what came for that hour meanwhile.
      await store.command(`${alter} ${parts.map((part) => `DROP PART ${stringLiteral(part.name)}`).join(', ')}`);
    } else {
      if (table === 'ledger') await carryOn(store, this.#ledger, partition);
      await store.command(`${alter} DROP PARTITION ID ${stringLiteral(id)}`);
    }
    this.stats.partitions++;
    this.stats.rows += rows;
    this.stats.bytes += bytes;
    this.#log('info', `dropped a partition of ${table} for its ${reason}`, { partition: name, rows, bytes });
    return { table, partition: name, rows, bytes, reason };
  }
}
