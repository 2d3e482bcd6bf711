// What a route is: one definition gives the handler, the check of its parameters, its part of OpenAPI and of the reference.
import type { z } from 'zod';
import type { Asking } from './asking.ts';

export interface Route<Q extends z.ZodObject = z.ZodObject, A extends z.ZodType = z.ZodType> {
  /** Path below /api/v1, without a leading slash. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Parameters; values come as URL strings. */
  readonly query: Q;
  readonly answer: A;
  /** Name of the answer in OpenAPI. */
  readonly answerName: string;
  /** An example, as the part of a URL after `?`. */
  readonly example: string;
  handle(query: z.output<Q>, asking: Asking): Promise<z.output<A>> | z.output<A>;
}

/** Keeps the types of a route's query and answer together while routes of all kinds go into one list. */
export function route<Q extends z.ZodObject, A extends z.ZodType>(definition: Route<Q, A>): Route {
  return definition as unknown as Route;
}
