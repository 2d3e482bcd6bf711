// Requests that are well-formed, whatever they ask for: by the server's own description, and by what someone who looks for holes would try.
import type { Random } from '../random.ts';
import { someValue } from './filters.ts';

/** What the server says of itself: paths with their parameters, names to filter by, and cursors of real pages. */
export interface Surface {
  readonly paths: readonly { readonly path: string; readonly parameters: readonly string[] }[];
  readonly names: readonly string[];
  readonly cursors: readonly string[];
}

/** A request without content. */
export function request(random: Random, surface: Surface, method: string, headers: readonly string[] = []): string {
  const lines = [`${method} ${target(random, surface)} HTTP/1.1`, 'Host: 127.0.0.1', ...headers];
  if (random.chance(0.1)) lines.push(`Accept: ${random.pick(['text/html', '*/*', 'application/json;q=0', ''])}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A path and query that are well-formed, whatever they ask. */
function target(random: Random, { paths, names, cursors }: Surface): string {
  if (random.chance(0.05))
    return random.pick([
      '/',
      '/index.html',
      '/assets/',
      '/..%2f..%2fetc%2fpasswd',
      '/livez',
      '/readyz',
      '/metrics',
      '/api',
      '/api/v2',
      '//',
      '/%00',
      '/%ff',
      '/api/v1/flows/',
      `/${'a'.repeat(8000)}`,
    ]);
  const { path, parameters } = random.pick(paths);
  const pairs: string[] = [];
  for (const name of parameters) {
    if (!random.chance(0.4)) continue;
    pairs.push(`${name}=${encodeURIComponent(someValue(random, name, names, cursors))}`);
  }
  if (random.chance(0.1))
    pairs.push(
      random.pick([
        'limit[]=1',
        'limit=1&limit=2',
        '__proto__=1',
        'x',
        '=',
        '&&',
        'a'.repeat(3000),
        '%',
        '%zz=1',
        'from=%c3%28',
      ]),
    );
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** A few headers that mean something to HTTP, bent. */
export function hostileHeaders(random: Random): string[] {
  const all = [
    () =>
      `Host: ${random.pick(['evil.example', 'localhost.evil.example', '127.0.0.1:99999', '[::1', '', 'a'.repeat(3000)])}`,
    () => `Origin: ${random.pick(['http://evil.example', 'null', 'http://127.0.0.1', ''])}`,
    () => `Sec-Fetch-Site: ${random.pick(['cross-site', 'same-origin', 'x'])}`,
    () => `Connection: ${random.pick(['close', 'upgrade', 'keep-alive, close', 'x'.repeat(1000)])}`,
    () => `Upgrade: ${random.pick(['websocket', 'h2c', 'TLS/1.0'])}`,
    () => `Expect: ${random.pick(['100-continue', '200-ok'])}`,
    () => `Range: bytes=${random.pick(['0-1', '-1', '99999999-', '0-0,'.repeat(500)])}`,
    () => `Accept-Encoding: ${random.pick(['gzip', 'br;q=1, *;q=0', 'x'.repeat(2000)])}`,
    () => `If-None-Match: ${'"a",'.repeat(200)}`,
    () => `X-${'y'.repeat(random.below(2000))}: ${'z'.repeat(random.below(70_000))}`,
    () => Array.from({ length: random.between(1, 3000) }, (_, n) => `X-${n}: ${n}`).join('\r\n'),
    () => `Cookie: ${'a=b; '.repeat(random.below(2000))}`,
  ];
  return Array.from({ length: random.between(1, 3) }, () => random.pick(all)());
}
