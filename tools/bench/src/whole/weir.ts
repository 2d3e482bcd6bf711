// `weir serve` as a person runs it, in a directory of its own, and what its API says about the run.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterInventory } from '../load/cluster.ts';
import { freeTcpPort, freeUdpPort } from './directory.ts';

const MAIN = fileURLToPath(new URL('../../../../packages/cli/src/main.ts', import.meta.url));
const START_MS = 60_000;
const STOP_MS = 60_000;

/** Polls until `ready`; throws when `deadlineMs` is over. */
export async function until<T>(what: string, deadlineMs: number, ready: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await ready();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export type Counts = Readonly<Record<string, number>>;

export class Weir {
  readonly pid: number;
  readonly udpPort: number;
  readonly dataDirectory: string;
  readonly #child: ChildProcess;
  readonly #base: string;
  readonly #log: string;

  private constructor(child: ChildProcess, base: string, udpPort: number, dataDirectory: string, log: string) {
    this.#child = child;
    this.#base = base;
    this.#log = log;
    this.pid = child.pid ?? 0;
    this.udpPort = udpPort;
    this.dataDirectory = dataDirectory;
  }

  /** Starts it with an inventory of 5,000 pods and waits until it is ready. Rejects with the end of its log when it is not. */
  static async start(directory: string): Promise<Weir> {
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const inventory = join(directory, 'inventory.yaml');
    const config = join(directory, 'weir.yaml');
    const data = join(directory, 'data');
    const log = join(directory, 'weir.log');
    // JSON is YAML.
    writeFileSync(inventory, JSON.stringify(clusterInventory()));
    const settings = {
      data,
      inventory,
      listen: { host: '127.0.0.1', ports: [udpPort] },
      http: { host: '127.0.0.1', port: httpPort },
    };
    writeFileSync(config, JSON.stringify(settings, undefined, 2));
    const out = openSync(log, 'w');
    const child = spawn(process.execPath, [MAIN, 'serve', '--config', config], { stdio: ['ignore', out, out] });
    closeSync(out);
    const weir = new Weir(child, `http://127.0.0.1:${httpPort}`, udpPort, data, log);
    try {
      await until('weir serve is ready', START_MS, async () => {
        if (child.exitCode !== null) throw new Error(`weir serve ended with ${child.exitCode}`);
        const answer = await fetch(`${weir.#base}/readyz`).catch(() => undefined);
        return answer?.ok === true ? true : undefined;
      });
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${(error as Error).message}\n${weir.logTail()}`);
    }
    return weir;
  }

  logTail(): string {
    return readFileSync(this.#log, 'utf8').split('\n').slice(-30).join('\n');
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#base}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Flow records that a query finds, received since `from` (ms). */
  async queryable(from: number): Promise<number> {
    const query = `by=exporter&metrics=flows&resolution=flows&limit=100&from=${from}&to=${Date.now() + 60_000}`;
    const { total } = await this.#get<{ total: { flows?: number } }>(`/api/v1/top?${query}`);
    return total.flows ?? 0;
  }

  /** Flow records since `from` by the name of an end (`src_pod`): how many have none. */
  async unnamed(from: number, end: 'src_pod' | 'dst_pod'): Promise<number> {
    const filter = encodeURIComponent(`${end} = ""`);
    const query = `by=exporter&metrics=flows&resolution=flows&filter=${filter}&from=${from}&to=${Date.now() + 60_000}`;
    const { total } = await this.#get<{ total: { flows?: number } }>(`/api/v1/top?${query}`);
    return total.flows ?? 0;
  }

  async ledger(from: number): Promise<Counts> {
    const { total } = await this.#get<{ total: Counts }>(`/api/v1/ledger?from=${from}&to=${Date.now() + 60_000}`);
    return total;
  }

  /** Bytes that the store's live parts take on disk. */
  async bytesOnDisk(): Promise<number> {
    const { store } = await this.#get<{ store: { bytes_on_disk: number } }>('/api/v1/status');
    return store.bytes_on_disk;
  }

  /** Asks it to stop and returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    const code = await ended;
    clearTimeout(timer);
    return code;
  }
}
