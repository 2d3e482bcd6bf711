// What keeps other sites out: security headers on every answer, and the check of the Host header.
//
// Weir listens on loopback without a login. A web page elsewhere can make a browser ask loopback under a name of its own (DNS
// rebinding); such a request names that host, so that only localhost, addresses and configured names are answered.
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './problems.ts';

const HEADERS: Readonly<Record<string, string>> = {
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

export function registerSecurity(app: FastifyInstance, allowedHosts: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (OPEN_PATHS.has(request.url)) return;
    if (hostAllowed(request.headers.host, allowedHosts)) return;
    throw new ApiError(
      'host_not_allowed',
      `This server does not go by the name "${hostName(request.headers.host ?? '')}"; the setting http.allowed_hosts adds names.`,
    );
  });
}
