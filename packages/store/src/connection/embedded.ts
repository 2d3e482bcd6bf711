// The engine in this process, behind the connection interface of @clickhouse/client. It mends four things of chDB's own
// connection: statements on one connection run one after the other (here: several connections, one statement each); settings
// given with a query stay on the connection (here: none are passed on, they stand in the SQL); what a failed query had put out
// already comes before the next answer (here: it is flushed); and bound parameters (literals.ts).
import { createRequire } from 'node:module';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { Session } from 'chdb';
import { StoreError } from '../store-error.ts';
import { bindLiterals } from './literals.ts';

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;
type ChdbConnection = ReturnType<typeof import('chdb/connection').createChdbConnection>;

/** Loads the engine on first use: it takes 180 MB, which the supervisor and commands that only ask a server do without. */
const load = createRequire(import.meta.url);
const engine = () => load('chdb') as typeof import('chdb');
const connections = () => load('chdb/connection') as typeof import('chdb/connection');

export interface EngineOptions {
  /** Directory of the data. One process has it, and a process has one. */
  readonly path: string;
  /** Bytes that all queries, inserts and merges may take together. */
  readonly maxMemoryBytes: number;
  /** Threads that merge parts in the background. */
  readonly mergeThreads: number;
  readonly cacheBytes: number;
}

/** Starts the engine in this process. Settings of the whole engine can only be given here, to the first session. */
export function startEngine(options: EngineOptions): Session {
  const args = [
    `--max_server_memory_usage=${options.maxMemoryBytes}`,
    `--background_pool_size=${options.mergeThreads}`,
    `--background_merges_mutations_concurrency_ratio=1`,
    `--mark_cache_size=${options.cacheBytes}`,
    `--uncompressed_cache_size=0`,
    `--index_mark_cache_size=${Math.floor(options.cacheBytes / 4)}`,
  ];
  return new (engine().Session)(options.path, { connectionArgs: args });
}

export class EmbeddedConnection implements Connection {
  readonly #path: string;
  readonly #size: number;
  readonly #idle: ChdbConnection[] = [];
  readonly #waiting: ((connection: ChdbConnection) => void)[] = [];
  #open = 0;
  #closed = false;

  /** `size`: statements that may run at once; further ones wait their turn. */
  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
  }

  query(params: Parameters<Connection['query']>[0]): ReturnType<Connection['query']> {
    return this.#run((connection) => connection.query(plain(params)));
  }

  exec(params: Parameters<Connection['exec']>[0]): ReturnType<Connection['exec']> {
    return this.#run((connection) => connection.exec(plain(params)));
  }

  command(params: Parameters<Connection['command']>[0]): ReturnType<Connection['command']> {
    return this.#run((connection) => connection.command(plain(params)));
  }

  insert(params: Parameters<Connection['insert']>[0]): ReturnType<Connection['insert']> {
    return this.#run((connection) => connection.insert(params as Parameters<ChdbConnection['insert']>[0]));
  }

  ping(): ReturnType<Connection['ping']> {
    return this.#run((connection) => connection.ping({ select: true }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #run<T>(work: (connection: ChdbConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take();
    try {
      return await work(connection);
    } catch (error) {
      await connection.ping({ select: true });
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next(connection);
      else if (this.#closed) await connection.close();
      else this.#idle.push(connection);
    }
  }

  async #take(): Promise<ChdbConnection> {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#open < this.#size) {
      const connection = connections().createChdbConnection({ path: this.#path });
      this.#open++;
      return connection;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * The statement with its parameters put in, and without settings, which would stay on the connection. The types of the
 * parameters are those of the client's own copy of the interface; chDB's copy is the same but for the stream's declaration.
 */
function plain<P>(params: { readonly query: string; readonly query_params?: Record<string, unknown> }): P {
  const { query_params: values, ...rest } = params;
  const query = values === undefined ? params.query : bindLiterals(params.query, values);
  return { ...rest, query, clickhouse_settings: undefined } as unknown as P;
}
