// The built console: its files, and its page for every address that the page itself makes sense of.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './problems.ts';

/** Serves the console. Without a built console the root says so. */
export function registerConsole(app: FastifyInstance, dir: string | undefined): void {
  const index = dir !== undefined && existsSync(join(dir, 'index.html'));
  if (index) {
    app.register(fastifyStatic, {
      root: dir,
      wildcard: false,
      index: 'index.html',
      // Names of assets change with their content; the page itself must always be asked for.
      setHeaders(reply, path) {
        const asset = path.includes('/assets/');
        reply.header('cache-control', asset ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
      cacheControl: false,
    });
  }
  app.setNotFoundHandler((request, reply) => notFound(request, reply, index));
}

function notFound(request: FastifyRequest, reply: FastifyReply, index: boolean): FastifyReply {
  const path = request.url.split('?')[0];
  const page = request.method === 'GET' || request.method === 'HEAD';
  if (path.startsWith('/api/') || !page || /\.[a-z][a-z0-9]*$/i.test(path)) {
    if (!page)
      throw new ApiError('method_not_allowed', `${request.method} is not for reading; everything here is GET.`);
    throw new ApiError('not_found', `There is nothing at ${path}.`);
  }
  if (index) return reply.header('cache-control', 'no-cache').sendFile('index.html');
  return reply
    .code(503)
    .type('text/plain')
    .send('The console is not built. The API is at /api/v1, described at /api/openapi.json.\n');
}
