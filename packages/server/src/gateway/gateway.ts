// The supervisor's side of the gateway: holds the listening socket, starts the thread, starts it again when it dies or is stuck.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { compileCacheVariables } from '../compile-cache.ts';
import { type Config, isLoopback } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { HttpSocket } from '../run-folder.ts';
import type { FromGateway, GatewayLimits, GatewayOptions, ToGateway } from './messages.ts';
import { PortSocket, portError } from './port-socket.ts';

const PAGE_DIR = fileURLToPath(new URL('../../../console/dist', import.meta.url));
const THREAD = new URL('./main.ts', import.meta.url);

/** Memory of the thread's heap, in MiB: thousands of connections with the largest heads take half of it. */
const OLD_SPACE_MIB = 192;
const YOUNG_SPACE_MIB = 8;

/** A thread that gave no sign of life for this long is stuck; it gives one every second. Milliseconds. */
const STUCK_MS = 10_000;
const LOOK_MS = 1000;
/** Waits before it is started again from this long to this long, doubling while it dies young, in milliseconds. */
const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 5_000;
const HEALTHY_MS = 30_000;

/** Longest that closing waits for the thread, in milliseconds: within the supervisor's part of stopping. */
const CLOSE_MS = 1000;

export interface GatewaySetup {
  readonly http: Config['http'];
  readonly limits: GatewayLimits;
  readonly dataDir: string;
  readonly spoolDir: string;
  /** Unix socket of the storing process, removed when the gateway closes. */
  readonly upstream: HttpSocket;
  /** A listening TCP socket that the service manager opened, in place of one on `http.host` and `http.port`. */
  readonly inherited?: number;
  readonly log: Logger;
  /** Module of the thread; for tests. */
  readonly thread?: URL;
  /** Milliseconds without a sign of life after which the thread is ended; for tests. */
  readonly stuckMs?: number;
}

export class Gateway {
  readonly #setup: GatewaySetup;
  readonly #socket: PortSocket;
  #away = 'the store is starting';
  #worker: Worker | undefined;
  #closing = false;
  #backoff = FIRST_BACKOFF_MS;
  #again: NodeJS.Timeout | undefined;
  #port = 0;

  private constructor(setup: GatewaySetup, socket: PortSocket) {
    this.#setup = setup;
    this.#socket = socket;
  }

  /** Takes the port and answers on it. Rejects with ServerError `port_taken` or `start_failed`. */
  static async open(setup: GatewaySetup): Promise<Gateway> {
    const { host, port } = setup.http;
    const socket =
      setup.inherited === undefined ? await PortSocket.open(host, port) : PortSocket.inherit(setup.inherited);
    const gateway = new Gateway(setup, socket);
    try {
      await gateway.#start();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  /** Where people find the page. */
  get url(): string {
    const { host } = this.#setup.http;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** Path of the Unix socket on which the storing process is to answer. */
  get upstream(): string {
    return this.#setup.upstream.path;
  }

  /** The storing process answers. */
  storeIsThere(): void {
    this.#say('');
  }

  /** It does not, for this reason. */
  storeIsAway(reason: string): void {
    this.#say(reason);
  }

  #say(reason: string): void {
    this.#away = reason;
    this.#worker?.postMessage({ type: 'away', reason } satisfies ToGateway);
  }

  /** Lets go of the port and of every connection. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#again);
    const worker = this.#worker;
    this.#worker = undefined;
    // What does not even end then ends with the process.
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([worker?.terminate(), patience]);
    this.#socket.close();
    this.#setup.upstream.remove();
  }

  /** Resolves when the thread listens. */
  #start(): Promise<void> {
    const { http, limits, dataDir, spoolDir, log } = this.#setup;
    const options: GatewayOptions = {
      listen: this.#socket.forThread(),
      upstream: this.upstream,
      dataDir,
      spoolDir,
      limits,
      allowedHosts: http.allowed_hosts,
      pageDir: existsSync(PAGE_DIR) ? PAGE_DIR : undefined,
      away: this.#away,
    };
    const began = performance.now();
    let lastSign = began;
    let listening = false;
    let reason = '';
    const worker = new Worker(this.#setup.thread ?? THREAD, {
      workerData: options,
      name: 'gateway',
      env: { ...process.env, ...compileCacheVariables() },
      resourceLimits: { maxOldGenerationSizeMb: OLD_SPACE_MIB, maxYoungGenerationSizeMb: YOUNG_SPACE_MIB },
    });
    this.#worker = worker;
    const stuckMs = this.#setup.stuckMs ?? STUCK_MS;
    const watch = setInterval(
      () => {
        if (performance.now() - lastSign < stuckMs) return;
        clearInterval(watch);
        reason = `it gave no sign of life for ${Math.round(stuckMs / 1000)} s`;
        void worker.terminate();
      },
      Math.min(LOOK_MS, stuckMs / 2),
    );
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromGateway) => {
        lastSign = performance.now();
        if (message.type === 'log') log[message.level](message.message);
        else if (message.type === 'listening') {
          listening = true;
          this.#port = message.port;
          const refused = this.#beyondLoopback(message.host);
          if (refused === undefined) resolve();
          else reject(refused);
        } else if (message.type === 'refused' && !listening) {
          reject(portError(message, http.host, http.port));
        }
      });
      worker.on('error', (error: unknown) => {
        reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      });
      worker.once('exit', () => {
        clearInterval(watch);
        if (this.#worker !== worker || this.#closing) return;
        this.#worker = undefined;
        reject(new ServerError('start_failed', `the HTTP thread ended: ${reason}`));
        if (listening) this.#startAgain(reason, began);
      });
    });
  }

  /** What the configuration refuses for http.host it refuses for a socket that somebody else opened. */
  #beyondLoopback(host: string): ServerError | undefined {
    const { http, inherited } = this.#setup;
    if (inherited === undefined || http.insecure || isLoopback(host)) return undefined;
    const message = `the HTTP socket passed on by the service manager is at ${host}, beyond loopback, and there is no login yet: let it listen on 127.0.0.1, or set http.insecure: true`;
    return new ServerError('config_invalid', message);
  }

  #startAgain(reason: string, began: number): void {
    if (performance.now() - began > HEALTHY_MS) this.#backoff = FIRST_BACKOFF_MS;
    const wait = this.#backoff;
    this.#backoff = Math.min(LAST_BACKOFF_MS, wait * 2);
    this.#setup.log.error(
      { reason },
      `the HTTP thread ended; everything else goes on, starting it again in ${wait} ms`,
    );
    this.#again = setTimeout(() => {
      const before = performance.now();
      this.#start().catch((error: unknown) => {
        if (!this.#closing) this.#startAgain(error instanceof Error ? error.message : String(error), before);
      });
    }, wait);
  }
}
