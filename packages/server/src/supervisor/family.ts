// The processes that a supervisor keeps running: collect, store, the sinks where there are any, the demo where it is asked for.
import { steadyNow } from '@weir/record';
import type { FromChild } from '../child.ts';
import type { Config } from '../config/schema.ts';
import type { ServerErrorCode } from '../errors.ts';
import { collectorDied, collectorListens, fateOf, NO_OUTAGES, type Outages, seconds } from '../outages.ts';
import { FIRST_INHERITED_FD, type Start } from './child-run.ts';
import { ManagedChild, type ManagedChildHooks } from './managed-child.ts';
import { STOP_PATIENCE_MS, stopInOrder } from './stop.ts';
import type { Held } from './supervise.ts';

export interface FamilyHooks {
  readonly demoModule: URL | undefined;
  /** Everything that a person waits for answers, for the first time. */
  onReady(): void;
  /** What starting again does not mend. */
  onFatal(code: ServerErrorCode, message: string): void;
}

/** Datagrams wait while it is away: what has worked for so long is started again at once. */
const COLLECT_HEALTHY_MS = 2_000;

const module = (path: string): URL => new URL(path, import.meta.url);

export class Family {
  readonly #held: Held;
  readonly #hooks: FamilyHooks;
  readonly collect: ManagedChild;
  readonly store: ManagedChild;
  readonly #demo: ManagedChild | undefined;
  #sinks: ManagedChild | undefined;
  #config: Config;
  #outages: Outages;
  /** Which of the two that a person waits for have said that they are ready, now or before. */
  readonly #ready = new Set<'store' | 'collect'>();

  constructor(config: Config, held: Held, hooks: FamilyHooks) {
    this.#config = config;
    this.#held = held;
    this.#hooks = hooks;
    this.#outages = { ...NO_OUTAGES, held: held.sockets.held };
    this.collect = this.#collect();
    this.store = this.#store();
    this.#demo = config.demo && hooks.demoModule !== undefined ? this.#child('demo', hooks.demoModule) : undefined;
  }

  get config(): Config {
    return this.#config;
  }

  start(): void {
    this.collect.start();
    this.store.start();
    this.#startSinks();
  }

  /** What runs are told from now on. */
  use(config: Config): void {
    this.#config = config;
  }

  /** Starts the sinks again, with the sinks that are configured now. */
  async restartSinks(): Promise<void> {
    await this.#sinks?.stop(STOP_PATIENCE_MS.sinks);
    this.#sinks = undefined;
    this.#startSinks();
  }

  stop(): Promise<void> {
    const { collect, store } = this;
    const parts = {
      ...(this.#demo === undefined ? {} : { demo: this.#demo }),
      collect,
      ...(this.#sinks === undefined ? {} : { sinks: this.#sinks }),
      store,
    };
    return stopInOrder(parts, this.#held.log);
  }

  #startSinks(): void {
    if (this.#config.sinks.length === 0) return;
    this.#sinks = this.#child('sinks', module('../sinks/main.ts'));
    this.#sinks.start();
  }

  #start(): Start {
    const { directories, gateway } = this.#held;
    return { type: 'start', config: this.#config, directories, httpSocket: gateway.upstream };
  }

  /** The lock of the data directory is every process's: it is free when the last of them is gone. */
  #lock(): number[] {
    const { fd } = this.#held.ownership;
    return fd === undefined ? [] : [fd];
  }

  #child(name: string, path: URL): ManagedChild {
    const { log } = this.#held;
    return new ManagedChild(
      { name, module: path, start: () => this.#start(), fds: () => this.#lock(), log },
      {
        onMessage: (message) => {
          if (message.type === 'fatal') this.#hooks.onFatal(message.code, message.message);
        },
        onDown: (reason, wait) => log.warn(`${reason}; starting again in ${wait} ms`),
      },
    );
  }

  #collect(): ManagedChild {
    const { sockets, log } = this.#held;
    const start = (): Start => {
      const inherited = sockets.inherited(FIRST_INHERITED_FD + this.#lock().length);
      return { ...this.#start(), outages: this.#outages, ...(inherited === undefined ? {} : { sockets: inherited }) };
    };
    const hooks: ManagedChildHooks = {
      onMessage: (message) => {
        if (message.type === 'fatal') this.#hooks.onFatal(message.code, message.message);
        else if (message.type === 'ready') this.#collectIsReady();
      },
      onDown: (reason, wait) => {
        this.#outages = collectorDied(this.#outages, steadyNow());
        const meanwhile = this.#outages.held ? 'datagrams wait in the sockets' : 'nothing is received';
        log.error(`${reason}; ${meanwhile} until it is back, starting again in ${wait} ms`);
      },
    };
    const fds = () => [...this.#lock(), ...sockets.fds];
    const options = {
      name: 'collect',
      module: module('../collect/main.ts'),
      start,
      fds,
      healthyMs: COLLECT_HEALTHY_MS,
      log,
    };
    return new ManagedChild(options, hooks);
  }

  #collectIsReady(): void {
    const before = this.#outages;
    this.#outages = collectorListens(before, steadyNow());
    if (this.#outages !== before) {
      const down = seconds(this.#outages.downMs - before.downMs);
      this.#held.log.warn(`collect receives again after ${down}; ${fateOf(this.#outages)}`);
    }
    this.#isReady('collect');
  }

  #store(): ManagedChild {
    const { gateway, log } = this.#held;
    const hooks: ManagedChildHooks = {
      onMessage: (message: FromChild) => {
        if (message.type === 'state') gateway.storeIsAway(message.reason);
        else if (message.type === 'fatal') this.#hooks.onFatal(message.code, message.message);
        else if (message.type === 'ready') {
          gateway.storeIsThere();
          this.#isReady('store');
        }
      },
      onDown: (reason, wait) => {
        log.error(`${reason}; collecting goes on into the spool, starting again in ${wait} ms`);
        gateway.storeIsAway(`${reason}; it is being started again`);
      },
    };
    const start = () => this.#start();
    return new ManagedChild(
      { name: 'store', module: module('../store/main.ts'), start, fds: () => this.#lock(), log },
      hooks,
    );
  }

  #isReady(name: 'store' | 'collect'): void {
    if (this.#ready.has(name)) return;
    this.#ready.add(name);
    // The demo's first messages carry the templates: it waits for someone to listen.
    if (name === 'collect') this.#demo?.start();
    if (this.#ready.size === 2) this.#hooks.onReady();
  }
}
