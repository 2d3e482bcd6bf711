// The checks of security.ts as they hold for every route of the API, whoever asks: the gateway has made them too.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RefusedError } from './problems.ts';
import { type Refusal, refuse, refuseWrite, SECURITY_HEADERS } from './security.ts';

const assertNot = (refusal: Refusal | undefined): void => {
  if (refusal !== undefined) throw new RefusedError(refusal);
};

export function registerChecks(app: FastifyInstance, allowedHosts: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    assertNot(refuse(request.method, request.headers, allowedHosts));
  });
}

/** For the routes that change something: throws RefusedError. */
export function assertMayWrite({ method, headers }: FastifyRequest): void {
  assertNot(refuseWrite(method, headers));
}
