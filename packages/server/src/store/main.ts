// The storing process: the store, what keeps it in shape, and the API over it, which callers reach through the gateway.
import { rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { cleanDemo } from '@weir/store';
import { runChild } from '../child.ts';
import { buildApi, DEFAULT_LIMITS, QueryGate } from '../http/index.ts';
import { createLogger } from '../log.ts';
import { readiness } from '../operations/readiness.ts';
import { keepStoreStatus, readGatewayWarnings } from '../operations/store-status.ts';
import { runningOf, statusReader } from '../status.ts';
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
  const storeFacts = () => storing.facts.facts();
  const gate = new QueryGate({ ...DEFAULT_LIMITS, concurrency: config.store.query.concurrency });
  const app = buildApi({
    version: VERSION,
    started,
    demo: config.demo,
    store: storing.store,
    storeFacts,
    rolledUpUntil: () => storing.rollups.rolledUpUntil(),
    readiness: () => readiness(runningOf(collectors()), storeFacts().problem),
    collectors,
    gatewayWarnings: () => readGatewayWarnings(directories.data),
    cleanDemo: () => cleanDemo(storing.store),
    gate,
    limits: { tailHeartbeatMs: Math.min(DEFAULT_LIMITS.tailHeartbeatMs, config.http.idle_timeout / 2) },
    allowedHosts: config.http.allowed_hosts,
    onError: (error, url) => log.error({ err: error, url }, 'a request failed'),
  });
  // Of a storing process before this one that was killed.
  rmSync(httpSocket, { force: true });
  await app.listen({ path: httpSocket });
  const stopStatus = keepStoreStatus(directories.data, () => ({
    version: VERSION,
    pid: process.pid,
    started,
    time: Date.now(),
    facts: storeFacts(),
    queriesRunning: gate.running,
    queriesWaiting: gate.waiting,
  }));
  channel.send({ type: 'ready' });
  return {
    stop: async () => {
      // Answers that take longer are cut off, which stops their queries.
      stopStatus();
      const cutOff = setTimeout(() => app.server.closeAllConnections(), STORE_STOP_MS.requests);
      await app.close();
      clearTimeout(cutOff);
      await storing.stop();
    },
  };
});
