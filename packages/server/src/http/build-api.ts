// The HTTP server of the API: routes, checks and error shape put together. Composition calls `listen` on what this gives, with the path of
// a Unix socket: callers come through the gateway, which has the port, the limits on connections, health and the page.
import type { Socket } from 'node:net';
import { parseQuery, TailQuery } from '@weir/query';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Asking } from './asking.ts';
import { registerChecks } from './checks.ts';
import { type ApiDeps, type ApiLimits, DEFAULT_LIMITS } from './deps.ts';
import { openApi, TAIL } from './openapi.ts';
import { ApiError, problemOf } from './problems.ts';
import { QueryGate } from './query-gate.ts';
import type { Route } from './route.ts';
import { DEMO_PATH, registerDemo } from './routes/demo.ts';
import { allRoutes } from './routes/index.ts';
import { follow } from './routes/tail.ts';
import { SECURITY_HEADERS } from './security.ts';
import { MAX_HEADER_BYTES, unreadable } from './unreadable.ts';

/** How often exporters' counters are looked at for their rates, in milliseconds. */
const RATES_EVERY_MS = 5000;

/**
 * What the gateway does not already bound, or has lower: connections, of which it has one per request under way, and the time that one
 * may be idle, in milliseconds. Shorter than the gateway keeps them, and a request could meet a closing connection.
 */
const CONNECTIONS = 1024;
const KEEP_ALIVE_MS = 120_000;
/** For the head of a request and for all of it, in milliseconds. */
const REQUEST_MS = 30_000;

/** Builds the server of the API. */
export function buildApi(deps: ApiDeps): FastifyInstance {
  const limits: ApiLimits = { ...DEFAULT_LIMITS, ...deps.limits };
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_MS },
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { ignoreTrailingSlash: true },
    // A URL that cannot be decoded comes here before any hook.
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS);
      sendProblem(error, request, reply, deps);
    },
    clientErrorHandler: answerUnreadable,
  });
  app.server.maxConnections = CONNECTIONS;
  const gate = deps.gate ?? new QueryGate(limits);
  const { routes, rates } = allRoutes();

  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, deps));
  registerChecks(app, deps.allowedHosts ?? []);
  // Nothing here reads what a request carries; what is refused is refused whatever that is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  for (const route of routes) registerRoute(app, route, deps, gate);
  registerTail(app, deps, gate, limits);
  const document = openApi(routes, deps.version);
  app.get('/api/openapi.json', (_, reply) => reply.send(document));
  registerDemo(app, () => deps.cleanDemo());
  app.setNotFoundHandler((request) => notFound(request, routes));

  const timer = setInterval(() => rates.look(deps.collectors()), RATES_EVERY_MS);
  timer.unref();
  app.addHook('onClose', async () => clearInterval(timer));
  return app;
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && !(error instanceof ApiError)) deps.onError?.(error, request.url);
  if (problem.status === 503) reply.header('retry-after', '2');
  if (error instanceof ApiError && error.allow !== undefined) reply.header('allow', error.allow);
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ ...problem, instance: request.url.split('?')[0] }));
}

/** Answers what is not HTTP, or has too large a head: there is no request yet, only its socket. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  const answer = unreadable(error);
  if (answer === undefined || !socket.writable) socket.destroy();
  else socket.end(answer, () => socket.destroy());
}

/** What no route answers: for another method at an address that there is, or for an address that there is not. */
function notFound({ method, url }: FastifyRequest, routes: readonly Route[]): never {
  const path = url.split('?')[0].replace(/\/$/, '');
  const readable = [...routes.map((route) => `/api/v1/${route.path}`), `/api/v1/${TAIL.path}`, '/api/openapi.json'];
  const allow = path === DEMO_PATH ? 'DELETE' : readable.includes(path) ? 'GET, HEAD' : undefined;
  if (allow === undefined) throw new ApiError('not_found', `There is nothing at ${path}.`);
  throw new ApiError('method_not_allowed', `${path} takes ${allow}, not ${method}.`, { allow });
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

const TAIL_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

function registerTail(app: FastifyInstance, deps: ApiDeps, gate: QueryGate, limits: ApiLimits): void {
  const open = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const controller of open) controller.abort(new Error('the server is closing'));
  });
  const readTail = (request: FastifyRequest) => parseQuery(TailQuery, request.query as Record<string, unknown>);
  app.head('/api/v1/flows/tail', (request, reply) => {
    readTail(request);
    return reply.headers(TAIL_HEADERS).send();
  });
  app.get('/api/v1/flows/tail', { exposeHeadRoute: false }, async (request, reply) => {
    const query = readTail(request);
    if (open.size >= limits.tails) {
      throw new ApiError('too_many_tails', `There are ${limits.tails} live tails already.`, { limit: 'tails' });
    }
    const controller = new AbortController();
    open.add(controller);
    reply.hijack();
    reply.raw.once('close', () => controller.abort(new Error('the caller went away')));
    reply.raw.writeHead(200, { ...reply.getHeaders(), ...TAIL_HEADERS } as Record<string, string>);
    try {
      await follow(query, () => new Asking(deps, gate, controller.signal), reply.raw, limits);
    } finally {
      open.delete(controller);
      reply.raw.end();
    }
  });
}
