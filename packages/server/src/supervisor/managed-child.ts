// A supervised process over its runs: started, started again when it dies of something else than being told to stop, replaced by a new one
// without a gap, and stopped.
import type { FromChild, ToChild } from '../child.ts';
import type { Logger } from '../log.ts';
import { ChildRun, type Start } from './child-run.ts';

/** Restarts wait from this long to this long, doubling while the process dies young, in milliseconds. */
const FIRST_BACKOFF_MS = 200;
const LAST_BACKOFF_MS = 10_000;
/** A process that lived this long starts the waiting from the beginning, unless it says otherwise. */
const HEALTHY_MS = 30_000;
/** How long a new run may take to make itself ready, and an old one to let go, in milliseconds. */
const REPLACE_MS = 60_000;
const RELEASE_MS = 5_000;

export interface ManagedChildHooks {
  /** `fatal` comes only before it was ready for the first time; later it is a reason to start again. */
  onMessage(message: FromChild): void;
  /** It is gone and will be started again in `wait` milliseconds. */
  onDown(reason: string, wait: number): void;
}

export interface ManagedChildOptions {
  readonly name: string;
  readonly module: URL;
  /** What each run is told at its start. */
  readonly start: () => Start;
  /** Descriptors that each run inherits. */
  readonly fds?: () => readonly number[];
  /** A run that lived so many milliseconds is started again without the waiting that its predecessors made longer. */
  readonly healthyMs?: number;
  readonly log: Logger;
}

export class ManagedChild {
  readonly name: string;
  readonly #options: ManagedChildOptions;
  readonly #hooks: ManagedChildHooks;
  #run: ChildRun | undefined;
  #stopping = false;
  /** Whether it was ready once. From then on nothing that it says ends the whole program: the others go on. */
  #wasReady = false;
  #backoff = FIRST_BACKOFF_MS;
  #timer: NodeJS.Timeout | undefined;
  restarts = 0;

  constructor(options: ManagedChildOptions, hooks: ManagedChildHooks) {
    this.name = options.name;
    this.#options = options;
    this.#hooks = hooks;
  }

  get pid(): number | undefined {
    return this.#run?.pid;
  }

  start(): void {
    const run = this.#fork(
      this.#options.start(),
      (message) => this.#take(run, message),
      (reason) => this.#again(run, reason),
    );
    this.#run = run;
  }

  /**
   * Puts a new run in the place of the present one. The new one makes itself ready first; then the old one lets go, and the new one begins
   * at once, while the old one still finishes. Rejects with why the new one could not be made ready: the old one goes on then.
   */
  async replace(patience: number): Promise<void> {
    const old = this.#run;
    if (old?.pid === undefined) throw new Error(`${this.name} is not running`);
    const prepared = Promise.withResolvers<void>();
    const run = this.#fork(
      { ...this.#options.start(), standby: true },
      (message) => {
        if (this.#run === run) this.#take(run, message);
        else if (message.type === 'prepared') prepared.resolve();
        else if (message.type === 'fatal') prepared.reject(new Error(message.message));
      },
      (reason) => {
        if (this.#run === run) this.#again(run, reason);
        else prepared.reject(new Error(reason));
      },
    );
    const timer = setTimeout(() => run.kill('it did not become ready in time'), REPLACE_MS);
    try {
      await prepared.promise;
    } catch (error) {
      await run.stop(0);
      throw error;
    } finally {
      clearTimeout(timer);
    }
    // From here on the new one is the one: what becomes of the old one is its own end.
    this.#run = run;
    const released = this.#release(old);
    await released;
    run.send({ type: 'go' });
    await old.stop(patience);
  }

  /**
   * Ends the present run and starts another, with `between` between the two. Rejects when that fails: nothing runs then, and `start` is to be
   * called.
   */
  async restart(patience: number, between: () => Promise<void>): Promise<void> {
    const old = this.#run;
    this.#run = undefined;
    clearTimeout(this.#timer);
    await old?.stop(patience);
    await between();
    this.start();
  }

  /** Whether there is a run, or one is about to be started. */
  get runs(): boolean {
    return this.#run !== undefined;
  }

  /** Resolves when the run has let go, or is gone, or cannot. */
  async #release(old: ChildRun): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#onReleased = done.resolve;
    old.send({ type: 'release' });
    const timer = setTimeout(done.resolve, RELEASE_MS);
    await Promise.race([done.promise, old.ended]);
    clearTimeout(timer);
    this.#onReleased = () => {};
  }

  #onReleased: () => void = () => {};

  #fork(message: Start, onMessage: (message: FromChild) => void, onEnd: (reason: string) => void): ChildRun {
    const { name, module, fds = () => [], log } = this.#options;
    return new ChildRun(name, module, message, fds(), log, { onMessage, onEnd });
  }

  /** It is gone, or never was: starts it once more after a while. */
  #again(run: ChildRun, reason: string): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    if (this.#stopping) return;
    if (performance.now() - run.began > (this.#options.healthyMs ?? HEALTHY_MS)) this.#backoff = FIRST_BACKOFF_MS;
    const wait = this.#backoff;
    this.#backoff = Math.min(LAST_BACKOFF_MS, wait * 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.restarts++;
      this.start();
    }, wait);
    this.#hooks.onDown(reason, wait);
  }

  #take(run: ChildRun, message: FromChild): void {
    if (message.type === 'released') {
      this.#onReleased();
      return;
    }
    // Of a run that was replaced nothing else matters.
    if (this.#run !== run) return;
    if (message.type === 'ready') this.#wasReady = true;
    if (message.type === 'fatal' && this.#wasReady) run.why = message.message;
    else this.#hooks.onMessage(message);
  }

  send(message: ToChild): void {
    this.#run?.send(message);
  }

  /** Tells it to stop and waits; after `patience` milliseconds it is killed. Resolves true when it went by itself. */
  async stop(patience: number): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    return (await this.#run?.stop(patience)) ?? true;
  }
}
