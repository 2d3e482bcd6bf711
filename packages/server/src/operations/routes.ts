// /livez, /readyz and /metrics: for probes and for Prometheus.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface OperationsDeps {
  readiness(): Readiness;
  readonly metrics: Metrics;
}

export function registerOperations(app: FastifyInstance, deps: OperationsDeps): void {
  app.get('/livez', (_, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', (_, reply) => {
    const { ready, reasons, degraded = [] } = deps.readiness();
    if (ready)
      return reply.type('text/plain').send(['ready', ...degraded.map((what) => `degraded: ${what}`), ''].join('\n'));
    return reply
      .code(503)
      .type('application/problem+json')
      .send({
        type: 'about:blank',
        title: 'Not ready',
        status: 503,
        detail: reasons.join('; '),
        ready,
        reasons,
        degraded,
      });
  });
  app.get('/metrics', async (_, reply) => reply.type(deps.metrics.contentType).send(await deps.metrics.text()));
}
