// The store: ClickHouse in this process or as a server, behind one set of calls. The SQL is the same; only the way a file's
// bytes get in differs.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient, type ResponseJSON } from '@clickhouse/client';
import type { NativeColumn } from '@weir/spool';
import { EmbeddedConnection, EmbeddedInserts } from './connection/embedded.ts';
import { integersInArrays, type Params, stringLiteral } from './connection/literals.ts';
import { forgetDefinitions, saveDefinitions } from './integrity/definitions.ts';
import { mending } from './integrity/mend.ts';
import { openEngine } from './integrity/open-engine.ts';
import { limitSettings, type QueryLimits, type Settings, settingsClause } from './limits.ts';
import type { DdlOptions } from './schema/ddl.ts';
import { migrate } from './schema/migrate.ts';
import { DATABASE } from './schema/tables.ts';
import { asStoreError, StoreError } from './store-error.ts';

export type StoreTarget =
  | { readonly path: string }
  | { readonly url: string; readonly username?: string; readonly password?: string };

export interface StoreOptions {
  /** Embedded: bytes that all queries, inserts and merges may take together. Default 800 MiB. */
  readonly maxMemoryBytes?: number;
  /** Embedded: callers' queries that run at once; more wait. The store's own have two places more. Default 4. */
  readonly queries?: number;
  /** Embedded: threads that merge in the background. Default 1. */
  readonly mergeThreads?: number;
  /** Limits of queries that name none of their own. */
  readonly limits?: QueryLimits;
  /** Server: milliseconds until a request counts as failed. Default 120,000. */
  readonly requestTimeoutMs?: number;
}

export interface QueryOptions {
  readonly limits?: QueryLimits;
  readonly settings?: Settings;
  /** Stops the query in the engine, not only the waiting for it. */
  readonly signal?: AbortSignal;
}

/** A value of a row: 64-bit integers are decimal text, times `2026-01-31 10:00:00.000`. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Row = Readonly<Record<string, Value>>;

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Row[];
  /** The row of WITH TOTALS. */
  readonly totals?: Row;
  /** Rows there were before LIMIT; where there was one, exact only with `exact_rows_before_limit`. */
  readonly rowsBeforeLimit: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedMs: number;
}

/** A file of rows to insert. */
export interface InsertFile {
  readonly table: string;
  readonly path: string;
  readonly format: 'Native' | 'JSONEachRow';
  /** The columns that the file has. */
  readonly columns: readonly NativeColumn[];
  /** Two inserts with the same token into the same table are one. */
  readonly token: string;
  /** Put in as further columns: SQL expressions over the file's columns. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Only rows for which this SQL condition holds. Embedded only. */
  readonly where?: string;
}

/** Queries of the store's own upkeep (roll-ups, retention, what is there) that need not wait for those of callers. */
const OWN_QUERIES = 2;

/** An insert makes one part of a file: the token then covers all of it or nothing. */
const INSERT_SETTINGS: Settings = {
  max_threads: 1,
  max_insert_threads: 1,
  max_parsing_threads: 1,
  input_format_parallel_parsing: 0,
  max_block_size: 4_000_000,
  max_insert_block_size: 4_000_000,
  min_insert_block_size_rows: 4_000_000,
  min_insert_block_size_bytes: 0,
  max_partitions_per_insert_block: 1000,
  input_format_native_allow_types_conversion: 1,
  input_format_skip_unknown_fields: 1,
};

export class Store {
  readonly kind: 'embedded' | 'server';
  /** What had to be done for the embedded store to open, as sentences: something was damaged. */
  readonly openingNotes: readonly string[] = [];
  /** Called with every `damaged` that a call of this store throws. */
  onDamaged: (error: StoreError) => void = () => {};
  /** Directory of the embedded store. */
  readonly #path: string | undefined;
  readonly #reader: ClickHouseClient;
  readonly #writer: ClickHouseClient;
  /** Where the engine is in this process: for inserts of files. */
  readonly #inserts: EmbeddedInserts | undefined;
  readonly #stop: () => void;
  readonly #limits: QueryLimits;
  readonly #ddl: DdlOptions;
  #columns: ReadonlySet<string> = new Set();
  /** Names of tables by their UUID. */
  #tables: ReadonlyMap<string, string> = new Map();

