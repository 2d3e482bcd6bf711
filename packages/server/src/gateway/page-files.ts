// The built page: its files, and the page itself for every address that it makes sense of.
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { send as open } from '@fastify/send';
import { SECURITY_HEADERS } from '../http/security.ts';
import { pathOf, send, sendProblem } from './answers.ts';

export class PageFiles {
  readonly #dir: string | undefined;
  readonly #idleMs: number;

  constructor(dir: string | undefined, idleMs: number) {
    this.#dir = dir !== undefined && existsSync(join(dir, 'index.html')) ? dir : undefined;
    this.#idleMs = idleMs;
  }

  /** Whether a path is one of the page's own addresses, not a file's. */
  isPage(path: string): boolean {
    return !/\.[a-z][a-z0-9]*$/i.test(path);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const page = this.isPage(path);
    if (this.#dir === undefined && page) {
      const text = 'The console is not built. The API is at /api/v1, described at /api/openapi.json.\n';
      send(request, response, 503, { 'content-type': 'text/plain; charset=utf-8' }, text);
      return;
    }
    if (this.#dir === undefined) {
      notFound(request, response);
      return;
    }
    const found = await open(request, page ? '/index.html' : path, {
      root: this.#dir,
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
    });
    if (found.type !== 'file') {
      // 403 is what leads out of the folder: there is nothing either.
      if (found.statusCode === 404 || found.statusCode === 403) notFound(request, response);
      else refused(request, response, found.statusCode, found.headers);
      return;
    }
    // Names of assets change with their content; the page itself must always be asked for.
    const cache = path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.writeHead(found.statusCode, { ...SECURITY_HEADERS, ...found.headers, 'cache-control': cache });
    response.socket?.setTimeout(this.#idleMs);
    pipeline(found.stream, response, () => {});
  }
}

function notFound(request: IncomingMessage, response: ServerResponse): void {
  const detail = `There is nothing at ${pathOf(request)}.`;
  sendProblem(request, response, { kind: 'not_found', status: 404, title: 'Not found', detail });
}

/** A precondition that does not hold (412), a range that there is not (416), a path that cannot be decoded (400). */
function refused(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  found: Readonly<Record<string, string>>,
): void {
  const range = found['Content-Range'];
  sendProblem(request, response, {
    kind: 'bad_request',
    status,
    title: 'Bad request',
    detail: `The headers of the request do not fit ${pathOf(request)}, or its address cannot be read.`,
    headers: range === undefined ? {} : { 'content-range': range },
  });
}
