// For tests: a real ClickHouse server. `WEIR_TEST_CLICKHOUSE=http://user:password@host:8123` names one whose database `weir` the tests
// may drop; without it the recipe beside the repository (../shared/servers) starts one out of the library that the embedded store is.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreTarget } from '../store.ts';

const RECIPE = fileURLToPath(new URL('../../../../../shared/servers/clickhouse.sh', import.meta.url));

/** Why there is no server here, with what to do; undefined when there can be one. */
export function serverMissing(): string | undefined {
  if (process.env.WEIR_TEST_CLICKHOUSE !== undefined || existsSync(RECIPE)) return undefined;
  return (
    'a ClickHouse server: start one (clickhouse server, or docker run -p 8123:8123 clickhouse/clickhouse-server) ' +
    'and set WEIR_TEST_CLICKHOUSE=http://127.0.0.1:8123'
  );
}

export interface RunningServer {
  readonly target: Extract<StoreTarget, { url: string }>;
  /** Statements that a test sends past the store. */
  ask(sql: string): Promise<string>;
  stop(): void;
}

/** Starts a server, or takes the one that is named, without the database `weir`. */
export async function startServer(): Promise<RunningServer> {
  const named = process.env.WEIR_TEST_CLICKHOUSE;
  const server = named === undefined ? await fromRecipe() : { target: targetOf(named), stop: () => {} };
  const ask = (sql: string) => askServer(server.target, sql);
  await ask('DROP DATABASE IF EXISTS weir SYNC');
  return { ...server, ask };
}

function targetOf(text: string): RunningServer['target'] {
  const url = new URL(text);
  const { username, password } = url;
  url.username = url.password = '';
  const login =
    username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { url: url.origin, ...login };
}

async function fromRecipe(): Promise<Omit<RunningServer, 'ask'>> {
  const root = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'));
  const port = await freePort();
  const env = {
    ...process.env,
    SERVERS_ROOT: root,
    INST: 'test',
    HTTP: String(port),
    TCP: String(await freePort()),
    MEM: '1000000000',
    LIB: createRequire(import.meta.url)('chdb/libchdb').libchdbPath() as string,
  };
  execFileSync('bash', [RECIPE, 'start'], { env, stdio: 'pipe' });
  return {
    target: { url: `http://127.0.0.1:${port}` },
    stop: () => {
      spawnSync('bash', [RECIPE, 'stop'], { env });
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function askServer({ url, username, password }: RunningServer['target'], sql: string): Promise<string> {
  const login = username === undefined ? {} : { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password ?? '' };
  const response = await fetch(url, { method: 'POST', body: sql, headers: login });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
