// The gateway thread: owns the HTTP port for as long as `weir serve` runs, in the supervisor's process but apart from its loop. What goes
// wrong here, memory included, ends this thread and nothing else; the supervisor starts it again on the same listening socket.
import { rename, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { Health } from '../operations/health.ts';
import { gatewayStatusPath } from '../operations/store-status.ts';
import { makeRunFolder } from '../run-folder.ts';
import type { FromGateway, GatewayOptions, ToGateway } from './messages.ts';
import { GatewayServer } from './server.ts';

/** Connections that wait to be accepted; the kernel allows `net.core.somaxconn`, 4096 by default. */
const BACKLOG = 4096;
/** How often the thread gives a sign of life and tells its warnings, in milliseconds. */
const BEAT_MS = 1000;

const options = workerData as GatewayOptions;
const tell = (message: FromGateway) => parentPort?.postMessage(message);

let { away } = options;
const health = new Health({ spoolDir: options.spoolDir, dataDir: options.dataDir, storeAway: () => away });
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const gateway = new GatewayServer({
  upstream: options.upstream,
  limits: options.limits,
  allowedHosts: options.allowedHosts,
  pageDir: options.pageDir,
  health,
  away: () => away,
  late: () => {
    const seconds = delay.max / 1e9;
    delay.reset();
    return seconds;
  },
  warn: (message) => tell({ type: 'log', level: 'warn', message }),
});

parentPort?.on('message', (message: ToGateway) => {
  away = message.reason;
});

let told = '';
/** Writes the warnings where the API reads them, when they change. A disk that cannot be written costs them their place on the page. */
async function tellWarnings(): Promise<void> {
  const warnings = JSON.stringify(gateway.warnings);
  if (warnings === told) return;
  told = warnings;
  const path = gatewayStatusPath(options.dataDir);
  try {
    makeRunFolder(options.dataDir);
    await writeFile(`${path}.tmp`, warnings);
    await rename(`${path}.tmp`, path);
  } catch {
    told = '';
  }
}

await health.start();
setInterval(() => {
  tell({ type: 'alive' });
  void tellWarnings();
}, BEAT_MS);

gateway.server.on('error', (error: NodeJS.ErrnoException) => {
  tell({ type: 'refused', code: error.code ?? '', message: error.message });
});
gateway.server.listen({ ...options.listen, backlog: BACKLOG }, () => {
  const { address, port } = gateway.server.address() as AddressInfo;
  tell({ type: 'listening', host: address, port });
});
