// DELETE /api/v1/demo, the one request that changes something.
import type { DemoCleaned } from '@weir/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { assertMayWrite } from '../checks.ts';

export const DEMO_PATH = '/api/v1/demo';

/** How much was removed. */
export const DemoAnswer = z.object({ flows: z.number(), exporters: z.number(), entities: z.number() });

/** Summary and description, for the OpenAPI document and the reference. */
export const DEMO = {
  summary: 'Remove demo data',
  description:
    'Removes the flows, exporters and entities that the demo stored, and answers how many there were. Needs the header X-Requested-By, with any text.',
} as const;

export function registerDemo(app: FastifyInstance, clean: () => Promise<DemoCleaned>): void {
  // Two at a time would count what the other removes.
  let running: Promise<DemoCleaned> | undefined;
  app.delete(DEMO_PATH, async (request, reply) => {
    assertMayWrite(request);
    running ??= clean().finally(() => {
      running = undefined;
    });
    const cleaned = await running;
    return reply.header('cache-control', 'no-store').type('application/json').send(JSON.stringify(cleaned));
  });
}
