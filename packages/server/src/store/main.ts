// The storing process: the store, what keeps it in shape, and the page and API over it.
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cleanDemo, StoreError } from '@weir/store';
import { runChild } from '../child.ts';
import { DEMO_PATH } from '../clean-demo.ts';
import { buildApi } from '../http/index.ts';
import { createLogger, type Logger } from '../log.ts';
import { ControlServer } from '../maintenance/listen.ts';
import { Metrics } from '../operations/metrics.ts';
import { readiness } from '../operations/readiness.ts';
import { registerOperations } from '../operations/routes.ts';
import { statusReader } from '../status.ts';
import { portError } from '../supervisor/stand-in.ts';
import { STORE_STOP_MS } from '../supervisor/stop.ts';
import { VERSION } from '../version.ts';
import { Storing } from './storing.ts';

const CONSOLE_DIR = fileURLToPath(new URL('../../../console/dist', import.meta.url));

/**
 * Where processors are short, receiving goes before storing: a datagram that waits too long is lost, a query is only late. Niceness
 * is passed on to the threads that the embedded store starts later.
 */
const NICENESS = 5;

runChild(async ({ config, directories }, channel) => {
  setPriority(NICENESS);
  const started = Date.now();
  const log = createLogger(config.log, 'store');
  const storing = await Storing.start(config, directories, log);
  const collectors = statusReader(directories.spool);
  const storeFacts = () => storing.facts.facts();
  const ready = () => readiness(Date.now(), collectors(), storeFacts());
  const metrics = new Metrics({ statuses: collectors, store: storeFacts });
  const { host, port, allowed_hosts } = config.http;
  const app = buildApi({
    version: VERSION,
    started,
    demo: config.demo,
    store: storing.store,
    storeFacts,
    rolledUpUntil: () => storing.rollups.rolledUpUntil(),
    readiness: ready,
    collectors,
    limits: { concurrency: config.store.query.concurrency },
    ...(existsSync(CONSOLE_DIR) ? { consoleDir: CONSOLE_DIR } : {}),
    allowedHosts: allowed_hosts,
    register: (api) => {
      registerOperations(api, { readiness: ready, metrics });
      api.delete(DEMO_PATH, () => cleanDemo(storing.store));
    },
    onError: (error, url) => logFailure(log, error, url),
  });
  const control = new ControlServer(directories.data, {
    store: storing.store,
    rollups: storing.rollups,
    damage: storing.damage,
    log,
  });
  await control.listen();
  await channel.portFree();
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw portError(error as NodeJS.ErrnoException, host, port);
  }
  log.info(`the page and the API are at http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  channel.send({ type: 'ready' });
  return {
    stop: async () => {
      // Answers that take longer are cut off, which stops their queries.
      const cutOff = setTimeout(() => app.server.closeAllConnections(), STORE_STOP_MS.requests);
      await app.close();
      clearTimeout(cutOff);
      await control.close();
      await storing.stop();
    },
  };
});

/** What the store says of itself is one line; where it is no word of the store's, the stack tells where the mistake is. */
function logFailure(log: Logger, error: unknown, url: string): void {
  if (!(error instanceof StoreError) || error.code === 'engine' || error.code === 'bad_query') {
    log.error({ err: error, url }, 'a request failed');
  } else if (error.code !== 'cancelled') log.warn({ code: error.code, reason: error.message, url }, 'a request failed');
}
