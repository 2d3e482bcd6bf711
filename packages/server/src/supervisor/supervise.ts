// `weir serve`: one process that starts the others, starts them again when they die, and stops them in the order that loses nothing.
import type { Directories, FromChild } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { createLogger, type Logger } from '../log.ts';
import { collectorDied, collectorListens, NO_OUTAGES, seconds } from '../outages.ts';
import { lockData, prepareDirectories } from './directories.ts';
import { ManagedChild } from './managed-child.ts';
import { narrowData } from './private-files.ts';
import { stopInOrder } from './stop.ts';

export interface ServeOptions {
  /** Module of the demo process; only used with `config.demo`. */
  readonly demoModule?: URL;
  readonly signal: AbortSignal;
  /** Called once the page answers. */
  onReady?(url: string): void;
}

/** Runs until the signal fires, then stops gracefully. Rejects with ServerError for what starting again would not mend. */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const log = createLogger(config.log, 'weir');
  const directories = prepareDirectories(config);
  const unlock = lockData(directories);
  for (const sentence of narrowData(directories)) log.warn(sentence);
  let gateway: Gateway | undefined;
  try {
    gateway = await openGateway(config, directories, log);
    await supervise(config, directories, gateway, log, options);
  } finally {
    await gateway?.close();
    unlock();
  }
}

async function supervise(
  config: Config,
  directories: Directories,
  gateway: Gateway,
  log: Logger,
  options: ServeOptions,
): Promise<void> {
  let fail: (error: ServerError) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const startMessage = () => ({ type: 'start', config, directories, httpSocket: gateway.upstream }) as const;
  /** Which of the two that a person waits for have said that they are ready, now or before. */
  const ready = new Set<'store' | 'collect'>();
  const isReady = (name: 'store' | 'collect') => {
    if (ready.has(name)) return;
    ready.add(name);
    // The demo's first messages carry the templates: it waits for someone to listen.
    if (name === 'collect') demo?.start();
    if (ready.size === 2) options.onReady?.(gateway.url);
  };

  const store: ManagedChild = new ManagedChild(
    'store',
    new URL('../store/main.ts', import.meta.url),
    startMessage,
    log,
    {
      onMessage(message: FromChild) {
        if (message.type === 'state') gateway.storeIsAway(message.reason);
        else if (message.type === 'fatal') fail(new ServerError(message.code, message.message));
        else {
          gateway.storeIsThere();
          isReady('store');
        }
      },
      onDown(reason, wait) {
        log.error(`${reason}; collecting goes on into the spool, starting again in ${wait} ms`);
        gateway.storeIsAway(`${reason}; it is being started again`);
      },
    },
  );
  let outages = NO_OUTAGES;
  const collectMessage = () => ({ ...startMessage(), outages });
  const collect = new ManagedChild('collect', new URL('../collect/main.ts', import.meta.url), collectMessage, log, {
    onMessage(message) {
      if (message.type === 'fatal') fail(new ServerError(message.code, message.message));
      else if (message.type === 'ready') {
        const before = outages;
        outages = collectorListens(before, steadyNow());
        if (outages !== before) {
          const down = seconds(outages.downMs - before.downMs);
          log.warn(`collect listens again after ${down}; what exporters sent meanwhile is in no account of the ledger`);
        }
        isReady('collect');
      }
    },
    onDown(reason, wait) {
      outages = collectorDied(outages, steadyNow());
      log.error(`${reason}; nothing is received until it is back, starting again in ${wait} ms`);
    },
  });
  const demo =
    config.demo && options.demoModule !== undefined
      ? new ManagedChild('demo', options.demoModule, startMessage, log, {
          onMessage() {},
          onDown: (reason, wait) => log.warn(`${reason}; starting again in ${wait} ms`),
        })
      : undefined;

  collect.start();
  store.start();
  const stopped = new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([stopped, failed]);
    log.info('stopping: first what sends, then receiving, then storing');
    gateway.storeIsAway('Weir is stopping');
  } finally {
    await stopInOrder({ ...(demo === undefined ? {} : { demo }), collect, store }, log);
  }
}
