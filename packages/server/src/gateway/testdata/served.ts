// A gateway's server in this process, in front of a storing process that is a function; and callers that speak in bytes.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpFigures } from '../../operations/metrics.ts';
import type { GatewayLimits } from '../messages.ts';
import { GatewayServer, type GatewayServerOptions } from '../server.ts';

/** Wide enough for every test that is not about them. */
export const LIMITS: GatewayLimits = {
  connections: 200,
  connectionsPerAddress: 200,
  slots: 50,
  slotsPerAddress: 50,
  headerMs: 20_000,
  requestMs: 20_000,
  idleMs: 20_000,
};

export interface Served {
  readonly gateway: GatewayServer;
  readonly url: string;
  readonly port: number;
  readonly warned: string[];
  /** What the gateway counted. */
  figures(): Promise<HttpFigures>;
  /** A connection to it, from an address of loopback. */
  connect(from?: string): Promise<Socket>;
  close(): Promise<void>;
}

/** Without `store` nobody listens on the socket of the storing process. */
export async function serve(
  store?: RequestListener,
  more: Partial<GatewayServerOptions> & { readonly limits?: GatewayLimits } = {},
): Promise<Served> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-gateway-'));
  const upstream = join(dir, 'http.sock');
  let storing: Server | undefined;
  if (store !== undefined) {
    storing = createServer(store).listen(upstream);
    await once(storing, 'listening');
  }
  const warned: string[] = [];
  let latest: (() => HttpFigures) | undefined;
  const gateway = new GatewayServer({
    upstream,
    limits: LIMITS,
    allowedHosts: [],
    pageDir: undefined,
    health: {
      readiness: async () => ({ ready: true, reasons: [] }),
      metrics: async (http) => {
        latest = http;
        return Buffer.from('weir_ready 1\n');
      },
    },
    away: () => '',
    late: () => 0,
    warn: (message) => warned.push(message),
    ...more,
  });
  gateway.server.listen(0, '127.0.0.1');
  await once(gateway.server, 'listening');
  const { port } = gateway.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const sockets: Socket[] = [];
  return {
    gateway,
    url,
    port,
    warned,
    figures: async () => {
      await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
      if (latest === undefined) throw new Error('the metrics were not asked for');
      return latest();
    },
    connect: async (from = '127.0.0.1') => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      // Reset by the gateway: what the test is about.
      socket.on('error', () => {});
      sockets.push(socket);
      await once(socket, 'connect');
      return socket;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      gateway.close();
      storing?.closeAllConnections();
      await new Promise((resolve) => (storing === undefined ? resolve(undefined) : storing.close(resolve)));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** All that comes on a connection until its end. */
export async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  if (!socket.closed) await once(socket, 'close');
  return text;
}
