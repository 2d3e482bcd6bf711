// Shapes of the API's answers. The server fills them, OpenAPI is made from them, the console and the CLI take their types.
// 64-bit keys are decimal text; counters are numbers (exact to 2^53); times are milliseconds since 1970.
import { z } from 'zod';
import { RESOLUTIONS } from './query-schema.ts';

export const Meta = z.object({
  from: z.number().describe('Start of what was read'),
  to: z.number().describe('End of what was read, not included'),
  interval_s: z.number().optional().describe('Seconds between points'),
  resolution: z
    .string()
    .describe(
      `Where it was read: ${RESOLUTIONS.slice(1).join(', ')}; more than one, joined by +, when edges came from finer tables`,
    ),
  rows_read: z.number(),
  bytes_read: z.number(),
  elapsed_ms: z.number().describe('Time in the store'),
  truncated: z
    .boolean()
    .describe('Whether the limit left groups or edges out; with "other", nothing is lost from the sums'),
  warnings: z.array(z.string()),
});
export type Meta = z.infer<typeof Meta>;

/** Value of a field in an answer: numbers for numbers and codes, text for the rest, null in the "other" row. */
const Key = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type GroupKey = z.infer<typeof Key>;
const Values = z.record(z.string(), z.number());

export const SeriesAnswer = z.object({
  meta: Meta,
  times: z.array(z.number()).describe('Start of each interval'),
  series: z.array(
    z.object({
      key: Key,
      other: z.literal(true).optional().describe('Sum of the groups beyond the limit'),
      values: z.record(z.string(), z.array(z.number())).describe('One number a time, by metric'),
      total: Values.describe('Over the whole range, by metric'),
    }),
  ),
});
export type SeriesAnswer = z.infer<typeof SeriesAnswer>;

export const TopAnswer = z.object({
  meta: Meta,
  rows: z.array(z.object({ key: Key, values: Values, other: z.literal(true).optional() })),
  total: Values.describe('Everything that matches, by metric'),
  groups: z.number().describe('Groups there are'),
});
export type TopAnswer = z.infer<typeof TopAnswer>;

export const GraphAnswer = z.object({
  meta: Meta,
  nodes: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      kind: z.string().describe('namespace, workload, pod, node, external, unresolved, outside, address, …'),
      namespace: z.string().optional(),
      values: Values.describe('Both directions together, by metric'),
      sent: Values,
      received: Values,
    }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string(), values: Values })),
  total: Values.describe('Everything that matches, by metric, edges beyond the limit included'),
});
export type GraphAnswer = z.infer<typeof GraphAnswer>;

/** One flow: catalogue and attribute names; what is absent (zero, empty) is left out. */
const Flow = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]));
export type Flow = z.infer<typeof Flow>;

export const FlowsAnswer = z.object({
  meta: Meta,
  flows: z.array(Flow).describe('Newest first'),
  next: z.string().nullable().describe('Cursor of the next page, null at the end'),
});
export type FlowsAnswer = z.infer<typeof FlowsAnswer>;

/** `data` of an `event: flows` of the live tail. */
export const TailEvent = z.object({
  flows: z.array(Flow).describe('Newest first'),
  skipped: z.number().describe('Flows that matched but were too many to send'),
});
export type TailEvent = z.infer<typeof TailEvent>;

/** `data` of an `event: status` of the live tail. */
export const TailStatus = z.object({ time: z.number(), message: z.string() });
export type TailStatus = z.infer<typeof TailStatus>;

const Counts = z.record(z.string(), z.number());

const ProtocolSummary = z.object({
  protocol: z.string(),
  domains: z.array(
    z.object({
      domain: z.number(),
      templates: z.array(
        z.object({
          id: z.number(),
          fields: z.array(z.string()),
          options: z.boolean(),
          length: z.number().describe('Bytes a record, 0 when variable'),
          updated: z.number(),
          unstored: z
            .array(z.string())
            .optional()
            .describe('Names of the fields that have no column, in the order of the template'),
        }),
      ),
      sampling: z.array(z.object({ selector: z.string(), rate: z.number() })),
      interfaces: z.array(z.object({ ifIndex: z.number(), name: z.string(), alias: z.string(), speed: z.number() })),
    }),
  ),
  unstored: z
    .array(z.object({ element: z.string(), records: z.number() }))
    .optional()
    .describe('Elements that came without having a column, and in how many records'),
});

export const ExportersAnswer = z.object({
  exporters: z.array(
    z.object({
      key: z.string(),
      address: z.string(),
      name: z.string(),
      node: z.string(),
      protocols: z.array(z.string()),
      first_seen: z.number(),
      last_seen: z.number(),
      demo: z.boolean(),
      rates: z.object({
        datagrams_per_second: z.number(),
        flows_per_second: z.number(),
        bits_per_second: z.number().describe('Of the traffic it reports, over the last seconds'),
      }),
      counters: Counts.describe('Ledger accounts since the collecting process started'),
      protocol_state: z.array(ProtocolSummary),
    }),
  ),
});
export type ExportersAnswer = z.infer<typeof ExportersAnswer>;

const Sinks = z.record(z.string(), Counts).describe('Accounts of each sink, by its name');
const InFlight = z
  .number()
  .describe('Flows received that are not yet in an account: in memory or in the spool, whatever sinks do');

