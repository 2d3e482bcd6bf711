// The HTTP server: routes, checks and error shape put together. Composition calls `listen` on what this gives.
import type { Socket } from 'node:net';
import { parseQuery, TailQuery } from '@weir/query';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Asking } from './asking.ts';
import { registerConsole } from './console-files.ts';
import { type ApiDeps, type ApiLimits, DEFAULT_LIMITS } from './deps.ts';
import { openApi } from './openapi.ts';
import { ApiError, problemOf } from './problems.ts';
import { QueryGate } from './query-gate.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes/index.ts';
import { follow } from './routes/tail.ts';
import { registerSecurity, SECURITY_HEADERS } from './security.ts';

/** Filters come in URLs, percent-encoded: 16 kB of text may take three times as much. */
const MAX_HEADER_BYTES = 65_536;
/** How often exporters' counters are looked at for their rates, in milliseconds. */
const RATES_EVERY_MS = 5000;

/** Builds the server of the API and of the console. */
export function buildApi(deps: ApiDeps): FastifyInstance {
  const limits: ApiLimits = { ...DEFAULT_LIMITS, ...deps.limits };
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    routerOptions: { ignoreTrailingSlash: true },
    // A URL that cannot be decoded comes here before any hook.
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      sendProblem(error, request, reply, deps);
    },
    clientErrorHandler: answerUnreadable,
  });
  const gate = new QueryGate(limits);
  const { routes, rates } = allRoutes();

  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, deps));
  registerSecurity(app, deps.allowedHosts ?? []);
  deps.register?.(app);
  for (const route of routes) registerRoute(app, route, deps, gate);
  registerTail(app, deps, gate, limits);
  const document = openApi(routes, deps.version);
  app.get('/api/openapi.json', (_, reply) => reply.send(document));
  registerConsole(app, deps.consoleDir);

  const timer = setInterval(() => rates.look(deps.collectors()), RATES_EVERY_MS);
  timer.unref();
  app.addHook('onClose', async () => clearInterval(timer));
  return app;
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): FastifyReply {
  const problem = problemOf(error);
  // A caller who went away is not there to be answered, and that is no error of ours.
  if (problem.status >= 500 && !(error instanceof ApiError) && !reply.raw.destroyed) deps.onError?.(error, request.url);
  if (problem.status === 503) reply.header('retry-after', '2');
  if (problem.status === 405) reply.header('allow', 'GET, HEAD');
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ ...problem, instance: request.url.split('?')[0] }));
}

/** Answers what is not HTTP, or has too large a head: there is no request yet, only its socket. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, title] = error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'Headers too large'] : [400, 'Bad request'];
  const detail = `The request cannot be read (${error.code ?? error.message}).`;
  const body = JSON.stringify({ type: 'urn:weir:problem:bad_request', title, status, detail });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Aborted when the caller goes away before the answer is out. */
function callerSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the caller went away'));
  });
  return controller.signal;
}

function registerRoute(app: FastifyInstance, route: Route, deps: ApiDeps, gate: QueryGate): void {
  app.get(`/api/v1/${route.path}`, async (request, reply) => {
    const query = parseQuery(route.query, request.query as Record<string, unknown>);
    const answer = await route.handle(query, new Asking(deps, gate, callerSignal(reply)));
    return reply.header('cache-control', 'no-store').type('application/json').send(JSON.stringify(answer));
  });
}

function registerTail(app: FastifyInstance, deps: ApiDeps, gate: QueryGate, limits: ApiLimits): void {
  const open = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const controller of open) controller.abort(new Error('the server is closing'));
  });
  app.get('/api/v1/flows/tail', { exposeHeadRoute: false }, async (request, reply) => {
    const query = parseQuery(TailQuery, request.query as Record<string, unknown>);
    if (open.size >= limits.tails) {
      throw new ApiError('too_many_tails', `There are ${limits.tails} live tails already.`, 'tails');
    }
    const controller = new AbortController();
    open.add(controller);
    reply.hijack();
    reply.raw.once('close', () => controller.abort(new Error('the caller went away')));
    reply.raw.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    } as Record<string, string>);
    try {
      await follow(query, () => new Asking(deps, gate, controller.signal), reply.raw, limits);
    } finally {
      open.delete(controller);
      reply.raw.end();
    }
  });
}
