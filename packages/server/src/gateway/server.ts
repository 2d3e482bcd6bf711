// The HTTP server of Weir as callers meet it: limits, checks, health, metrics, the page; everything else is the API's, and passed on.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { refuse } from '../http/security.ts';
import { MAX_HEADER_BYTES, rawProblem, unreadable } from '../http/unreadable.ts';
import { EXPOSITION_TYPE } from '../operations/exposition.ts';
import type { Health } from '../operations/health.ts';
import type { HttpFigures } from '../operations/metrics.ts';
import { pathOf, send, sendAway, sendProblem, sendText, sendTooMany, sendWrongMethod } from './answers.ts';
import { Closings } from './closings.ts';
import { Connections } from './connections.ts';
import { Forwarder } from './forward.ts';
import type { GatewayLimits } from './messages.ts';
import { PageFiles } from './page-files.ts';
import { Slots } from './slots.ts';

export interface GatewayServerOptions {
  readonly upstream: string;
  readonly limits: GatewayLimits;
  readonly allowedHosts: readonly string[];
  readonly pageDir: string | undefined;
  readonly health: Pick<Health, 'readiness' | 'metrics'>;
  /** Why the storing process is away; empty when it is there. */
  away(): string;
  /** Seconds that the thread was late at most since the last call. */
  late(): number;
  warn(message: string): void;
}

/** Requests that one connection may have under way. Browsers have one; what pipelines more gains nothing by it. */
const PIPELINED = 64;
/** How long a caller may take to read why its connection is closed, in milliseconds. */
const LINGER_MS = 1000;
/** How often slow connections are looked for, in milliseconds, at most. */
const LOOK_MS = 1000;

export class GatewayServer {
  readonly server: Server;
  readonly #options: GatewayServerOptions;
  readonly #connections: Connections;
  readonly #closings = new Closings();
  readonly #slots: Slots;
  readonly #forwarder: Forwarder;
  readonly #page: PageFiles;
  readonly #answers = new Map<number, number>();

