// The one schema of the configuration. YAML keys, WEIR_… variables, flags, `weir config schema` and the reference all derive from it.
import { duration as durationOf, network, size as sizeOf } from '@weir/config';
import { z } from 'zod';
import { sinks, sinksInData } from './sinks.ts';

const size = (fallback: string) => sizeOf.prefault(fallback);
const duration = (fallback: string) => durationOf.prefault(fallback);

/** A size, or `auto`: found out at the start, from what the machine or the control group has. */
const sizeOrAuto = () => z.union([z.literal('auto'), sizeOf]).prefault('auto');

const port = z.int().min(1).max(65535);

const MIN_STATE_BYTES = 1024 * 1024;
const MIN_LIFETIME_MS = 60_000;

const listen = z.strictObject({
  host: z
    .string()
    .prefault('127.0.0.1')
    .describe(
      'Address to receive flows on. Loopback until you decide otherwise: 0.0.0.0 or :: takes them from other machines',
    ),
  ports: z
    .array(port)
    .min(1)
    .prefault([2055, 2056, 4739, 6343, 9995])
    .describe('UDP ports. Any port takes any protocol: the message says what it is'),
  allow: z.array(network).prefault([]).describe('Networks that may send; empty allows all'),
  receive_buffer: size('128MiB').describe('Socket receive buffer of each port and lane'),
  lanes: z
    .union([z.literal('auto'), z.int().min(1).max(64)])
    .prefault('auto')
    .describe('Worker threads that receive; auto is one for every two cores'),
  backend: z
    .enum(['auto', 'recvmmsg', 'dgram'])
    .prefault('auto')
    .describe('How to receive: recvmmsg on Linux, node:dgram elsewhere'),
  max_exporters: z
    .int()
    .min(1)
    .prefault(16384)
    .describe(
      'Exporters kept per lane; when nearly full, senders of nothing readable and silent newcomers make room, and datagrams of more are counted, not decoded',
    ),
  state_memory: size('256MiB')
    .refine((bytes) => bytes >= MIN_STATE_BYTES, {
      error: 'less than 1MiB has no room for the templates of a few exporters',
    })
    .describe(
      'Memory per lane for what is kept of exporters: templates, sampling rates, interface names. When it is used up, those that hold most of it give way',
    ),
  template_lifetime: duration('1d')
    .refine((ms) => ms >= MIN_LIFETIME_MS, { error: 'less than 1m forgets templates that are in use' })
    .describe(
      'How long a template stays that neither comes again nor has data: at least three times the period after which exporters send theirs again',
    ),
  mediators: z
    .array(network)
    .prefault([])
    .describe(
      'Networks of mediators and sFlow relays: they may name any number of other exporters in their messages, other senders 16',
    ),
});

/** What the column `sampling_rate` holds; a 32-bit counter scaled by it fits 64 bits. */
const MAX_RATE = 4_294_967_295;

const sampling = z.strictObject({
  default_rate: z
    .int()
    .min(0)
    .max(MAX_RATE)
    .prefault(0)
    .describe(
      '1 in N for flows that come with no rate from record, options or header; 0 leaves them unscaled and flagged',
    ),
  exporters: z
    .array(
      z.strictObject({
        network: network.describe('Network of the exporters'),
        rate: z.int().min(1).max(MAX_RATE).describe('1 in N'),
      }),
    )
    .prefault([])
    .describe('The same for exporters in a network; the longest prefix counts'),
});

const spool = z.strictObject({
  max_size: size('10GiB').describe('Cap of the spool; over it the oldest file is dropped and counted'),
  max_age: duration('1s').describe('How long flows wait for others before their file is closed'),
  max_rows: z.int().min(1000).prefault(524288).describe('Flows in a file'),
  fsync: z
    .boolean()
    .prefault(false)
    .describe('Write each file through to the disk: survives loss of power, costs throughput'),
});

const retention = z.strictObject({
  flows: duration('7d').describe('How long flow records are kept'),
  rollup_1m: duration('14d').describe('How long the one-minute roll-up is kept'),
  rollup_5m: duration('90d').describe('How long the five-minute roll-up is kept'),
  rollup_1h: duration('1y').describe('How long the one-hour roll-up is kept'),
  max_size: size('100GiB').describe('Bytes on disk; over it the oldest hours of flow records go first'),
});

const query = z.strictObject({
  max_memory: sizeOrAuto().describe('Memory one query may take; auto is three quarters of store.memory'),
  max_time: duration('30s').describe('Time one query may take'),
  max_rows: z.int().min(1000).prefault(5_000_000_000).describe('Rows one query may read'),
  concurrency: z.int().min(1).max(64).prefault(4).describe('Queries that run at once; others wait'),
});

/** Never shown, and never taken from a command line. */
const secret = (description: string) => z.string().prefault('').meta({ description, writeOnly: true });

const store = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('ClickHouse server; without it the store is embedded in the data directory'),
  username: z.string().prefault('default').describe('User at the server'),
  password: secret('Password at the server; not taken from the command line, which every user of the machine can read'),
  password_file: z
    .string()
    .min(1)
    .optional()
    .describe('File with the password at the server, in place of store.password'),
  memory: sizeOrAuto().describe(
    'Memory the embedded store may take in all; auto is what the control group or the machine leaves it, 700MiB on a machine of 24 GiB',
  ),
  retention: retention.prefault({}),
  query: query.prefault({}),
});

