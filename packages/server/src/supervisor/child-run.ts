// One run of a supervised process, from its fork to its end: what it says, whether it answers, and why it ended.
import { type ChildProcess, fork } from 'node:child_process';
import { ALIVE_MS, type FromChild, type ToChild } from '../child.ts';
import { compileCacheVariables } from '../compile-cache.ts';
import type { Logger } from '../log.ts';
import { causeOfEnd, outOfMemoryKills } from './cause.ts';

/**
 * A process that has not said that it is alive for so many looks, one a second, hangs (stopped by a signal, in an endless loop, waiting for a
 * disk that does not answer) and is killed. Looks are counted, and not time, so that a supervisor that was itself stopped kills nobody when it goes on.
 * Opening a large store takes a while and keeps the thread.
 */
const SILENT_LOOKS = 10;
const SILENT_LOOKS_AT_START = 180;

/** Threads for all that is not a query: inserts, roll-ups, the store's own queries, file access. */
const OTHER_THREADS = 12;

/** Descriptors from here on are those that the process inherits: 0 to 2 are its streams, 3 the channel. */
export const FIRST_INHERITED_FD = 4;

export type Start = Extract<ToChild, { type: 'start' }>;

export interface RunHooks {
  /** Anything but that it is alive. */
  onMessage(message: FromChild): void;
  /** It is gone, or could not be started, for this reason. */
  onEnd(reason: string): void;
}

export class ChildRun {
  readonly #hooks: RunHooks;
  readonly #killsBefore = outOfMemoryKills();
  readonly #ended = Promise.withResolvers<void>();
  readonly began = performance.now();
  #process: ChildProcess | undefined;
  #looking: NodeJS.Timeout | undefined;
  #silentLooks = 0;
  #isReady = false;
  #isStopping = false;
  #isGone = false;
  /** What it said of why it cannot go on, or what was done to it. */
  why = '';

  /** Starts it. It inherits the descriptors `fds`, from FIRST_INHERITED_FD on, in their order. */
  constructor(name: string, module: URL, message: Start, fds: readonly number[], log: Logger, hooks: RunHooks) {
    this.#hooks = hooks;
    let child: ChildProcess;
    try {
      child = forkNode(module, message, fds);
    } catch (error) {
      // Whoever made this has no reference to it yet.
      setImmediate(() => this.#end(`${name} cannot be started: ${(error as Error).message}`));
      return;
    }
    this.#process = child;
    this.#looking = setInterval(() => this.#look(child), ALIVE_MS);
    child.on('message', (message) => this.#take(message as FromChild));
    child.on('error', (error) => {
      // A process that never began (no more processes or files allowed) does not exit either.
      if (child.pid === undefined) this.#end(`${name} cannot be started: ${error.message}`);
      else log.error({ err: error.message }, `${name}: cannot signal or stop the process`);
    });
    child.once('exit', (code, signal) => {
      const cause = causeOfEnd(code, signal, this.#killsBefore, outOfMemoryKills());
      this.#end(`${name} ended (${cause})${this.why === '' ? '' : `: ${this.why}`}`);
    });
    this.send(message);
  }

  get pid(): number | undefined {
    return this.#isGone ? undefined : this.#process?.pid;
  }

  /** Resolves when it is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  send(message: ToChild): void {
    if (this.#process?.connected) this.#process.send(message);
  }

  /** Tells it to stop and waits; after `patience` milliseconds it is killed. Resolves true when it went by itself. */
  async stop(patience: number): Promise<boolean> {
    if (this.#isGone) return true;
    this.#isStopping = true;
    this.send({ type: 'stop' });
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.#process?.kill('SIGKILL');
    }, patience);
    await this.ended;
    clearTimeout(timer);
    return !killed;
  }

  kill(why: string): void {
    this.why = why;
    this.#process?.kill('SIGKILL');
  }

  #look(child: ChildProcess): void {
    const limit = this.#isReady ? SILENT_LOOKS : SILENT_LOOKS_AT_START;
    if (++this.#silentLooks < limit || this.#isStopping) return;
    clearInterval(this.#looking);
    this.why = `it did not answer for ${Math.round((limit * ALIVE_MS) / 1000)} s and was killed`;
    child.kill('SIGKILL');
  }

  #take(message: FromChild): void {
    this.#silentLooks = 0;
    if (message.type === 'alive') return;
    if (message.type === 'ready') this.#isReady = true;
    if (message.type === 'state') this.why = message.reason;
    this.#hooks.onMessage(message);
  }

  #end(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearInterval(this.#looking);
    this.#hooks.onEnd(reason);
    this.#ended.resolve();
  }
}

function forkNode(module: URL, message: Start, fds: readonly number[]): ChildProcess {
  return fork(module, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...fds],
    // Each statement that the embedded store runs holds one of libuv's threads, which file access needs too: more than four,
    // and enough for inserts beside all the queries that may run.
    env: {
      UV_THREADPOOL_SIZE: String(OTHER_THREADS + message.config.store.query.concurrency),
      ...process.env,
      ...compileCacheVariables(),
    },
    // Type stripping warns that it is experimental; the reader of the log cannot do anything about it.
    // Young garbage is collected every 4 MB instead of 32: the hot path makes hardly any, and memory is shared with the store.
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
  });
}
