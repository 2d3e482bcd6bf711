// `weir serve`: one process that holds what must not be let go of (the data directory, the sockets, the HTTP port), starts the others, starts
// them again when they die, and stops them in the order that loses nothing.
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { createLogger, type Logger } from '../log.ts';
import { directoriesOf, prepareDirectories } from './directories.ts';
import { Family } from './family.ts';
import { onHangup } from './hangup.ts';
import { HeldSockets } from './held-sockets.ts';
import { type Ownership, ownData } from './owner.ts';
import { narrowData } from './private-files.ts';
import { reload } from './reload.ts';

export interface ServeOptions {
  /** Module of the demo process; only used with `config.demo`. */
  readonly demoModule?: URL;
  readonly signal: AbortSignal;
  /** Called once the data directory is this program's: what the configuration is from then on. */
  withData?(config: Config, directories: Directories): Promise<Config>;
  /** The configuration as its sources are now, for a reload. Throws ServerError. Without it a reload keeps the configuration. */
  readConfig?(): Config;
  /** Called once the page answers. */
  onReady?(url: string): void;
}

/** What the supervisor holds for the others. */
export interface Held {
  readonly ownership: Ownership;
  readonly directories: Directories;
  readonly sockets: HeldSockets;
  readonly gateway: Gateway;
  readonly log: Logger;
}

/** Runs until the signal fires, then stops gracefully. Rejects with ServerError for what starting again would not mend. */
export async function serve(given: Config, options: ServeOptions): Promise<void> {
  const log = createLogger(given.log, 'weir');
  const { data } = directoriesOf(given);
  const ownership = await ownData(data, (reason) => log.warn(reason));
  let gateway: Gateway | undefined;
  let sockets: HeldSockets | undefined;
  try {
    const directories = prepareDirectories(given);
    for (const sentence of narrowData(directories)) log.warn(sentence);
    const config = (await options.withData?.(given, directories)) ?? given;
    sockets = await HeldSockets.open(config);
    gateway = await openGateway(config, directories, log, sockets.page?.fd);
    await supervise(config, { ownership, directories, sockets, gateway, log }, options);
  } finally {
    await gateway?.close();
    sockets?.close();
    ownership.release();
  }
}

async function supervise(config: Config, held: Held, options: ServeOptions): Promise<void> {
  const { gateway, log } = held;
  const failed = Promise.withResolvers<never>();
  const family = new Family(config, held, {
    demoModule: options.demoModule,
    onReady: () => options.onReady?.(gateway.url),
    onFatal: (code, message) => failed.reject(new ServerError(code, message)),
  });
  const stopped = Promise.withResolvers<void>();
  const stop = () => stopped.resolve();
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop, { once: true });
  const ignoreHangup = onHangup({
    onReload: () => reload(family, held, options),
    onTerminalGone: stop,
  });
  family.start();
  try {
    await Promise.race([stopped.promise, failed.promise]);
    log.info('stopping: demo, then collector, then store');
    gateway.storeIsAway('Weir is stopping');
  } finally {
    ignoreHangup();
    await family.stop();
  }
}
