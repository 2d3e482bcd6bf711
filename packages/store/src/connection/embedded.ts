// The engine in this process, behind the connection interface of @clickhouse/client. It mends four things of chDB's own
// connection: statements on one connection run one after the other (here: several connections, one statement each); settings
// given with a query stay on the connection (here: none are passed on, they stand in the SQL); what a failed query had put out
// already comes before the next answer (here: it is flushed); and bound parameters (literals.ts).
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { Session } from 'chdb';
import { type ChdbConnection, insertCounted, openConnection, openSession } from './engine.ts';
import { bindLiterals } from './literals.ts';
import { Pool } from './pool.ts';

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;

export class EmbeddedConnection implements Connection {
  readonly #pool: Pool<ChdbConnection>;

  /** `size`: statements that may run at once; further ones wait their turn. */
  constructor(path: string, size: number) {
    this.#pool = new Pool(size, () => openConnection(path));
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

  close(): Promise<void> {
    return this.#pool.close();
  }

  #run<T>(work: (connection: ChdbConnection) => Promise<T>): Promise<T> {
    return this.#pool.run(work, (connection) => connection.ping({ select: true }));
  }
}

/** Inserts whose written rows are counted, on connections of their own. */
export class EmbeddedInserts {
  readonly #pool: Pool<Session>;

  /** `size`: inserts that may run at once. */
  constructor(path: string, size: number) {
    this.#pool = new Pool(size, () => openSession(path));
  }

  /** Resolves to the number of rows that the engine wrote. */
  insert(sql: string): Promise<number> {
    return this.#pool.run(
      (session) => insertCounted(session, sql),
      (session) => session.queryAsync('SELECT 1'),
    );
  }

  close(): Promise<void> {
    return this.#pool.close();
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
