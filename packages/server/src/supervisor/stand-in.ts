// Holds the HTTP port while the store is not there to do so: probes and people get an answer that says what is going on.
import { createServer, type Server } from 'node:http';
import { ServerError } from '../errors.ts';

export class StandIn {
  readonly #host: string;
  readonly #port: number;
  #server: Server | undefined;
  #reason = 'the store is starting';

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  set reason(reason: string) {
    this.#reason = reason;
  }

  /** Takes the port. Throws ServerError `port_taken` when another program has it. */
  async open(): Promise<void> {
    if (this.#server !== undefined || this.#port === 0) return;
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      if (path === '/livez') {
        response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
        return;
      }
      const html = request.headers.accept?.includes('text/html') === true;
      response.writeHead(503, {
        'content-type': html ? 'text/html; charset=utf-8' : 'application/problem+json',
        'retry-after': '1',
        connection: 'close',
        'cache-control': 'no-store',
      });
      response.end(html ? page(this.#reason) : problem(this.#reason));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, this.#host, this.#port)));
      server.listen(this.#port, this.#host, resolve);
    });
    server.on('error', () => {});
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}

/** The message for a port that cannot be taken, naming the setting. */
export function portError(error: NodeJS.ErrnoException, host: string, port: number): ServerError {
  if (error.code === 'EADDRINUSE') {
    return new ServerError(
      'port_taken',
      `http.port: ${host}:${port} is taken by another program; stop it, or choose another port with --http-port or http.port`,
    );
  }
  return new ServerError('start_failed', `http.host: cannot listen on ${host}:${port}: ${error.message}`);
}

function problem(reason: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: 'Not ready',
    status: 503,
    detail: `Flows are being collected; the page and the API are not there: ${reason}`,
    ready: false,
    reasons: [reason],
  });
}

function page(reason: string): string {
  const safe = reason.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Weir</title></head>
<body style="font-family:sans-serif;margin:4rem;color-scheme:light dark"><h1>Weir</h1><p>Flows are being collected. The page is not there yet: ${safe}.</p><p>This page asks again every two seconds.</p></body></html>\n`;
}
