// The names a filter may use: every field of a flow, every attribute of what its keys name, labels, and the bare forms that
// mean either end. Derived from the record catalogue; nothing is listed twice.
import {
  ATTRIBUTE_FIELDS,
  type AttributeField,
  CODES,
  DIMENSIONS,
  type DimensionName,
  FIELDS,
  type Field,
  type FieldName,
  KINDS,
  QUALITY,
} from '@weir/record';

/** What kind of values a name compares with. */
export type FilterKind =
  | 'number'
  | 'code'
  | 'flags'
  | 'addr'
  | 'mac'
  | 'time'
  | 'country'
  | 'text'
  | 'key'
  | 'labels'
  | 'list(u32)'
  | 'list(addr)';

export interface FilterField {
  readonly name: string;
  readonly description: string;
  readonly kind: FilterKind;
  /** Column on the flow that the value or the key is in. For bare forms that of the source. */
  readonly column: FieldName | 'server_port';
  /** ClickHouse type of the column. */
  readonly columnType: string;
  /** Largest number that the column holds, in decimal, for kinds that are numbers. */
  readonly max?: string;
  /** Set when it is an attribute of what the column's key names. */
  readonly attribute?: AttributeField;
  /** Dimension whose rows the column's key names. */
  readonly dimension?: DimensionName;
  /** Names of the numbers, for `code` and `flags`. */
  readonly codes?: Readonly<Record<string, number>>;
  /** A bare form: true when either end matches. */
  readonly ends?: readonly [FilterField, FilterField];
}

export interface Catalogue {
  readonly fields: ReadonlyMap<string, FilterField>;
  /** Names in other systems (`source.ip`, `SrcAddr`) and common ones (`sport`), for suggestions only. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

const MAX_NUMBER: Partial<Record<string, string>> = {
  u8: '255',
  u16: '65535',
  u32: '4294967295',
  u64: '18446744073709551615',
};

/** Bits of `tcp_flags` by letter and by name. */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128, ns: 256 } as const;

function kindOf(field: Field): FilterKind {
  if (field.name === 'src_country' || field.name === 'dst_country') return 'country';
  if (field.name === 'tcp_flags' || field.name === 'quality') return 'flags';
  if (Object.hasOwn(CODES, field.name)) return 'code';
  switch (field.kind) {
    case 'str':
      return 'text';
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
      return 'number';
    default:
      return field.kind;
  }
}

function fromField(field: Field): FilterField {
  const kind = kindOf(field);
  const codes =
    field.name === 'quality'
      ? QUALITY
      : field.name === 'tcp_flags'
        ? TCP_FLAGS
        : (CODES as Record<string, Readonly<Record<string, number>>>)[field.name];
  return {
    name: field.name,
    description: field.description,
    kind,
    column: field.name,
    columnType: KINDS[field.kind].clickhouse,
    ...(MAX_NUMBER[field.kind] === undefined ? {} : { max: MAX_NUMBER[field.kind] }),
    ...(field.dimension === undefined ? {} : { dimension: field.dimension }),
    ...(codes === undefined ? {} : { codes }),
  };
}

function fromAttribute(attribute: AttributeField): FilterField {
  return {
    name: attribute.name,
    description: attribute.description,
    kind: 'text',
    column: attribute.key as FieldName,
    columnType: 'UInt64',
    attribute,
    dimension: attribute.dimension,
  };
}

function labels(name: string, side: 'src' | 'dst', word: string): FilterField {
  const key = `${side}_entity` as const;
  return {
    name,
    description: `Label of the ${word}: ${name}["app"]`,
    kind: 'labels',
    column: key,
    columnType: 'UInt64',
    attribute: { name, description: '', key, dimension: 'entities', attribute: 'labels' },
    dimension: 'entities',
  };
}

const SERVER_PORT: FilterField = {
  name: 'server_port',
  description: 'Port of the end that was called: the destination unless the source is known to be the server',
  kind: 'number',
  column: 'server_port',
  columnType: 'UInt16',
  max: MAX_NUMBER.u16 as string,
};

/** Bare names for pairs that are not called src_ and dst_. */
const OTHER_PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  if: ['in_if', 'out_if'],
  if_name: ['in_if_name', 'out_if_name'],
  if_alias: ['in_if_alias', 'out_if_alias'],
  vrf: ['vrf_in', 'vrf_out'],
  policy: ['policy_in', 'policy_out'],
  policy_name: ['policy_in_name', 'policy_out_name'],
  policy_namespace: ['policy_in_namespace', 'policy_out_namespace'],
  nat_addr: ['nat_src_addr', 'nat_dst_addr'],
  nat_port: ['nat_src_port', 'nat_dst_port'],
  outer_addr: ['outer_src_addr', 'outer_dst_addr'],
  outer_port: ['outer_src_port', 'outer_dst_port'],
};

/** What people coming from elsewhere write. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ip: 'addr',
  host: 'addr',
  address: 'addr',
  src: 'src_addr',
  dst: 'dst_addr',
  src_ip: 'src_addr',
  dst_ip: 'dst_addr',
  sport: 'src_port',
  dport: 'dst_port',
  protocol: 'proto',
  net: 'addr',
  ns: 'namespace',
  deployment: 'workload',
  svc: 'service_name',
  octets: 'bytes',
  pkts: 'packets',
  asn: 'as',
  flags: 'tcp_flags',
  tos: 'dscp',
  interface: 'if',
  time: 'time_received',
};

function build(): Catalogue {
  const fields = new Map<string, FilterField>();
  const add = (field: FilterField) => fields.set(field.name, field);
  for (const field of FIELDS) add(fromField(field));
  for (const attribute of ATTRIBUTE_FIELDS) add(fromAttribute(attribute));
  add(labels('src_label', 'src', 'source'));
  add(labels('dst_label', 'dst', 'destination'));
  add(SERVER_PORT);

  const bare = (name: string, source: FilterField, destination: FilterField) => {
    if (fields.has(name)) return;
    const description = source.description.replace(/ of the source$/, '').replace(/ on the side of the source$/, '');
    add({ ...source, name, description: `${description}: of either end`, ends: [source, destination] });
  };
  for (const source of [...fields.values()]) {
    if (!source.name.startsWith('src_')) continue;
    const destination = fields.get(`dst_${source.name.slice(4)}`);
    if (destination !== undefined) bare(source.name.slice(4), source, destination);
  }
  for (const [name, [first, second]] of Object.entries(OTHER_PAIRS)) {
    const source = fields.get(first);
    const destination = fields.get(second);
    if (source !== undefined && destination !== undefined) bare(name, source, destination);
  }

  const elsewhere = new Map<string, string>(Object.entries(SYNONYMS).filter(([name]) => !fields.has(name)));
  for (const field of FIELDS) {
    for (const name of Object.values(field.elsewhere)) if (!elsewhere.has(name)) elsewhere.set(name, field.name);
  }
  return { fields, elsewhere };
}

/** Attribute that stands for a key of each dimension when a filter compares the key with a name. */
export const NAME_ATTRIBUTE: Readonly<Record<DimensionName, string>> = {
  entities: 'name',
  exporters: 'name',
  interfaces: 'name',
  policies: 'name',
  subnets: 'name',
  threats: 'list',
  applications: 'name',
  strings: 'text',
};

/** Whether a dimension has an attribute: identifiers in SQL come from here only. */
export function hasAttribute(dimension: DimensionName, attribute: string): boolean {
  return Object.hasOwn(DIMENSIONS[dimension].attributes, attribute);
}

/** The catalogue of everything. */
export const CATALOGUE: Catalogue = build();
