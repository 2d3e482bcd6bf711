// For tests: a real ClickHouse server. `WEIR_TEST_CLICKHOUSE=http://user:password@host:8123` names one whose database `weir` the tests
// may drop; without it one is started out of the library that the embedded store is (clickhouse-process.ts).
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreTarget } from '../store.ts';

const PROCESS = new URL('./clickhouse-process.ts', import.meta.url);

export interface RunningServer {
  readonly target: Extract<StoreTarget, { url: string }>;
  /** Statements that a test sends past the store. */
  ask(sql: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a server, or takes the one that is named, without the database `weir`. */
export async function startServer(): Promise<RunningServer> {
  const named = process.env.WEIR_TEST_CLICKHOUSE;
  const server = named === undefined ? await started() : { target: targetOf(named), stop: async () => {} };
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

/** Rejects with what the process said when it ends instead of answering. */
async function started(): Promise<Omit<RunningServer, 'ask'>> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'));
  const [http, tcp] = [await freePort(), await freePort()];
  const child = fork(PROCESS, [dir, String(http), String(tcp)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const target = { url: `http://127.0.0.1:${http}` };
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true, force: true });
  };
  while (!(await answers(target.url))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      await stop();
      throw new Error(`the ClickHouse server does not start: ${said}`);
    }
    await sleep(100);
  }
  return { target, stop };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ping`).catch(() => undefined);
  return response?.ok === true;
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
