// The tables, made from the catalogue of fields and dimensions. One generator for an engine on its own and for a cluster.
import { DIMENSIONS, type DimensionName, FIELDS, type Field, KINDS } from '@weir/record';

export const DATABASE = 'weir';

export interface ColumnSpec {
  readonly name: string;
  readonly type: string;
  /** Inside CODEC(…); the engine's default when absent. */
  readonly codec?: string;
}

export interface TableSpec {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  /** Without the prefix Replicated, which clusters put before it. */
  readonly engine: 'MergeTree' | 'ReplacingMergeTree(version)';
  readonly partitionBy?: string;
  readonly orderBy: string;
  readonly indexes?: readonly string[];
  /** What becomes of rows with time: the engine does it when it merges. */
  readonly ttl?: string;
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Which rows of a cluster's table lie on the same shard. Absent: every shard has all rows (dimensions). */
  readonly shardBy?: string;
}

/**
 * Settings of all tables. The engine sets damaged parts aside when it starts, but would not start at all with more than a hundred of
 * them in a table: they are found and accounted for (integrity/), and what is whole is to be there.
 */
export const TABLE_SETTINGS: Readonly<Record<string, string | number>> = {
  max_suspicious_broken_parts: 1_000_000,
  max_suspicious_broken_parts_bytes: 1e18,
};

/**
 * How columns are compressed: what costs least on insert without taking much more room. T64 crops the bits that no value of a
 * block uses, which suits times, counters and small numbers; keys and addresses repeat, for which LZ4 alone is best; hashes of
 * flows do not compress. ZSTD(1) throughout would take a quarter less room for a quarter more time (docs/decisions/0007).
 */
function codecOf(field: Field): string | undefined {
  if (field.kind === 'time' || field.kind === 'u32') return 'T64, LZ4';
  if (field.kind === 'u64') return field.unit === undefined ? 'NONE' : 'T64, LZ4';
  return undefined;
}

/** The column of a field in the table of flows. */
export function flowColumn(field: Field): ColumnSpec {
  const codec = codecOf(field);
  return { name: field.name, type: KINDS[field.kind].clickhouse, ...(codec === undefined ? {} : { codec }) };
}

/**
 * Flows, ordered by minute and by who talked to whom: a minute's roll-up reads them in the order it groups by, and one entity's
 * flows of a minute lie together.
 */
export const FLOWS_TABLE: TableSpec = {
  name: 'flows',
  columns: FIELDS.filter((field) => field.core).map(flowColumn),
  engine: 'MergeTree',
  partitionBy: 'toStartOfHour(time_received)',
  orderBy: '(toStartOfMinute(time_received), src_entity, dst_entity)',
  indexes: ['INDEX time_received_range time_received TYPE minmax GRANULARITY 1'],
  // Merged parts are kept for a minute in place of eight: at full rate they are as large as the table.
  settings: { non_replicated_deduplication_window: 10_000, old_parts_lifetime: 60 },
  shardBy: 'flow_id',
};

const ROLLUP_KEYS: readonly ColumnSpec[] = [
  { name: 'time', type: "DateTime('UTC')" },
  { name: 'src_entity', type: 'UInt64' },
  { name: 'dst_entity', type: 'UInt64' },
  { name: 'exporter', type: 'UInt64' },
  { name: 'service', type: 'UInt64' },
  { name: 'proto', type: 'UInt8' },
  { name: 'server_port', type: 'UInt16' },
  { name: 'src_as', type: 'UInt32' },
  { name: 'dst_as', type: 'UInt32' },
  { name: 'src_country', type: 'UInt16' },
  { name: 'dst_country', type: 'UInt16' },
  { name: 'flow_type', type: 'UInt8' },
  { name: 'verdict', type: 'UInt8' },
];

export const ROLLUP_SUMS = [
  'bytes',
  'packets',
  'bytes_sampled',
  'packets_sampled',
  'flows',
  'connections',
  'dropped_bytes',
  'dropped_packets',
] as const;

/** What a roll-up is grouped by besides its time. */
export const ROLLUP_DIMENSIONS: readonly string[] = ROLLUP_KEYS.slice(1).map((column) => column.name);

export type Resolution = '1m' | '5m' | '1h';

export interface RollupSpec {
  readonly resolution: Resolution;
  readonly seconds: number;
  readonly table: TableSpec;
}

/** `window`: how many seconds are grouped together next, so that the next coarser roll-up reads in its own order. */
function rollup(resolution: Resolution, seconds: number, window: string, partitionBy: string): RollupSpec {
  const order = [window, ...ROLLUP_DIMENSIONS.slice(0, 2), 'time'];
  const table: TableSpec = {
    name: `flows_${resolution}`,
    columns: [...ROLLUP_KEYS, ...ROLLUP_SUMS.map((name) => ({ name, type: 'UInt64', codec: 'T64, LZ4' }))],
    engine: 'MergeTree',
    partitionBy,
    orderBy: `(${order.join(', ')})`,
    settings: { old_parts_lifetime: 60 },
    shardBy: 'cityHash64(src_entity, dst_entity)',
  };
  return { resolution, seconds, table };
}

