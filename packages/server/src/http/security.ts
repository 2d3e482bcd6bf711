// What keeps other sites out: security headers on every answer, and the checks of the Host and Origin headers.
//
// Weir listens on loopback without a login. A web page elsewhere can make a browser ask loopback under a name of its own (DNS
// rebinding); such a request names that host, so that only localhost, addresses and configured names are answered.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './problems.ts';

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

/** Probes name whatever host they like and learn nothing. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz']);

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

export function registerSecurity(app: FastifyInstance, allowedHosts: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (OPEN_PATHS.has(request.url)) return;
    if (!hostAllowed(request.headers.host, allowedHosts)) {
      throw new ApiError(
        'host_not_allowed',
        `This server does not go by the name "${hostName(request.headers.host ?? '')}"; the setting http.allowed_hosts adds names.`,
      );
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && !originAllowed(request.headers)) {
      throw new ApiError('origin_not_allowed', 'Only the page of this server itself may change something.');
    }
  });
}