const http = z.strictObject({
  host: z.string().prefault('127.0.0.1').describe('Address of the page and the API'),
  port: z.int().min(0).max(65535).prefault(8080).describe('Port of the page and the API'),
  allowed_hosts: z
    .array(z.string())
    .prefault([])
    .describe('Host names that requests may name besides localhost and addresses'),
  insecure: z
    .boolean()
    .prefault(false)
    .describe('Serve beyond loopback although there is no login: everyone who reaches the port sees everything'),
  max_connections: z
    .int()
    .min(1)
    .prefault(4096)
    .describe(
      'Connections to the page and the API; over it the longest idle is closed. Fewer where the process may not open that many files',
    ),
  max_connections_per_address: z
    .int()
    .min(1)
    .prefault(2048)
    .describe('Connections from one address; an IPv6 address counts with its /64'),
  header_timeout: duration('10s').describe('How long the head of a request may take'),
  request_timeout: duration('30s').describe('How long all of a request may take'),
  idle_timeout: duration('60s').describe(
    'How long a connection stays open with no request, or with an answer that is not read',
  ),
});

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe('What is logged'),
  format: z.enum(['auto', 'text', 'json']).prefault('auto').describe('auto is text on a terminal, JSON elsewhere'),
});

export const ConfigSchema = z
  .strictObject({
    data: z.string().min(1).prefault('./data').describe('Directory of the spool and of the embedded store'),
    collector: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      // The status of a consumer of the spool lies beside that of the collector, under such a name.
      .refine((name) => !name.startsWith('consumer-'), { error: 'must not begin with consumer-' })
      .prefault('local')
      .describe('Name of this collector, unique among those that share a store'),
    demo: z.boolean().prefault(false).describe('Run a simulated cluster that exports to this collector'),
    inventory: z.string().optional().describe('YAML file of nodes, pods and services that gives flows their names'),
    listen: listen.prefault({}),
    sampling: sampling.prefault({}),
    spool: spool.prefault({}),
    store: store.prefault({}),
    sinks,
    http: http.prefault({}),
    log: log.prefault({}),
  })
  .check((context) => {
    for (const { path, message } of sinksInData(context.value.data, context.value.sinks)) {
      context.issues.push({ code: 'custom', input: message, path: [...path], message });
    }
    const { host, insecure } = context.value.http;
    if (!insecure && !isLoopback(host)) {
      context.issues.push({
        code: 'custom',
        input: host,
        path: ['http', 'host'],
        message: `${host} is beyond loopback and there is no login yet: keep 127.0.0.1 and use a tunnel or proxy, or set http.insecure: true`,
      });
    }
  });

export type Config = z.output<typeof ConfigSchema>;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export interface Setting {
  /** `['http', 'port']` */
  readonly path: readonly string[];
  readonly description: string;
  /** As JSON; undefined when there is none. */
  readonly fallback: unknown;
  readonly type: string;
  /** Whether it is never shown, and never taken from a command line. */
  readonly secret: boolean;
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Record<string, JsonSchema>;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly const?: unknown;
  readonly writeOnly?: boolean;
}

/** JSON Schema of what a person writes. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** Whether it is a list whose items have settings of their own. */
const isObjects = ({ items = {} }: JsonSchema): boolean =>
  [items, ...(items.anyOf ?? items.oneOf ?? [])].some(({ type }) => type === 'object');

function typeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.join(' | ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' | ');
  if (schema.type === 'array') return isObjects(schema) ? 'list of objects' : `list of ${typeText(schema.items ?? {})}`;
  return typeof schema.type === 'string' ? schema.type : (schema.type?.join(' | ') ?? 'value');
}

/** Settings of the items of lists: each list, and the kinds of items that it takes where there are several. */
export interface ItemSettings {
  /** `['sinks']` */
  readonly path: readonly string[];
  /** `files`, where the `type` of an item says what it has; undefined where all have the same. */
  readonly kind: string | undefined;
  readonly settings: readonly Setting[];
}

/** Of every list of objects, in the schema's order. */
export function itemSettings(schema: JsonSchema = configJsonSchema(), path: readonly string[] = []): ItemSettings[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = [...path, key];
    if (child.properties !== undefined) return itemSettings(child, childPath);
    if (child.type !== 'array' || !isObjects(child)) return [];
    const { items = {} } = child;
    return (items.anyOf ?? items.oneOf ?? [items]).map((item) => {
      const kind = item.properties?.type?.const;
      return { path: childPath, kind: typeof kind === 'string' ? kind : undefined, settings: settings(item) };
    });
  });
}

/** Every setting there is, in the schema's order. */
export function settings(schema: JsonSchema = configJsonSchema(), path: readonly string[] = []): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = [...path, key];
    if (child.properties !== undefined) return settings(child, childPath);
    return [
      {
        path: childPath,
        description: child.description ?? '',
        fallback: child.default,
        type: typeText(child),
        secret: child.writeOnly === true,
      },
    ];
  });
}
