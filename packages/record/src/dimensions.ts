// The dimension tables: what is known of the things that keys name. Flows carry the keys; these carry the words.
// A row may be written any number of times: the row with the newest `version` stands.
import type { DimensionName } from './fields.ts';

/** ClickHouse types of attributes, limited to those that JSON rows carry without loss. */
export type AttributeType =
  | 'UInt64'
  | 'UInt32'
  | 'UInt8'
  | 'String'
  | 'LowCardinality(String)'
  | 'Map(LowCardinality(String), String)'
  | 'Array(String)'
  | "DateTime64(3, 'UTC')";

export interface Attribute {
  readonly type: AttributeType;
  readonly description: string;
}

export interface Dimension {
  readonly description: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

// Literal types, so that the rows below know the type of each attribute.
const text = (description: string) => ({ type: 'LowCardinality(String)', description }) as const;
const unique = (description: string) => ({ type: 'String', description }) as const;
const key = { type: 'UInt64', description: 'What flows carry' } as const;
const time = (description: string) => ({ type: "DateTime64(3, 'UTC')", description }) as const;
const version = {
  type: 'UInt64',
  description: 'Milliseconds since 1970 when this was learnt: the newest row stands',
} as const;

export const DIMENSIONS = {
  entities: {
    description: 'Who an end of a flow is',
    attributes: {
      key,
      kind: text('pod, node, service, process, loadbalancer, external or unresolved'),
      cluster: text('Cluster'),
      namespace: text('Namespace'),
      name: unique('Name'),
      workload: text('Name of the controller that owns it'),
      workload_kind: text('Deployment, StatefulSet, DaemonSet, Job, …'),
      node: text('Node it runs on'),
      zone: text('Zone of that node'),
      region: text('Region of that node'),
      network: text('Network it is attached to'),
      labels: { type: 'Map(LowCardinality(String), String)', description: 'Labels' },
      annotations: { type: 'Map(LowCardinality(String), String)', description: 'Chosen annotations' },
      addresses: { type: 'Array(String)', description: 'Addresses' },
      valid_from: time('From when it had these addresses'),
      valid_to: time('Until when; the far future while it lives'),
      resolved: { type: 'UInt8', description: '1 when it is known by name, 0 for an address yet to be resolved' },
      version,
    },
  },
  exporters: {
    description: 'Who reports flows',
    attributes: {
      key,
      address: unique('Address'),
      name: text('Name'),
      node: text('Node it runs on'),
      group: text('Group, from configuration'),
      site: text('Site, from configuration'),
      protocols: { type: 'Array(String)', description: 'Protocols seen' },
      first_seen: time('First datagram'),
      last_seen: time('Last datagram when this row was written'),
      demo: { type: 'UInt8', description: '1 when made by demo traffic' },
      version,
    },
  },
  interfaces: {
    description: 'Interfaces of exporters',
    attributes: {
      key,
      exporter: { type: 'UInt64', description: 'Key of the exporter' },
      if_index: { type: 'UInt32', description: 'ifIndex' },
      name: text('Name'),
      alias: text('Description'),
      speed: { type: 'UInt64', description: 'Bits a second' },
      type: { type: 'UInt32', description: 'ifType' },
      entity: { type: 'UInt64', description: 'Entity it connects' },
      version,
    },
  },
  policies: {
    description: 'Network policies and their rules',
    attributes: {
      key,
      cluster: text('Cluster'),
      kind: text('Kind of policy'),
      namespace: text('Namespace'),
      name: unique('Name'),
      tier: text('Tier'),
      rule: text('Rule'),
      action: text('Action'),
      direction: text('ingress or egress'),
      version,
    },
  },
  subnets: {
    description: 'Labelled networks',
    attributes: {
      key,
      network: unique('Network in CIDR form'),
      name: text('Name'),
      site: text('Site'),
      role: text('Role'),
      tags: { type: 'Array(String)', description: 'Tags' },
      version,
    },
  },
  threats: {
    description: 'Threat list entries',
    attributes: { key, list: text('List'), category: text('Category'), entry: unique('The entry'), version },
  },
  applications: {
    description: 'Applications that rules name',
    attributes: { key, name: text('Name'), version },
  },
  strings: {
    description: 'Texts that exporters send',
    attributes: { key, text: unique('The text'), version },
  },
} as const satisfies Record<DimensionName, Dimension>;

type ValueOf<T extends AttributeType> = T extends 'UInt64'
  ? string
  : T extends 'UInt32' | 'UInt8'
    ? number
    : T extends 'Map(LowCardinality(String), String)'
      ? Readonly<Record<string, string>>
      : T extends 'Array(String)'
        ? readonly string[]
        : T extends "DateTime64(3, 'UTC')"
          ? number
          : string;

/**
 * A row of a dimension, as JSON carries it: 64-bit numbers as decimal text, times as milliseconds since 1970 (the store
 * writes them in ClickHouse's form).
 */
export type DimensionRow<D extends DimensionName> = {
  readonly [A in keyof (typeof DIMENSIONS)[D]['attributes']]: (typeof DIMENSIONS)[D]['attributes'][A] extends {
    readonly type: infer T extends AttributeType;
  }
    ? ValueOf<T>
    : never;
};

export type EntityRow = DimensionRow<'entities'>;
export type ExporterRow = DimensionRow<'exporters'>;

/** `valid_to` of what still lives: 2100-01-01. */
export const FAR_FUTURE = 4102444800000;

/**
 * Attributes that can be asked for by a field name of their own: `src_namespace` is `namespace` of the entity that
 * `src_entity` names. `pod` and its like are the name of an entity of that kind only.
 */
export interface AttributeField {
  readonly name: string;
  readonly description: string;
  /** The key column on the flow. */
  readonly key: string;
  readonly dimension: DimensionName;
  readonly attribute: string;
  /** Only entities of this kind have it: `src_pod` is the name where kind is `pod`. */
  readonly onlyKind?: string;
}

function entityAttributes(prefix: string, keyColumn: string, who: string): AttributeField[] {
  const attribute = (name: string, column: string, description: string, onlyKind?: string): AttributeField => ({
    name: `${prefix}${name}`,
    description: `${description} of the ${who}`,
    key: keyColumn,
    dimension: 'entities',
    attribute: column,
    ...(onlyKind === undefined ? {} : { onlyKind }),
  });
  return [
    attribute('cluster', 'cluster', 'Cluster'),
    attribute('kind', 'kind', 'Kind of entity'),
    attribute('namespace', 'namespace', 'Namespace'),
    attribute('name', 'name', 'Name'),
    attribute('pod', 'name', 'Pod', 'pod'),
    attribute('workload', 'workload', 'Workload'),
    attribute('workload_kind', 'workload_kind', 'Kind of workload'),
    attribute('node', 'node', 'Node'),
    attribute('zone', 'zone', 'Zone'),
    attribute('region', 'region', 'Region'),
    attribute('network', 'network', 'Attached network'),
  ];
}

export const ATTRIBUTE_FIELDS: readonly AttributeField[] = [
  ...entityAttributes('src_', 'src_entity', 'source'),
  ...entityAttributes('dst_', 'dst_entity', 'destination'),
  {
    name: 'service_name',
    description: 'Name of the Service',
    key: 'service',
    dimension: 'entities',
    attribute: 'name',
  },
  {
    name: 'service_namespace',
    description: 'Namespace of the Service',
    key: 'service',
    dimension: 'entities',
    attribute: 'namespace',
  },
  {
    name: 'egress_name',
    description: 'Name of the egress gateway',
    key: 'egress',
    dimension: 'entities',
    attribute: 'name',
  },
  {
    name: 'exporter_address',
    description: 'Address of the exporter',
    key: 'exporter',
    dimension: 'exporters',
    attribute: 'address',
  },
  {
    name: 'exporter_name',
    description: 'Name of the exporter',
    key: 'exporter',
    dimension: 'exporters',
    attribute: 'name',
  },
  {
    name: 'exporter_node',
    description: 'Node the exporter runs on',
    key: 'exporter',
    dimension: 'exporters',
    attribute: 'node',
  },
  {
    name: 'exporter_group',
    description: 'Group of the exporter',
    key: 'exporter',
    dimension: 'exporters',
    attribute: 'group',
  },
  {
    name: 'exporter_site',
    description: 'Site of the exporter',
    key: 'exporter',
    dimension: 'exporters',
    attribute: 'site',
  },
  { name: 'policy_in_name', description: 'Ingress policy', key: 'policy_in', dimension: 'policies', attribute: 'name' },
  {
    name: 'policy_in_namespace',
    description: 'Namespace of the ingress policy',
    key: 'policy_in',
    dimension: 'policies',
    attribute: 'namespace',
  },
  {
    name: 'policy_out_name',
    description: 'Egress policy',
    key: 'policy_out',
    dimension: 'policies',
    attribute: 'name',
  },
  {
    name: 'policy_out_namespace',
    description: 'Namespace of the egress policy',
    key: 'policy_out',
    dimension: 'policies',
    attribute: 'namespace',
  },
  {
    name: 'src_subnet_name',
    description: 'Labelled subnet of the source',
    key: 'src_subnet',
    dimension: 'subnets',
    attribute: 'name',
  },
  {
    name: 'dst_subnet_name',
    description: 'Labelled subnet of the destination',
    key: 'dst_subnet',
    dimension: 'subnets',
    attribute: 'name',
  },
  {
    name: 'src_threat_list',
    description: 'Threat list of the source',
    key: 'src_threat',
    dimension: 'threats',
    attribute: 'list',
  },
  {
    name: 'dst_threat_list',
    description: 'Threat list of the destination',
    key: 'dst_threat',
    dimension: 'threats',
    attribute: 'list',
  },
];

/** Attribute fields by name. */
export const ATTRIBUTE_FIELD: ReadonlyMap<string, AttributeField> = new Map(
  ATTRIBUTE_FIELDS.map((field) => [field.name, field]),
);