  constructor(target: StoreTarget, options: StoreOptions) {
    this.#limits = options.limits ?? {};
    this.#ddl = {};
    if ('path' in target) {
      this.kind = 'embedded';
      const { session, notes } = openEngine({
        path: target.path,
        maxMemoryBytes: options.maxMemoryBytes ?? 800 * 1024 * 1024,
        mergeThreads: options.mergeThreads ?? 1,
        cacheBytes: 64 * 1024 * 1024,
      });
      this.#stop = () => session.close();
      this.openingNotes = notes;
      this.#path = target.path;
      this.#reader = createClient({
        connection: new EmbeddedConnection(target.path, (options.queries ?? 4) + OWN_QUERIES),
      });
      this.#writer = createClient({ connection: new EmbeddedConnection(target.path, 4) });
      this.#inserts = new EmbeddedInserts(target.path, 4);
      return;
    }
    this.kind = 'server';
    if (target.username !== undefined) {
      this.#ddl = { credentials: { user: target.username, password: target.password ?? '' } };
    }
    this.#stop = () => {};
    const { url, username, password } = target;
    this.#writer = this.#reader = createClient({
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      request_timeout: options.requestTimeoutMs ?? 120_000,
      keep_alive: { enabled: true },
      // Failures are thrown; whoever catches them says so.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  /** Makes the database, tables and columns that are missing. Throws StoreError. */
  async migrate(): Promise<void> {
    await mending(this, () => this.#migrate());
    const { rows } = await this.query(
      'SELECT toString(uuid) AS uuid, name FROM system.tables WHERE database = {database:String}',
      { database: DATABASE },
    );
    this.#tables = new Map(rows.map((row) => [String(row.uuid), String(row.name)]));
  }

  /** The columns that the table of flows has. */
  columnsPresent(): ReadonlySet<string> {
    return this.#columns;
  }

  /** Adds columns of the table of flows that are not there yet. Throws StoreError. */
  async addColumns(columns: readonly NativeColumn[]): Promise<void> {
    if (columns.every((column) => this.#columns.has(column.name))) return;
    await this.#migrate(columns.map((column) => column.name));
  }

  async #migrate(columns: readonly string[] = []): Promise<void> {
    const path = this.#path;
    this.#columns = await migrate(this, {
      ...this.#ddl,
      columns,
      // Tables are replaced by others of their name: the copy of the old ones must not be put back.
      ...(path === undefined ? {} : { beforeUpgrade: () => forgetDefinitions(path) }),
    });
    if (path === undefined) return;
    try {
      saveDefinitions(path);
    } catch (error) {
      throw asStoreError(error, `write into the store's directory ${path}`);
    }
  }

  /**
   * Runs a SELECT with parameters (`{name:Type}`) under limits. Throws StoreError, whose code says which limit a query went beyond.
   */
  async query(sql: string, params: Params = {}, options: QueryOptions = {}): Promise<QueryResult> {
    const settings: Settings = {
      ...limitSettings({ ...this.#limits, ...options.limits }),
      output_format_json_quote_64bit_integers: 1,
      ...options.settings,
    };
    const id = randomUUID();
    // The mark finds the query again when it is to be stopped: an embedded engine gives no ids to its callers.
    const text = `/* weir ${id} */ ${sql}${settingsClause(settings)}`;
    const stop = () => void this.#kill(id);
    if (options.signal?.aborted) throw new StoreError('cancelled', 'the query was cancelled before it began');
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      const result = await this.#reader.query({
        query: text,
        format: 'JSON',
        query_params: integersInArrays(sql, params),
        query_id: id,
        ...(this.kind === 'server' ? { clickhouse_settings: { wait_end_of_query: 1 } } : {}),
      });
      const answer = JSON.parse(inOrder(await result.text())) as ResponseJSON<Row>;
      return {
        columns: answer.meta ?? [],
        rows: answer.data,
        ...(answer.totals === undefined ? {} : { totals: answer.totals }),
        rowsBeforeLimit: answer.rows_before_limit_at_least ?? answer.data.length,
        rowsRead: answer.statistics?.rows_read ?? 0,
        bytesRead: answer.statistics?.bytes_read ?? 0,
        elapsedMs: (answer.statistics?.elapsed ?? 0) * 1000,
      };
    } catch (error) {
      throw this.#failed(error, 'run the query');
    } finally {
      options.signal?.removeEventListener('abort', stop);
    }
  }

  /** Runs a statement that answers nothing. Throws StoreError. */
  async command(sql: string, params: Params = {}): Promise<void> {
    try {
      await this.#writer.command({ query: sql, query_params: integersInArrays(sql, params) });
    } catch (error) {
      throw this.#failed(error, 'run a statement');
    }
  }

  /**
   * Inserts a file, all of it or nothing. Resolves to the number of rows that the engine says it wrote, those among them that it left out
   * because it knows the token; undefined where a server's answer does not tell. Throws StoreError; `bad_data` when the file cannot be
   * read.
   */
  async insertFile(file: InsertFile): Promise<number | undefined> {
    const settings: Settings = { ...INSERT_SETTINGS, insert_deduplication_token: file.token };
    const names = file.columns.map((column) => column.name);
    const extra = Object.entries(file.extra ?? {});
    const into = `INSERT INTO ${DATABASE}.${file.table} (${[...names, ...extra.map(([name]) => name)].join(', ')})`;
    const values = [...names, ...extra.map(([, sql]) => sql)].join(', ');
    const structure = stringLiteral(file.columns.map(({ name, type }) => `${name} ${type}`).join(', '));
    const where = file.where === undefined ? '' : ` WHERE ${file.where}`;
    try {
      if (this.#inserts !== undefined) {
        const source = `file(${stringLiteral(file.path)}, '${file.format}', ${structure})`;
        return await this.#inserts.insert(`${into}${settingsClause(settings)} SELECT ${values} FROM ${source}${where}`);
      }
      const source = extra.length === 0 ? '' : ` SELECT ${values} FROM input(${structure})${where}`;
      const { stream, summary } = await this.#writer.exec({
        query: `${into}${source} FORMAT ${file.format}`,
        values: createReadStream(file.path, { highWaterMark: 1024 * 1024 }),
        clickhouse_settings: { ...settings, wait_end_of_query: 1 },
      });
      stream.resume();
      return writtenRows(summary?.written_rows);
    } catch (error) {
      throw this.#failed(error, `insert ${file.path}`);
    }
  }

  /**
   * Inserts rows that are made here, in one block: the rows of a partition are there all or not at all. `queryIdPrefix`: how a server knows
   * the insert while it is at it. Throws StoreError.
   */
  async insertRows(table: string, rows: readonly Row[], settings: Settings, queryIdPrefix = 'weir-'): Promise<void> {
    if (rows.length === 0) return;
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const into = `INSERT INTO ${DATABASE}.${table} (${names.join(', ')})`;
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    try {
      await this.#writer.command({
        query: `${into}${settingsClause({ ...INSERT_SETTINGS, ...settings })} FORMAT JSONEachRow\n${lines}`,
        query_id: `${queryIdPrefix}${randomUUID()}`,
        ...(this.kind === 'server' ? { clickhouse_settings: { wait_end_of_query: 1 } } : {}),
      });
    } catch (error) {
      throw this.#failed(error, `insert rows into ${table}`);
    }
  }

  /** Waits for the statements that run, then closes. */
  async close(): Promise<void> {
    await this.#reader.close();
    if (this.#writer !== this.#reader) await this.#writer.close();
    await this.#inserts?.close();
    this.#stop();
  }

  #failed(error: unknown, doing: string): StoreError {
    const failed = asStoreError(error, doing, this.#tables);
    if (failed.code === 'damaged') this.onDamaged(failed);
    return failed;
  }

  async #kill(id: string): Promise<void> {
    try {
      await this.#writer.command({ query: `KILL QUERY WHERE query LIKE '/* weir ${id} */%' ASYNC` });
    } catch {
      // It may have ended meanwhile; if not, its time limit ends it.
    }
  }
}

/** From X-ClickHouse-Summary, which a proxy before the server may leave out. */
function writtenRows(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * An answer of format JSON whose parts are in order: of WITH TOTALS over no rows at all, the embedded engine writes the end of the
 * rows and the totals before the beginning of everything. The line breaks searched for are not in texts, where they are escaped.
 */
function inOrder(json: string): string {
  const begin = json.indexOf('{\n\t"meta":');
  if (begin <= 0) return json;
  const rows = '"data":\n\t[\n';
  const end = json.indexOf(rows, begin) + rows.length;
  return json.slice(begin, end) + json.slice(0, begin) + json.slice(end);
}

/** Opens the store: an embedded engine at a path, or a server. Migrate before use. Throws StoreError. */
export function openStore(target: StoreTarget, options: StoreOptions = {}): Store {
  try {
    return new Store(target, options);
  } catch (error) {
    throw asStoreError(error, 'path' in target ? `open the store in ${target.path}` : `connect to ${target.url}`);
  }
}
