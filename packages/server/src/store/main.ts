// The storing process: the store, what keeps it in shape, and the API over it, which callers reach through the gateway.
import { rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { cleanDemo, StoreError } from '@weir/store';
import { runChild } from '../child.ts';
import { buildApi, DEFAULT_LIMITS, QueryGate } from '../http/index.ts';
import { createLogger, type Logger } from '../log.ts';
import { ControlServer } from '../maintenance/listen.ts';
import { Health } from '../operations/health.ts';
import { keepConsumerStatus, keepStoreStatus, readGatewayWarnings } from '../operations/store-status.ts';
import { statusReader } from '../status.ts';
import { STORE_STOP_MS } from '../supervisor/stop.ts';
import { VERSION } from '../version.ts';
import { Storing } from './storing.ts';

/**
 * Where processors are short, receiving goes before storing: a datagram that waits too long is lost, a query is only late. Niceness
 * is passed on to the threads that the embedded store starts later.
 */
const NICENESS = 5;

runChild(async ({ config, directories, httpSocket }, channel) => {
  setPriority(NICENESS);
  const started = Date.now();
  const log = createLogger(config.log, 'store');
  const storing = await Storing.start(config, directories, log);
  const collectors = statusReader(directories.spool);
  const health = new Health({ spoolDir: directories.spool, dataDir: directories.data, storeAway: () => '' });
  const storeFacts = () => storing.facts.facts();
  const gate = new QueryGate({ ...DEFAULT_LIMITS, concurrency: config.store.query.concurrency });
  const app = buildApi({
    version: VERSION,
    started,
    demo: config.demo,
    store: storing.store,
    storeFacts,
    rolledUpUntil: () => storing.rollups.rolledUpUntil(),
    health: () => health.report(),
    collectors,
    gatewayWarnings: () => readGatewayWarnings(directories.data),
    cleanDemo: () => cleanDemo(storing.store),
    gate,
    limits: { tailHeartbeatMs: Math.min(DEFAULT_LIMITS.tailHeartbeatMs, config.http.idle_timeout / 2) },
    allowedHosts: config.http.allowed_hosts,
    onError: (error, url) => logFailure(log, error, url),
  });
  // What it tells of itself comes first: callers are answered from it.
  const stopStatuses = [
    keepConsumerStatus(directories.spool, () => storing.consumer()),
    keepStoreStatus(directories.data, () => ({
      version: VERSION,
      pid: process.pid,
      started,
      time: Date.now(),
      facts: storeFacts(),
      queriesRunning: gate.running,
      queriesWaiting: gate.waiting,
    })),
  ];
  await health.start();
  const control = new ControlServer(directories.data, {
    store: storing.store,
    rollups: storing.rollups,
    damage: storing.damage,
    log,
  });
  await control.listen();
  // Of a storing process before this one that was killed.
  rmSync(httpSocket, { force: true });
  await app.listen({ path: httpSocket });
  channel.send({ type: 'ready' });
  return {
    stop: async () => {
      // Answers that take longer are cut off, which stops their queries.
      for (const stop of stopStatuses) stop();
      health.stop();
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
