// The engine itself, chDB: loaded on first use, because it takes 180 MB that the supervisor and commands which only ask a server do
// without.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { captureStderr } from '@weir/libc';
import type { Session } from 'chdb';

export type ChdbConnection = ReturnType<typeof import('chdb/connection').createChdbConnection>;

const load = createRequire(import.meta.url);
const chdb = () => load('chdb') as typeof import('chdb');
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

/** Why the engine did not start, with the number of the error that was at the bottom of it. */
export class EngineStartError extends Error {
  readonly code: string;

  constructor(said: string, cause: unknown) {
    const text = said.trim();
    // Errors of errors, the innermost last; a stack trace and the whole definition of a table may follow.
    const codes = [...text.matchAll(/Code: (\d+)\./g)].map((match) => match[1]);
    const reason = text.split(/, Stack trace|: Cannot attach table|: while loading database/)[0].trim();
    super(reason === '' ? String(cause) : reason, { cause });
    this.code = codes.at(-1) ?? '';
  }
}

/**
 * Starts the engine in this process. Settings of the whole engine can only be given here, to the first session. Throws EngineStartError:
 * chDB itself says only that it failed, and prints why.
 */
export function startEngine(options: EngineOptions): Session {
  const args = [
    `--max_server_memory_usage=${options.maxMemoryBytes}`,
    `--background_pool_size=${options.mergeThreads}`,
    `--background_merges_mutations_concurrency_ratio=1`,
    `--mark_cache_size=${options.cacheBytes}`,
    `--uncompressed_cache_size=0`,
    `--index_mark_cache_size=${Math.floor(options.cacheBytes / 4)}`,
    // The control group may hold other processes, whose memory is not the engine's: it asks its own allocator. Where there is no group
    // to be read it would print a stack trace at every start.
    `--memory_worker_use_cgroup=0`,
    // Pages that its allocator keeps for the next use go back to the system beyond this part of the memory. With the engine's own 0.2 loading a
    // million flows a second takes a sixth more processor time, and 130 MB less.
    `--memory_worker_purge_dirty_pages_threshold_ratio=0.6`,
    // They count as memory that is taken: well before the limit all of them go back, or a query would be refused for their sake.
    `--memory_worker_purge_total_memory_threshold_ratio=0.8`,
  ];
  let session: Session | undefined;
  const { text, error } = captureStderr(() => {
    session = new (chdb().Session)(options.path, { connectionArgs: args });
  });
  if (session === undefined) throw new EngineStartError(text, error);
  return session;
}

/** A session on the directory that the engine was started with. */
export function openSession(path: string): Session {
  return new (chdb().Session)(path);
}

/** The same behind the connection interface of @clickhouse/client. */
export function openConnection(path: string): ChdbConnection {
  return connections().createChdbConnection({ path });
}

interface Addon {
  /** Runs `prefix` with `data` after it, which may be any statement, on the connection of a session. */
  InsertRawAsyncConnection(
    connection: unknown,
    prefix: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<{ readonly rowsWritten: number }>;
}

let addon: Addon | undefined;

/** What chDB's JavaScript stands on. Its loader picks the build for this machine and is not among what the package exports. */
function native(): Addon {
  const loader = load(join(dirname(load.resolve('chdb')), 'dist/loader.js')) as { loadNative(): Addon };
  addon ??= loader.loadNative();
  return addon;
}

/** Whitespace after the statement: the addon wants data. */
const NO_DATA = Buffer.from(' ');

/**
 * Runs an INSERT and answers how many rows the engine wrote, those of a block among them that a deduplication token made it leave out.
 * chDB's own JavaScript tells that only for inserts whose rows come through it; an INSERT … SELECT it says to have written none.
 */
export async function insertCounted(session: Session, sql: string): Promise<number> {
  const { rowsWritten } = await native().InsertRawAsyncConnection(session.connection, sql, NO_DATA, false);
  return rowsWritten;
}