export const ROLLUPS: readonly RollupSpec[] = [
  rollup('1m', 60, 'toStartOfFiveMinutes(time)', 'toStartOfInterval(time, INTERVAL 6 HOUR)'),
  rollup('5m', 300, 'toStartOfHour(time)', 'toDate(time)'),
  rollup('1h', 3600, 'toStartOfDay(time)', 'toStartOfMonth(time)'),
];

function dimensionTable(name: DimensionName): TableSpec {
  return {
    name,
    columns: Object.entries(DIMENSIONS[name].attributes).map(([column, { type }]) => ({ name: column, type })),
    engine: 'ReplacingMergeTree(version)',
    orderBy: 'key',
  };
}

/** What rows of the ledger are summed up by. The marks of sources (ledger/ledger-table.ts) stay apart, each for itself. */
const LEDGER_KEYS = ['account', 'exporter', 'collector', 'consumer', "if(account = '', source, '')"];

export const LEDGER_TABLE: TableSpec = {
  name: 'ledger',
  columns: [
    { name: 'time', type: "DateTime64(3, 'UTC')", codec: 'DoubleDelta, LZ4' },
    { name: 'collector', type: 'LowCardinality(String)' },
    { name: 'exporter', type: 'UInt64' },
    { name: 'account', type: 'LowCardinality(String)' },
    // Who the row is about besides the collector: 'store', the name of a sink, '' for what collectors count.
    { name: 'consumer', type: 'LowCardinality(String)' },
    // Signed: a late message takes back what its gap was counted as.
    { name: 'count', type: 'Int64', codec: 'T64, LZ4' },
    // Where the row is from; see ledger/ledger-table.ts.
    { name: 'source', type: 'String', codec: 'ZSTD(1)' },
  ],
  engine: 'MergeTree',
  partitionBy: 'toDate(time)',
  // The engine's rule: what rows are summed up by is the beginning of what they are ordered by.
  orderBy: `(${[...LEDGER_KEYS, 'toStartOfFiveMinutes(time)', 'time'].join(', ')})`,
  // Collectors write a row a second for each account that moved. After two hours five minutes become one row. A clock that jumps ahead
  // only makes that happen early.
  ttl:
    `toDateTime(time) + INTERVAL 2 HOUR GROUP BY ${[...LEDGER_KEYS, 'toStartOfFiveMinutes(time)'].join(', ')} ` +
    "SET time = min(time), count = sum(count), source = if(any(account) = '', any(source), '')",
  settings: { merge_with_ttl_timeout: 600 },
  // The rows of a source with its mark.
  shardBy: 'cityHash64(source)',
};

/**
 * How far the roll-ups are (`until`), which slots must be made again (`dirty`), what retention has dropped (`dropped`) and of which
 * slots a part of what they were made from is lost (`kept`).
 */
const ROLLUP_STATE_TABLE: TableSpec = {
  name: 'rollup_state',
  columns: [
    { name: 'resolution', type: 'LowCardinality(String)' },
    { name: 'kind', type: 'LowCardinality(String)' },
    { name: 'slot', type: "DateTime('UTC')" },
    { name: 'time', type: "DateTime('UTC')" },
    { name: 'cleared', type: 'UInt8' },
    { name: 'version', type: 'UInt64' },
  ],
  engine: 'ReplacingMergeTree(version)',
  orderBy: '(resolution, kind, slot)',
};

/** A row for each version that the store has had. */
export const VERSION_TABLE: TableSpec = {
  name: 'schema_version',
  columns: [
    { name: 'version', type: 'UInt32' },
    { name: 'time', type: "DateTime('UTC')" },
  ],
  engine: 'MergeTree',
  orderBy: 'version',
};

/** Parts that were damaged and are out of their tables, and what was lost with them: each is accounted for once. */
const DAMAGED_PARTS_TABLE: TableSpec = {
  name: 'damaged_parts',
  columns: [
    // As it was in the store, or as it lies in the table's folder `detached`.
    { name: 'part', type: 'String' },
    { name: 'table', type: 'LowCardinality(String)' },
    { name: 'time', type: "DateTime64(3, 'UTC')" },
    { name: 'lost', type: 'UInt64' },
    { name: 'saved', type: 'UInt64' },
    { name: 'reason', type: 'String' },
    { name: 'version', type: 'UInt64' },
  ],
  engine: 'ReplacingMergeTree(version)',
  orderBy: '(table, part)',
};

export const DIMENSION_TABLES: readonly TableSpec[] = (Object.keys(DIMENSIONS) as DimensionName[]).map(dimensionTable);

export const TABLES: readonly TableSpec[] = [
  FLOWS_TABLE,
  ...ROLLUPS.map((spec) => spec.table),
  ...DIMENSION_TABLES,
  LEDGER_TABLE,
  ROLLUP_STATE_TABLE,
  DAMAGED_PARTS_TABLE,
];
