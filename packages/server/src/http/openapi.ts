// OpenAPI 3.1 of the API, made from the routes' zod schemas.
import { Problem, TailEvent, TailQuery, TailStatus } from '@weir/query';
import { z } from 'zod';
import type { Route } from './route.ts';
import { DEMO, DEMO_PATH, DemoAnswer } from './routes/demo.ts';
import { WRITE_HEADER } from './security.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly [key: string]: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
  return rest;
}

/** Parameters of a query object. A value that may be a list or a number is a text in a URL. */
export function parametersOf(query: z.ZodObject): Parameter[] {
  return Object.entries(jsonSchema(query, 'input').properties ?? {}).map(([name, property]) => {
    const { description = '', anyOf, ...rest } = property;
    const text = anyOf?.find((option) => option.type === 'string' && option.const === undefined);
    const simple = text === undefined ? (anyOf === undefined ? rest : { anyOf, ...rest }) : { ...text, ...rest };
    const fallback = Array.isArray(simple.default) ? { default: simple.default.join(',') } : {};
    return { name, description, schema: { ...simple, ...fallback } };
  });
}

const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const problem = (description: string) => ({ description, content: PROBLEM_CONTENT });

/** What every request may get: the first of the gateway, before the API sees it. */
const PROBLEMS = {
  '400': problem('A parameter or the filter is wrong, or the request has content'),
  '421': problem('The Host header is not a name of this server'),
  '431': problem('The head of the request is too large'),
  '503': problem('The store is not ready, or too many queries run'),
};
const LIMITED = { '422': problem('The query goes beyond a limit, which `limit` names') };

const operation = (id: string, summary: string, description: string, query: z.ZodObject, content: object) => ({
  get: {
    operationId: id,
    summary,
    description,
    parameters: parametersOf(query).map((parameter) => ({ in: 'query', required: false, ...parameter })),
    responses: { '200': { description: summary, content }, ...PROBLEMS, ...LIMITED },
  },
});

/** The one that changes something. */
const demoOperation = {
  delete: {
    operationId: 'demo',
    summary: DEMO.summary,
    description: DEMO.description,
    parameters: [
      {
        in: 'header',
        name: WRITE_HEADER,
        required: true,
        description: 'Any text. A page of another site cannot send it',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': {
        description: 'What was removed',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/DemoAnswer' } } },
      },
      '403': problem('The request comes from another site, or lacks the header'),
      ...PROBLEMS,
    },
  },
};

/** Summary and description of the live tail, which is a stream and no JSON route. */
export const TAIL = {
  path: 'flows/tail',
  summary: 'Live tail',
  description:
    'Flows as they come, as server-sent events. `event: flows` has the newest flows since the last look (at most 500 a second) and how many more were skipped; `event: status` is a sign of life or says why nothing comes.',
  query: TailQuery,
  example: 'filter=proto+%3D+udp',
} as const;

/** The OpenAPI document. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = {
    Problem: jsonSchema(Problem, 'output'),
    TailEvent: jsonSchema(TailEvent, 'output'),
    TailStatus: jsonSchema(TailStatus, 'output'),
    DemoAnswer: jsonSchema(DemoAnswer, 'output'),
  };
  for (const route of routes) {
    schemas[route.answerName] = jsonSchema(route.answer, 'output');
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/${route.answerName}` } } };
    paths[`/api/v1/${route.path}`] = operation(route.path, route.summary, route.description, route.query, content);
  }
  paths[`/api/v1/${TAIL.path}`] = operation('tail', TAIL.summary, TAIL.description, TAIL.query, {
    'text/event-stream': { schema: { type: 'string' } },
  });
  paths[DEMO_PATH] = demoOperation;
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version,
      description:
        'Access to flows, their sums, exporters and the loss ledger. Times are milliseconds since 1970 in answers; 64-bit keys are decimal text.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas },
  };
}
