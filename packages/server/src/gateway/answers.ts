// What the gateway answers by itself: texts, problems, and the page that waits for the storing process.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { hasContent, SECURITY_HEADERS } from '../http/security.ts';

/** Sends a whole answer. Where the request has content, which nobody reads, the connection ends with it. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    ...(hasContent(request.headers) ? { connection: 'close' } : {}),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sendText(request: IncomingMessage, response: ServerResponse, text: string): void {
  send(request, response, 200, { 'content-type': 'text/plain; charset=utf-8' }, text);
}

export interface ProblemAnswer {
  /** Last part of the type's URN. */
  readonly kind: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** More members of the problem. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: OutgoingHttpHeaders;
}

/** Sends problem details (RFC 9457), of the same shape as those of the API. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  { kind, status, title, detail, more = {}, headers = {} }: ProblemAnswer,
): void {
  const problem = { type: `urn:weir:problem:${kind}`, title, status, detail, instance: pathOf(request), ...more };
  const type = { 'content-type': 'application/problem+json; charset=utf-8' };
  send(request, response, status, { ...type, ...headers }, JSON.stringify(problem));
}

/** Seconds after which asking again makes sense while the storing process is away. */
const RETRY_AFTER = { 'retry-after': '2' };

/** The storing process is away: a page to people, which asks again by itself, and a problem to programs. */
export function sendAway(request: IncomingMessage, response: ServerResponse, reason: string): void {
  if (request.headers.accept?.includes('text/html') === true) {
    send(request, response, 503, { 'content-type': 'text/html; charset=utf-8', ...RETRY_AFTER }, waitingPage(reason));
    return;
  }
  sendProblem(request, response, {
    kind: 'store_not_ready',
    status: 503,
    title: 'The store is not ready',
    detail: `Flows are being collected; the answer is not there: ${reason}`,
    headers: RETRY_AFTER,
  });
}

export function sendTooMany(request: IncomingMessage, response: ServerResponse): void {
  sendProblem(request, response, {
    kind: 'too_many_requests',
    status: 503,
    title: 'Too many requests',
    detail: 'More requests are under way than are answered at once, in all or from your address: try again shortly.',
    more: { limit: 'requests' },
    headers: RETRY_AFTER,
  });
}

export function sendWrongMethod(request: IncomingMessage, response: ServerResponse): void {
  sendProblem(request, response, {
    kind: 'method_not_allowed',
    status: 405,
    title: 'Method not allowed',
    detail: `${pathOf(request)} takes GET and HEAD, not ${request.method}.`,
    headers: { allow: 'GET, HEAD' },
  });
}

/** The path of a request, without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0];

function waitingPage(reason: string): string {
  const safe = reason.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Weir</title></head>
<body style="font-family:sans-serif;margin:4rem;color-scheme:light dark"><h1>Weir</h1><p>Flows are being collected. The page is not there yet: ${safe}.</p><p>This page asks again every two seconds.</p></body></html>\n`;
}
