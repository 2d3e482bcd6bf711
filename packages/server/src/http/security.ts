// What keeps other sites out: security headers on every answer, and what is asked of the headers of a request. The gateway and the API
// both hold to it.
//
// Weir listens on loopback without a login. A web page elsewhere can make a browser ask loopback under a name of its own (DNS
// rebinding); such a request names that host, so that only localhost, addresses and configured names are answered.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  // Styles are set from scripts by the charts and the editor.
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Host name of a Host header, without port and brackets, in lower case. */
export function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header);
  return (bracketed?.[1] ?? header.replace(/:\d+$/, '')).toLowerCase().replace(/\.$/, '');
}

/** Whether a Host header may be answered. */
export function hostAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  if (header === undefined || header === '') return false;
  const name = hostName(header);
  return name === 'localhost' || isIP(name) !== 0 || allowed.some((host) => host.toLowerCase() === name);
}

/**
 * Whether a request that changes something comes from Weir's own page or from no page at all. Browsers say where a request comes
 * from in Origin and Sec-Fetch-Site; the command line sends neither.
 */
export function originAllowed(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

/** Header that a request which changes something must have. A page of another site cannot send it without being asked first. */
export const WRITE_HEADER = 'x-requested-by';

/** Whether a request has content, or says that some will follow. */
export function hasContent(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

export const isReading = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

export interface Refusal {
  readonly kind: 'host_not_allowed' | 'content_not_allowed' | 'origin_not_allowed' | 'header_missing';
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const REFUSALS: Readonly<Record<Refusal['kind'], readonly [status: number, title: string]>> = {
  host_not_allowed: [421, 'Host name not allowed'],
  content_not_allowed: [400, 'No content allowed'],
  origin_not_allowed: [403, 'Not for other sites'],
  header_missing: [403, 'A header is missing'],
};

const refusal = (kind: Refusal['kind'], detail: string): Refusal => {
  const [status, title] = REFUSALS[kind];
  return { kind, status, title, detail };
};

/** Why a request is not answered, whatever it asks for; undefined when it is. */
export function refuse(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  allowedHosts: readonly string[],
): Refusal | undefined {
  if (!hostAllowed(headers.host, allowedHosts)) {
    const name = hostName(headers.host ?? '');
    return refusal(
      'host_not_allowed',
      `This server does not go by the name "${name}"; the setting http.allowed_hosts adds names.`,
    );
  }
  if (isReading(method)) return hasContent(headers) ? noContent(method) : undefined;
  if (originAllowed(headers)) return undefined;
  return refusal('origin_not_allowed', 'Only the page of this server itself may change something.');
}

/** Why a request that changes something is not done, beyond `refuse`; undefined when it is. None of them has content. */
export function refuseWrite(method: string, headers: IncomingHttpHeaders): Refusal | undefined {
  if (hasContent(headers)) return noContent(method);
  if (headers[WRITE_HEADER] !== undefined) return undefined;
  return refusal(
    'header_missing',
    'A request that changes something has the header X-Requested-By with any text, such as "X-Requested-By: curl".',
  );
}

const noContent = (method: string | undefined) =>
  refusal('content_not_allowed', `A ${method} request has no content here: send none, and no Content-Length.`);