  constructor(options: GatewayServerOptions) {
    const { limits } = options;
    this.#options = options;
    this.#connections = new Connections(limits, (limit, from, refused) => {
      const warning = this.#closings.over(limit, from, refused, performance.now());
      if (warning !== undefined) options.warn(warning);
    });
    this.#slots = new Slots(limits.slots, limits.slotsPerAddress);
    this.#page = new PageFiles(options.pageDir, limits.idleMs);
    this.#forwarder = new Forwarder({
      path: options.upstream,
      connections: limits.slots,
      idleMs: limits.idleMs,
      onAway: (request, response) => sendAway(request, response, options.away() || 'it is being started again'),
    });
    this.server = this.#createServer();
  }

  #createServer(): Server {
    const { headerMs, requestMs, idleMs } = this.#options.limits;
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: Math.min(headerMs, requestMs),
        requestTimeout: requestMs,
        keepAliveTimeout: idleMs,
        connectionsCheckingInterval: Math.min(LOOK_MS, headerMs / 2),
        // Told by this server, with its headers.
        requireHostHeader: false,
      },
      (request, response) => this.#take(request, response),
    );
    // All heads fit the bound in bytes; no bound in number is needed beside it.
    server.maxHeadersCount = 0;
    server.on('connection', (socket) => this.#accept(socket));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#answerUnreadable(error, socket as Socket));
    server.on('timeout', (socket) => {
      this.#closings.count('idle_timeout');
      socket.destroy();
    });
    // Without content there is nothing to go on with, and no protocol to change to.
    server.on('checkContinue', (request, response) => this.#take(request, response));
    server.on('checkExpectation', (request, response) => this.#take(request, response));
    server.on('connect', (request, socket) => refuseConnect(request, socket as Socket));
    return server;
  }

  get warnings(): string[] {
    return this.#closings.warnings(performance.now());
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.#forwarder.close();
  }

  #accept(socket: Socket): void {
    if (this.#connections.add(socket)) return;
    const detail = 'There are more connections than this server takes, in all or from your address.';
    const answer = { kind: 'too_many_connections', status: 503, title: 'Too many connections', detail };
    end(socket, rawProblem(answer, { 'retry-after': '2' }));
  }

  #answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
    const answer = unreadable(error);
    if (answer === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#closings.count(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'unreadable');
    // An answer under way cannot be followed by another.
    if ((this.#connections.of(socket)?.requests ?? 0) > 0) socket.destroy();
    else end(socket, answer);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#connections.of(socket);
    // Closed a moment ago, or refused and about to be.
    if (connection === undefined) return;
    if (connection.requests >= PIPELINED) {
      socket.destroy();
      return;
    }
    this.#connections.busy(socket);
    response.once('close', () => {
      if (response.headersSent) {
        const { statusCode } = response;
        this.#answers.set(statusCode, (this.#answers.get(statusCode) ?? 0) + 1);
      }
      this.#connections.done(socket);
    });
    this.#answer(request, response, connection.from).catch((error: unknown) => {
      this.#options.warn(`${request.method} ${pathOf(request)} could not be answered: ${error}`);
      if (response.headersSent) response.destroy();
      else sendBroken(request, response);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, from: string): Promise<void> {
    const target = targetOf(request);
    if (typeof target === 'string') {
      sendProblem(request, response, { kind: 'bad_request', status: 400, title: 'Bad request', detail: target });
      return;
    }
    request.url = target.url;
    const path = pathOf(request);
    const reading = request.method === 'GET' || request.method === 'HEAD';
    // Probes name whatever host they like and learn nothing.
    const probe = path === '/livez' || path === '/readyz';
    const refusal = refuse(
      request.method,
      probe ? { ...request.headers, host: 'localhost' } : request.headers,
      this.#options.allowedHosts,
    );
    if (refusal !== undefined) {
      sendProblem(request, response, refusal);
    } else if (path === '/api' || path.startsWith('/api/')) {
      this.#pass(request, response, from, target.host);
    } else if (!reading) {
      sendWrongMethod(request, response);
    } else if (path === '/livez') {
      sendText(request, response, 'ok\n');
    } else if (path === '/readyz') {
      await this.#sendReadiness(request, response);
    } else if (path === '/metrics') {
      const text = await this.#options.health.metrics(() => this.#figures());
      send(request, response, 200, { 'content-type': EXPOSITION_TYPE }, text);
    } else {
      await this.#sendPage(request, response, from);
    }
  }

  #pass(request: IncomingMessage, response: ServerResponse, from: string, host: string): void {
    const away = this.#options.away();
    if (away !== '') {
      sendAway(request, response, away);
      return;
    }
    if (this.#takeSlot(request, response, from)) this.#forwarder.forward(request, response, request.url ?? '/', host);
  }

  /** Takes a slot for as long as the answer takes; where there is none the request has been answered. */
  #takeSlot(request: IncomingMessage, response: ServerResponse, from: string): boolean {
    const giveBack = this.#slots.take(from);
    if (giveBack === undefined) {
      sendTooMany(request, response);
      return false;
    }
    response.once('close', giveBack);
    return true;
  }

  async #sendPage(request: IncomingMessage, response: ServerResponse, from: string): Promise<void> {
    const away = this.#options.away();
    // The page could show nothing but that: rather one that asks again by itself.
    if (away !== '' && this.#page.isPage(pathOf(request))) sendAway(request, response, away);
    else if (this.#takeSlot(request, response, from)) await this.#page.serve(request, response);
  }

  async #sendReadiness(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { ready, reasons } = await this.#options.health.readiness();
    if (ready) {
      sendText(request, response, 'ready\n');
      return;
    }
    sendProblem(request, response, {
      kind: 'not_ready',
      status: 503,
      title: 'Not ready',
      detail: reasons.join('; '),
      more: { ready, reasons },
      headers: { 'retry-after': '2' },
    });
  }

  #figures(): HttpFigures {
    return {
      connections: this.#connections.size,
      forwarding: this.#slots.taken,
      closed: this.#closings.counts,
      answers: this.#answers,
      late: this.#options.late(),
    };
  }
}

/** What a request asks for and by which name; a sentence where that cannot be told. RFC 9112, section 3.2. */
function targetOf({
  url = '',
  headers,
  httpVersion,
  rawHeaders,
}: IncomingMessage): { readonly url: string; readonly host: string } | string {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return 'The request has more than one Host header.';
  if (hosts === 0 && httpVersion !== '1.0') return 'The request has no Host header.';
  if (url.startsWith('/')) return { url, host: headers.host ?? '' };
  const absolute = /^http:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (absolute === undefined) return 'The request does not ask for a path.';
  headers.host = absolute.host;
  return { url: `${absolute.pathname}${absolute.search}`, host: absolute.host };
}

function sendBroken(request: IncomingMessage, response: ServerResponse): void {
  sendProblem(request, response, {
    kind: 'internal',
    status: 500,
    title: 'Something went wrong here',
    detail: 'The request could not be answered; the log says why.',
  });
}

/** CONNECT asks for a tunnel: Node gives no response for it, only the socket. */
function refuseConnect(request: IncomingMessage, socket: Socket): void {
  const detail = `This is no proxy: ${request.method} is not answered.`;
  const answer = { kind: 'method_not_allowed', status: 405, title: 'Method not allowed', detail };
  end(socket, rawProblem(answer, { allow: 'GET, HEAD' }));
}

/** Writes a last answer, and closes when it is written or its caller does not read. */
function end(socket: Socket, answer: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.once('error', () => socket.destroy());
  socket.end(answer, () => socket.destroySoon());
}
