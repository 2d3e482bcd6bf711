// Forgets what is old: whole partitions, by age for each table and by the size of all of them. What is dropped is counted and said.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@weir/spool';
import { stringLiteral } from './connection/literals.ts';
import { DATABASE } from './schema/tables.ts';
import type { Store } from './store.ts';

/** Tables that retention drops from, in the order in which size makes them give way, with the span of their partitions. */
const SPANS = {
  flows: 'hour',
  flows_1m: 'six hours',
  flows_5m: 'day',
  flows_1h: 'month',
  ledger: 'day',
} as const;

export type RetainedTable = keyof typeof SPANS;
const RETAINED = Object.keys(SPANS) as readonly RetainedTable[];

export interface RetentionOptions {
  readonly store: Store;
  /** How long each table's rows are kept, in seconds. A table that is not named keeps all. */
  readonly keepSeconds: Partial<Readonly<Record<RetainedTable, number>>>;
  /** Bytes on disk of all tables together; beyond, the oldest partitions go, those of flows first. Absent: no limit. */
  readonly maxBytes?: number;
  /** Called before flows older than a time (milliseconds since 1970) are dropped. */
  readonly onFlowsDropped?: (time: number) => Promise<void>;
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

interface Partition {
  readonly table: RetainedTable;
  readonly id: string;
  readonly name: string;
  /** End of the time it covers, milliseconds since 1970. */
  readonly end: number;
  readonly rows: number;
  readonly bytes: number;
}

/** End of a partition from its name, which is the time it begins at: `2026-01-31 10:00:00` or `2026-01-31`, in UTC. */
function partitionEnd(table: RetainedTable, name: string): number {
  const start = new Date(name.length > 10 ? `${name.replace(' ', 'T')}Z` : `${name}T00:00:00Z`);
  switch (SPANS[table]) {
    case 'hour':
      return start.getTime() + 3_600_000;
    case 'six hours':
      return start.getTime() + 6 * 3_600_000;
    case 'day':
      return start.getTime() + 86_400_000;
    case 'month':
      return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
  }
}

export class Retention {
  readonly stats = { partitions: 0, rows: 0, bytes: 0, failures: 0 };
  readonly #options: RetentionOptions;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
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

  /** Drops what is too old or too much now. Throws StoreError. */
  async step(): Promise<DroppedPartition[]> {
    const { keepSeconds, maxBytes } = this.#options;
    const dropped: DroppedPartition[] = [];
    let left: Partition[] = [];
    for (const partition of await this.#partitions()) {
      const keep = keepSeconds[partition.table];
      if (keep !== undefined && partition.end <= this.#now() - keep * 1000) {
        dropped.push(await this.#drop(partition, 'age'));
      } else left.push(partition);
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

  async #partitions(): Promise<Partition[]> {
    const { rows } = await this.#options.store.query(
      `SELECT table, partition_id AS id, any(partition) AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
       FROM system.parts WHERE active AND database = {database:String} AND table IN {tables:Array(String)}
       GROUP BY table, partition_id ORDER BY partition_id`,
      { database: DATABASE, tables: [...RETAINED] },
    );
    return rows.map((row) => {
      const table = row.table as RetainedTable;
      const name = String(row.name);
      return {
        table,
        id: String(row.id),
        name,
        end: partitionEnd(table, name),
        rows: Number(row.rows),
        bytes: Number(row.bytes),
      };
    });
  }

  async #drop(partition: Partition, reason: 'age' | 'size'): Promise<DroppedPartition> {
    const { table, id, name, rows, bytes, end } = partition;
    if (table === 'flows') await this.#options.onFlowsDropped?.(end);
    await this.#options.store.command(`ALTER TABLE ${DATABASE}.${table} DROP PARTITION ID ${stringLiteral(id)}`);
    this.stats.partitions++;
    this.stats.rows += rows;
    this.stats.bytes += bytes;
    this.#log('info', `dropped a partition of ${table} for its ${reason}`, { partition: name, rows, bytes });
    return { table, partition: name, rows, bytes, reason };
  }
}