export const LedgerAnswer = z.object({
  meta: Meta,
  accounts: z.array(z.object({ name: z.string(), unit: z.string(), role: z.string(), description: z.string() })),
  exporters: z.array(
    z.object({
      key: z.string(),
      address: z.string().describe('Empty for what belongs to no exporter, and for one that is not stored yet'),
      counts: Counts,
      sinks: Sinks,
      in_flight: InFlight,
      differences: z.array(z.number()).describe('Of each of `balances`, in their order, for this exporter alone'),
    }),
  ),
  total: Counts,
  sinks: Sinks,
  in_flight: InFlight,
  balances: z.array(
    z.object({
      consumer: z.string().describe('Whose parts they are: empty for the collectors, `store`, or the name of a sink'),
      total: z.string(),
      parts: z.array(z.string()),
      difference: z.number().describe('total minus the parts: what is under way, 0 when all is quiet'),
    }),
  ),
});
export type LedgerAnswer = z.infer<typeof LedgerAnswer>;

export const FieldsAnswer = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      description: z.string(),
      group: z.string(),
      core: z.boolean().describe('Always there'),
      present: z.boolean().describe('In the table: some exporter has filled it'),
      unit: z.string().optional(),
      codes: z.record(z.string(), z.number()).optional().describe('Names of its numbers'),
      attribute: z.boolean().describe('Known of what a key names, not stored on the flow'),
      either_end: z.boolean().describe('A bare form: true when either end matches'),
      groupable: z.boolean(),
      filterable: z.boolean(),
      operators: z.array(z.string()),
    }),
  ),
});
export type FieldsAnswer = z.infer<typeof FieldsAnswer>;

const Mistake = z.object({
  message: z.string(),
  parameter: z.string().optional(),
  from: z.number().optional().describe('Where in the filter the mistake starts'),
  to: z.number().optional(),
  suggestion: z.string().optional(),
});

export const FilterAnswer = z.object({ ok: z.boolean(), errors: z.array(Mistake) });
export type FilterAnswer = z.infer<typeof FilterAnswer>;

export const ValuesAnswer = z.object({
  values: z.array(
    z.object({
      value: z.string(),
      count: z.number().optional().describe('Flows in the last hour, or entities that have it'),
    }),
  ),
});
export type ValuesAnswer = z.infer<typeof ValuesAnswer>;

export const StatusAnswer = z.object({
  version: z.string(),
  demo: z.boolean(),
  ready: z.boolean(),
  reasons: z.array(z.string()).describe('Why it is not ready'),
  degraded: z
    .array(z.string())
    .optional()
    .describe(
      'What needs a person although it is ready: a damaged part of the store, a clock that jumped, a sink that takes no flows, files set aside',
    ),
  started: z.number(),
  warnings: z
    .array(z.string())
    .describe('What is wrong with the page and the API: connections over a limit, and from where'),
  collectors: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      started: z.number(),
      time: z.number().describe('When it last told of itself'),
      stale: z.boolean().describe('Whether that is too long ago: the collecting process is gone'),
      lanes: z.array(
        z.looseObject({ lane: z.number(), backend: z.string(), datagrams: z.number(), flows: z.number() }),
      ),
      warnings: z.array(z.string()).describe('Caps that were reached, floods and other troubles, each with what to do'),
      floods: z.array(
        z.object({
          address: z.string(),
          share: z.number().describe('Part of what came to its lane, 0 to 1'),
          diverted: z.boolean().describe('Whether it is kept apart, so that only its own datagrams are dropped'),
        }),
      ),
      other_exporters: z.number().describe('Exporters that are not in /exporters, where the most recently seen are'),
      spool: z.object({
        files: z.number().describe("Of the store's backlog, as all of this"),
        bytes: z.number(),
        oldest_ms: z
          .number()
          .describe('When the oldest file began to wait, milliseconds since 1970; 0 when none waits'),
        cap_bytes: z.number(),
      }),
    }),
  ),
  consumers: z
    .array(
      z.object({
        name: z.string(),
        type: z.string().describe('`store`, or the type of the sink; empty before it has told of itself'),
        state: z
          .enum(['idle', 'delivering', 'retrying', 'stopped', 'silent'])
          .describe('`silent`: it has not told of itself for some seconds'),
        backlog_files: z.number().describe('Spool files that it has not delivered'),
        backlog_bytes: z.number(),
        cap_bytes: z.number().describe('Beyond it the oldest files are dropped; 0 when no collector tells'),
        waiting_ms: z.number().describe('How long the oldest file has been waiting'),
        dropped_flows: z.number().describe('Flows dropped over the cap since the collecting process started'),
        delivered_files: z.number().describe('Since its process started, as all that follow'),
        delivered_flows: z.number(),
        retries: z.number().describe('Attempts to deliver that failed'),
        aside_files: z.number().describe('Files that it could not use, set aside and still there'),
        missing_files: z.number().describe('Files that somebody removed before it had them'),
        problems: z.array(z.string()).describe('What is wrong with it, each with what to do; in `degraded` too'),
      }),
    )
    .describe('Who takes flows from the spool: the store, and each sink'),
  store: z.object({
    rows: z.number(),
    bytes_on_disk: z.number(),
    oldest: z.number(),
    newest: z.number(),
    rolled_up_until: z.record(z.string(), z.number()),
    backlog_files: z.number(),
  }),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;

/** RFC 9457 problem details. */
export const Problem = z.object({
  type: z.string().describe('urn:weir:problem:… names the kind of problem'),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string().optional(),
  limit: z.string().optional().describe('Which limit was hit'),
  errors: z.array(Mistake).optional(),
});
export type Problem = z.infer<typeof Problem>;
