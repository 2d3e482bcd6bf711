// The inventory file: what there is in a cluster, written down. It is plain data, so that it can be sent to other threads.
// docs/guides/inventory.md describes it for people.
import { nearest, parseNetwork, tryParseAddress } from '@weir/record';
import { z } from 'zod';
import { InventoryError } from './errors.ts';
import { inventoryMistakes } from './inventory-check.ts';

const name = z.string().min(1, 'must not be empty');
const address = z.string().refine((text) => tryParseAddress(text) !== undefined, 'not an IPv4 or IPv6 address');
const network = z.string().refine(isNetwork, 'not a network such as 10.128.0.0/14 or 2001:db8::/32');
const labels = z.record(z.string(), z.string()).default({});
/** ISO 8601 text or milliseconds since 1970; kept as milliseconds. */
const moment = z.union([z.number(), z.string(), z.date()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : new Date(value).getTime();
  if (Number.isFinite(ms) && ms >= 0) return ms;
  context.addIssue({ code: 'custom', message: 'not a time such as 2026-01-31T12:00:00Z' });
  return z.NEVER;
});
const validity = { valid_from: moment.optional(), valid_to: moment.optional() };

const node = z.strictObject({
  name,
  addresses: z.array(address).default([]),
  zone: z.string().default(''),
  region: z.string().default(''),
  labels,
  ...validity,
});

const pod = z.strictObject({
  namespace: name,
  name,
  /** Tells pods apart that had the same name one after the other (StatefulSets). */
  uid: z.string().default(''),
  addresses: z.array(address).default([]),
  node: z.string().default(''),
  workload: z.string().default(''),
  workload_kind: z.string().default(''),
  labels,
  /** Shares its node's addresses: flows of it are the node's. */
  host_network: z.boolean().default(false),
  ...validity,
});

const port = z.int().min(1).max(65_535);

const servicePort = z.strictObject({
  port,
  protocol: z
    .string()
    .default('TCP')
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(['TCP', 'UDP', 'SCTP'])),
  name: z.string().default(''),
  node_port: port.optional(),
});

const service = z.strictObject({
  namespace: name,
  name,
  cluster_ips: z.array(address).default([]),
  external_ips: z.array(address).default([]),
  load_balancer_ips: z.array(address).default([]),
  ports: z.array(servicePort).default([]),
  labels,
  ...validity,
});

const external = z.strictObject({ name, networks: z.array(network).min(1, 'needs a network'), labels });

const schema = z.strictObject({
  cluster: z.string().default(''),
  networks: z
    .strictObject({
      pods: z.array(network).default([]),
      services: z.array(network).default([]),
      nodes: z.array(network).default([]),
    })
    .default({ pods: [], services: [], nodes: [] }),
  nodes: z.array(node).default([]),
  pods: z.array(pod).default([]),
  services: z.array(service).default([]),
  external: z.array(external).default([]),
});

/** An inventory that was checked. Times are milliseconds since 1970. */
export type Inventory = z.output<typeof schema>;
/** An inventory as a person may write it: defaults left out, times as text. */
export type InventoryInput = z.input<typeof schema>;
export type InventoryNode = Inventory['nodes'][number];
export type InventoryPod = Inventory['pods'][number];
export type InventoryService = Inventory['services'][number];

/** Of many mistakes, as many as a person reads at once. */
const MISTAKES_SHOWN = 50;

/**
 * Checks an inventory: an object as a YAML or JSON parser gives it. Nothing (an empty file) is an empty inventory.
 * Throws InventoryError `bad_inventory` with every mistake and its path.
 */
export function parseInventory(value: unknown): Inventory {
  const parsed = schema.safeParse(value ?? {});
  const mistakes = parsed.success
    ? inventoryMistakes(parsed.data)
    : parsed.error.issues.flatMap((issue) => describe(issue));
  if (parsed.success && mistakes.length === 0) return parsed.data;
  const more = mistakes.length - MISTAKES_SHOWN;
  const shown = mistakes.slice(0, MISTAKES_SHOWN);
  if (more > 0) shown.push(`and ${more} more mistakes`);
  throw new InventoryError('bad_inventory', shown);
}

/** JSON Schema of the file, for editors. */
export function inventoryJsonSchema(): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}

function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text === '' ? 'inventory' : text;
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${pathText(issue.path)}: ${issue.message}`];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
    return `${pathText([...issue.path, key])}: unknown name "${key}"; ${hint}`;
  });
}

/** Names that the object at a path may have. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType = schema;
  for (const part of [...path, undefined]) {
    while (at instanceof z.ZodDefault || at instanceof z.ZodOptional) at = at.unwrap();
    if (part === undefined) break;
    if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodObject) at = at.shape[String(part)] ?? at;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}
