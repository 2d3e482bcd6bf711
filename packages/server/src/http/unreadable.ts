// Answers to what no request could be made of, as bytes: there is only a socket, so that everything an answer has is written here.
import { STATUS_CODES } from 'node:http';
import { SECURITY_HEADERS } from './security.ts';

/** Longest head of a request. Filters come in URLs, percent-encoded: 16 kB of text may take three times as much. */
export const MAX_HEADER_BYTES = 65_536;

interface Meaning {
  readonly kind: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** What an error of Node's HTTP parser, or of its look at slow requests, means to the caller. */
function meaningOf({ code, message }: NodeJS.ErrnoException): Meaning {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const detail = 'The request did not come in time.';
    return { kind: 'request_timeout', status: 408, title: 'Request timeout', detail };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const detail = `The head of the request is longer than ${MAX_HEADER_BYTES} bytes.`;
    return { kind: 'headers_too_large', status: 431, title: 'Headers too large', detail };
  }
  const detail = `The request cannot be read (${code ?? message}).`;
  return { kind: 'bad_request', status: 400, title: 'Bad request', detail };
}

/** The whole answer, after which the connection is closed; undefined when the caller is gone. */
export function unreadable(error: NodeJS.ErrnoException): string | undefined {
  return error.code === 'ECONNRESET' ? undefined : rawProblem(meaningOf(error));
}

/** A problem as the bytes of an answer that closes the connection. */
export function rawProblem(
  { kind, title, status, detail }: Meaning,
  more: Readonly<Record<string, string>> = {},
): string {
  const body = JSON.stringify({ type: `urn:weir:problem:${kind}`, title, status, detail });
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    date: new Date().toUTCString(),
    connection: 'close',
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
