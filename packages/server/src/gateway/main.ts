// The gateway thread: owns the HTTP port for as long as `weir serve` runs, in the supervisor's process but apart from its loop. What goes
// wrong here, memory included, ends this thread and nothing else; the supervisor starts it again on the same listening socket.
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { Health } from '../operations/health.ts';
import { gatewayStatusPath } from '../operations/store-status.ts';
import { makeRunFolder } from '../run-folder.ts';
import { BACKLOG, type FromGateway, type GatewayOptions, type ToGateway } from './messages.ts';
import { GatewayServer } from './server.ts';

/** How often the thread gives a sign of life and tells its warnings, in milliseconds. */
const BEAT_MS = 1000;

const options = workerData as GatewayOptions;
const tell = (message: FromGateway) => parentPort?.postMessage(message);

let { away } = options;
const health = new Health({ spoolDir: options.spoolDir, dataDir: options.dataDir, storeAway: () => away });

const gateway = new GatewayServer({
  upstream: options.upstream,
  limits: options.limits,
  allowedHosts: options.allowedHosts,
  pageDir: options.pageDir,
  health,
  away: () => away,
  warn: (message) => tell({ type: 'log', level: 'warn', message }),
});

parentPort?.on('message', (message: ToGateway) => {
  away = message.reason;
  health.refresh();
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

const refused = (error: NodeJS.ErrnoException) => {
  tell({ type: 'refused', code: error.code ?? '', message: error.message });
};
gateway.server.on('error', refused);
const listening = () => {
  const { address, port } = gateway.server.address() as AddressInfo;
  tell({ type: 'listening', host: address, port });
};
if ('fds' in options.listen) {
  const [fd, ...more] = options.listen.fds;
  // With a descriptor Node takes the backlog from the second argument alone.
  gateway.server.listen({ fd }, BACKLOG, listening);
  for (const other of more) {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      gateway.server.emit('connection', socket);
    });
    server.on('error', refused).listen({ fd: other }, BACKLOG);
  }
} else {
  gateway.server.listen({ ...options.listen, backlog: BACKLOG }, listening);
}
