// What is known of the store itself, asked for every few seconds and kept: metrics, readiness and the page read it often.

import { STORE, waitingFor } from '@weir/spool';
import { DATABASE, type Loader, type Store } from '@weir/store';
import type { StoreFacts } from '../operations/readiness.ts';

const REFRESH_MS = 5000;

export class FactsKeeper {
  readonly #store: Store;
  readonly #loader: Loader;
  readonly #spoolDir: string;
  readonly #rolledUpUntil: () => number;
  #timer: NodeJS.Timeout | undefined;
  #stored = { rows: 0, bytesOnDisk: 0, oldest: 0, newest: 0 };
  #problem = '';

  constructor(store: Store, loader: Loader, spoolDir: string, rolledUpUntil: () => number) {
    this.#store = store;
    this.#loader = loader;
    this.#spoolDir = spoolDir;
    this.#rolledUpUntil = rolledUpUntil;
  }

  async start(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  facts(): StoreFacts {
    const { state, reason } = this.#loader.state;
    const { rows, files } = this.#loader.stats;
    let backlogFiles = 0;
    try {
      backlogFiles = waitingFor(this.#spoolDir, STORE).length;
    } catch {
      // The spool's own state says so.
    }
    return {
      ...this.#stored,
      problem: state === 'retrying' ? (reason ?? 'it refuses flows') : this.#problem,
      rolledUpUntil: this.#rolledUpUntil(),
      backlogFiles,
      loadedRows: rows,
      loadedFiles: files,
    };
  }

  async #refresh(): Promise<void> {
    try {
      const { rows } = await this.#store.query(
        `SELECT sum(rows) AS rows, toUnixTimestamp64Milli(min(min_time)) AS oldest, toUnixTimestamp64Milli(max(max_time)) AS newest,
           (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String}) AS bytes
         FROM (SELECT rows, toDateTime64(min_time, 3, 'UTC') AS min_time, toDateTime64(max_time, 3, 'UTC') AS max_time
               FROM system.parts WHERE active AND database = {database:String} AND table = 'flows')`,
        { database: DATABASE },
      );
      const [row] = rows;
      this.#stored = {
        rows: Number(row?.rows ?? 0),
        bytesOnDisk: Number(row?.bytes ?? 0),
        oldest: Math.max(0, Number(row?.oldest ?? 0)),
        newest: Math.max(0, Number(row?.newest ?? 0)),
      };
      this.#problem = '';
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }
}
