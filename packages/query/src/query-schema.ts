// The query object: what the API's parameters, the console's URLs and the CLI's flags mean. Values may be URL strings; unknown
// parameters are mistakes, told with the nearest name.
import { nearest } from '@weir/record';
import { z } from 'zod';
import { GROUP_NAMES, suggestGroup } from './group-names.ts';
import { CATALOGUE, parseFilter } from './language/index.ts';
import { METRICS, type Metric } from './metrics.ts';
import { MAX_POINTS, resolveTime } from './time.ts';

export const RESOLUTIONS = ['auto', 'flows', '1m', '5m', '1h'] as const;
/** Where an answer was read from: the flows themselves or one of the roll-ups. */
export type Resolution = Exclude<(typeof RESOLUTIONS)[number], 'auto'>;

/** Most fields to group by: the groups multiply. */
export const MAX_GROUP_FIELDS = 8;

const time = (description: string, fallback: string) =>
  z
    .union([z.string().max(40), z.number().int().nonnegative()])
    .transform(String)
    .refine((text) => resolveTime(text, 0) !== undefined, {
      error: (issue) => `"${issue.input}" is not a time: use ISO 8601, milliseconds since 1970, or now-15m`,
    })
    .prefault(fallback)
    .describe(description);

/** A comma list in a URL, or an array. */
const list = z
  .union([z.string().max(2000), z.array(z.string().max(200)).max(100)])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value).map((item) => item.trim()).filter((item) => item !== ''),
  );

const limit = (description: string, fallback: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(fallback).describe(`${description}; at most ${most}`);

const groupList = (fallback: string) =>
  list
    .prefault(fallback)
    .superRefine((names, context) => {
      if (names.length > MAX_GROUP_FIELDS) {
        context.addIssue({ code: 'custom', message: `At most ${MAX_GROUP_FIELDS} fields to group by` });
      }
      for (const name of names) {
        if (GROUP_NAMES.has(name)) continue;
        const suggestion = suggestGroup(name);
        context.addIssue({
          code: 'custom',
          message: CATALOGUE.fields.get(name)?.ends
            ? `"${name}" means either end and cannot be grouped by: use src_${name} or dst_${name}`
            : `There is no field "${name}" to group by`,
          params: { suggestion },
        });
      }
    })
    .describe('Fields to group by, separated by commas: see /api/v1/fields');

const metric = z.enum(METRICS, {
  error: (issue) => {
    const suggestion = typeof issue.input === 'string' ? nearest(issue.input, METRICS) : undefined;
    return `"${issue.input}" is not a metric${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
  },
});

const range = {
  from: time('Start: ISO 8601, milliseconds since 1970, or relative to now', 'now-1h'),
  to: time('End, not included', 'now'),
};

const filter = {
  filter: z
    .string()
    .default('')
    .superRefine((text, context) => {
      for (const { message, ...params } of parseFilter(text).errors) {
        context.addIssue({ code: 'custom', message, params });
      }
    })
    .describe('Filter, in the filter language: src_namespace = "shop" and dst_port in (80, 443)'),
};

const metrics = {
  metrics: list
    .pipe(z.array(metric).min(1))
    .prefault('bits_per_second')
    .describe(`What to measure, separated by commas: ${METRICS.join(', ')}`),
  order: metric.optional().describe('Metric that decides which groups come first: the first of metrics when not given'),
};

const resolution = {
  resolution: z
    .enum(RESOLUTIONS)
    .default('auto')
    .describe('Where to read: auto takes the coarsest roll-up that answers exactly'),
};

export const SeriesQuery = z.strictObject({
  ...range,
  ...filter,
  by: groupList(''),
  ...metrics,
  limit: limit('Groups; the rest are summed in one more, "other"', 10, 100),
  interval: z
    .union(
      [
        z.literal('auto'),
        z.coerce
          .number()
          .int()
          .min(1)
          .max(86_400 * 366),
      ],
      {
        error: 'interval is "auto" or a whole number of seconds',
      },
    )
    .default('auto')
    .describe(`Seconds between points, or auto; at most ${MAX_POINTS} points`),
  ...resolution,
});

export const TopQuery = z.strictObject({
  ...range,
  ...filter,
  by: groupList('src_workload,dst_workload'),
  ...metrics,
  limit: limit('Groups; the rest are summed in one more, "other"', 10, 10_000),
  ...resolution,
});

/** What the nodes of a graph can be. */
export const GRAPH_GROUPS = [
  'cluster',
  'region',
  'zone',
  'namespace',
  'workload',
  'node',
  'pod',
  'addr',
  'as',
  'country',
  'subnet_name',
] as const;
export type GraphGroup = (typeof GRAPH_GROUPS)[number];

export const GraphQuery = z.strictObject({
  ...range,
  ...filter,
  group: z
    .enum(GRAPH_GROUPS, { error: `group is one of ${GRAPH_GROUPS.join(', ')}` })
    .default('namespace')
    .describe('What the nodes are'),
  ...metrics,
  limit: limit('Edges, largest first', 200, 10_000),
  ...resolution,
});

export const FLOW_ORDERS = ['time', 'bytes', 'packets'] as const;
export type FlowOrder = (typeof FLOW_ORDERS)[number];

export const FlowsQuery = z.strictObject({
  ...range,
  ...filter,
  order: z
    .enum(FLOW_ORDERS, { error: `order is one of ${FLOW_ORDERS.join(', ')}` })
    .default('time')
    .describe('What comes first: time the newest, bytes and packets the largest'),
  limit: limit('Flows a page', 100, 10_000),
  cursor: z.string().max(400).optional().describe('`next` of the page before'),
});

export const TailQuery = z.strictObject({ ...filter });

export const ValuesQuery = z.strictObject({
  field: z
    .string()
    .max(200)
    .refine((name) => CATALOGUE.fields.has(name), { error: (issue) => `There is no field "${issue.input}"` })
    .describe('Field whose values to list'),
  subscript: z.string().max(400).optional().describe('Label, for label["…"]'),
  prefix: z.string().max(400).default('').describe('Only values that start with this, in any case'),
  limit: limit('Values', 50, 1000),
});

export const LedgerQuery = z.strictObject(range);
export const FilterQuery = z.strictObject({ text: z.string().max(100_000).default('').describe('Filter to check') });

/** Everything a page of the console keeps in its URL: a series, top, graph or flows query in one. */
export const QuerySchema = z.strictObject({
  ...SeriesQuery.shape,
  group: GraphQuery.shape.group,
  cursor: FlowsQuery.shape.cursor,
  limit: limit('Groups, edges or flows', 10, 10_000),
});

export type SeriesQuery = z.output<typeof SeriesQuery>;
export type TopQuery = z.output<typeof TopQuery>;
export type GraphQuery = z.output<typeof GraphQuery>;
export type FlowsQuery = z.output<typeof FlowsQuery>;
export type TailQuery = z.output<typeof TailQuery>;
export type ValuesQuery = z.output<typeof ValuesQuery>;
export type LedgerQuery = z.output<typeof LedgerQuery>;
export type FilterQuery = z.output<typeof FilterQuery>;
export type Query = z.output<typeof QuerySchema>;

/** The metric that orders groups. */
export function orderOf(query: { readonly order?: Metric; readonly metrics: readonly Metric[] }): Metric {
  return query.order ?? query.metrics[0];
}
