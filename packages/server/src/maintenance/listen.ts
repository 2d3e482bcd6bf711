// The storing process's end of the control socket.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  checkStore,
  type DamageWatch,
  type RollupMaker,
  releaseSnapshot,
  repairStore,
  type Store,
  StoreError,
  takeSnapshot,
} from '@weir/store';
import type { Logger } from '../log.ts';
import { controlPath, withControlPath } from './control-path.ts';
import type { Line, Progress, WorkName, Works } from './protocol.ts';

export interface ControlDeps {
  readonly store: Store;
  readonly rollups: RollupMaker;
  readonly damage: DamageWatch;
  readonly log: Logger;
}

type Work<N extends WorkName> = (progress: Progress, signal: AbortSignal, argument: string) => Promise<Works[N]>;

/** How often progress is told, in milliseconds. */
const PROGRESS_EVERY_MS = 200;

function worksOf({ store, rollups, damage, log }: ControlDeps): { readonly [N in WorkName]: Work<N> } {
  return {
    async check(onProgress, signal) {
      const report = await checkStore(store, { onProgress, signal });
      damage.checked(report.damaged);
      return report;
    },
    async repair(onProgress, signal) {
      const report = await repairStore(store, rollups, { onProgress, signal });
      for (const { table, part, meaning } of report.parts)
        log.warn(`repaired ${table}: part ${part} is in detached/; ${meaning}`);
      await damage.looked();
      return report;
    },
    async snapshot() {
      const snapshot = await takeSnapshot(store);
      log.info({ name: snapshot.name }, 'took a snapshot of the store for a backup');
      return snapshot;
    },
    async release(_progress, _signal, name) {
      if (store.path !== undefined) releaseSnapshot(store.path, name);
      return {};
    },
  };
}

export class ControlServer {
  readonly #data: string;
  readonly #server: Server;
  readonly #works: ReturnType<typeof worksOf>;
  /** The work under way: one at a time, but for snapshots that are given back. */
  #busy: WorkName | undefined;

  constructor(data: string, deps: ControlDeps) {
    this.#data = data;
    this.#works = worksOf(deps);
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // A check of a large store takes as long as it takes.
    this.#server.requestTimeout = 0;
    this.#server.timeout = 0;
  }

  /** Begins to listen. Rejects where the socket cannot be made; whoever has the data directory has its socket too, so an old one goes. */
  async listen(): Promise<void> {
    rmSync(controlPath(this.#data), { force: true });
    await withControlPath(
      this.#data,
      (path) =>
        new Promise<void>((resolve, reject) => {
          this.#server.once('error', reject);
          this.#server.listen(path, resolve);
        }),
    );
    chmodSync(controlPath(this.#data), 0o600);
    this.#server.on('error', () => {});
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    rmSync(controlPath(this.#data), { force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://control');
    const name = url.pathname.slice(1) as WorkName;
    if (request.method !== 'POST' || !Object.hasOwn(this.#works, name)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const say = (line: Line<WorkName>): void => void response.write(`${JSON.stringify(line)}\n`);
    try {
      say({ result: await this.#run(name, url.searchParams.get('name') ?? '', say, response) });
    } catch (error) {
      const code = error instanceof StoreError ? error.code : 'failed';
      say({ error: { code, message: error instanceof Error ? error.message : String(error) } });
    }
    response.end();
  }

  async #run(
    name: WorkName,
    argument: string,
    say: (line: Line<WorkName>) => void,
    response: ServerResponse,
  ): Promise<Works[WorkName]> {
    if (name !== 'release' && this.#busy !== undefined) {
      throw new StoreError('overloaded', `weir store ${this.#busy} is running already`);
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the caller went away')));
    let told = Number.NEGATIVE_INFINITY;
    const progress: Progress = (done, total) => {
      const now = performance.now();
      if (now - told < PROGRESS_EVERY_MS && done < total) return;
      told = now;
      say({ progress: [done, total] });
    };
    if (name !== 'release') this.#busy = name;
    try {
      return await this.#works[name](progress, gone.signal, argument);
    } finally {
      if (name !== 'release') this.#busy = undefined;
    }
  }
}
