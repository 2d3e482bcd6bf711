// One supervised process: started, told to stop, and started again when it dies of something else than being told to.
import { type ChildProcess, fork } from 'node:child_process';
import type { FromChild, ToChild } from '../child.ts';
import { compileCacheVariables } from '../compile-cache.ts';
import type { Logger } from '../log.ts';
import { causeOfEnd, outOfMemoryKills } from './cause.ts';

/** Restarts wait from this long to this long, doubling while the process dies young, in milliseconds. */
const FIRST_BACKOFF_MS = 200;
const LAST_BACKOFF_MS = 10_000;
/** A process that lived this long starts the waiting from the beginning. */
const HEALTHY_MS = 30_000;

/** Threads for all that is not a query: inserts, roll-ups, the store's own queries, file access. */
const OTHER_THREADS = 12;

type Start = Extract<ToChild, { type: 'start' }>;

export interface ManagedChildHooks {
  /** `fatal` comes only before it was ready for the first time; later it is a reason to start again. */
  onMessage(message: FromChild): void;
  /** It is gone and will be started again in `wait` milliseconds. */
  onDown(reason: string, wait: number): void;
}

export class ManagedChild {
  readonly name: string;
  readonly #module: URL;
  readonly #start: () => Start;
  readonly #log: Logger;
  readonly #hooks: ManagedChildHooks;
  #process: ChildProcess | undefined;
  #stopping = false;
  /** Whether it was ready once. From then on nothing that it says ends the whole program: the others go on. */
  #wasReady = false;
  /** What this run said of why it cannot go on. */
  #why = '';
  #backoff = FIRST_BACKOFF_MS;
  #timer: NodeJS.Timeout | undefined;
  restarts = 0;

  constructor(name: string, module: URL, start: () => Start, log: Logger, hooks: ManagedChildHooks) {
    this.name = name;
    this.#module = module;
    this.#start = start;
    this.#log = log;
    this.#hooks = hooks;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const began = Date.now();
    const killsBefore = outOfMemoryKills();
    const message = this.#start();
    let child: ChildProcess;
    try {
      child = this.#fork(message);
    } catch (error) {
      this.#again(`${this.name} cannot be started: ${(error as Error).message}`, began);
      return;
    }
    this.#process = child;
    this.#why = '';
    let gone = false;
    child.on('message', (message) => this.#take(message as FromChild));
    child.on('error', (error) => {
      if (gone) return;
      // A process that never began (no more processes or files allowed) does not exit either.
      gone = child.pid === undefined;
      if (gone) this.#again(`${this.name} cannot be started: ${error.message}`, began);
      else this.#log.error({ err: error.message }, `${this.name}: cannot be told or stopped`);
    });
    child.once('exit', (code, signal) => {
      if (gone) return;
      gone = true;
      const cause = causeOfEnd(code, signal, killsBefore, outOfMemoryKills());
      this.#again(`${this.name} ended (${cause})${this.#why === '' ? '' : `: ${this.#why}`}`, began);
    });
    this.send(message);
  }

  #fork(message: Start): ChildProcess {
    return fork(this.#module, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Each statement that the embedded store runs holds one of libuv's threads, which file access needs too: more than four,
      // and enough for inserts beside all the queries that may run.
      env: {
        UV_THREADPOOL_SIZE: String(OTHER_THREADS + message.config.store.query.concurrency),
        ...process.env,
        ...compileCacheVariables(),
      },
      // Type stripping warns that it is experimental; the reader of the log cannot do anything about it.
      // Young garbage is collected every 4 MB in place of 32: the hot path makes hardly any, and memory is shared with the store.
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
    });
  }

  /** It is gone, or never was: starts it once more after a while. */
  #again(reason: string, began: number): void {
    this.#process = undefined;
    if (this.#stopping) return;
    if (Date.now() - began > HEALTHY_MS) this.#backoff = FIRST_BACKOFF_MS;
    const wait = this.#backoff;
    this.#backoff = Math.min(LAST_BACKOFF_MS, wait * 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.restarts++;
      this.start();
    }, wait);
    this.#hooks.onDown(reason, wait);
  }

  #take(message: FromChild): void {
    if (message.type === 'ready') this.#wasReady = true;
    if (message.type === 'state') this.#why = message.reason;
    if (message.type === 'fatal' && this.#wasReady) this.#why = message.message;
    else this.#hooks.onMessage(message);
  }

  send(message: ToChild): void {
    if (this.#process?.connected) this.#process.send(message);
  }

  /** Tells it to stop and waits; after `patience` milliseconds it is killed. Resolves true when it went by itself. */
  async stop(patience: number): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return true;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send({ type: 'stop' });
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      child.kill('SIGKILL');
    }, patience);
    await gone;
    clearTimeout(timer);
    return !killed;
  }
}
