// The tables that answers are read from: the flows and their roll-ups, as sets of columns that can be asked for.
import { FIELD, type FieldKind, isFieldName } from '@weir/record';
import type { Sum } from '../metrics.ts';
import type { Resolution } from '../query-schema.ts';

/** A column that expressions may name. */
export type ColumnName = string;

export interface Source {
  readonly resolution: Resolution;
  /** Table name, without the database. */
  readonly table: string;
  /** Milliseconds between rows of the same group: 0 for flows. */
  readonly stepMs: number;
  /** SQL of a column; the zero of its kind where the table has none. */
  column(name: ColumnName): string;
  /** SQL of the sum of a metric over the rows of a group. */
  sum(sum: Sum): string;
  /** SQL condition that a row is in [from, to), in milliseconds already bound. */
  within(from: string, to: string): string;
  /** SQL of the start of the interval that a row is in, as milliseconds since 1970. */
  bucket(stepMs: number): string;
}

/** The zero of a kind: what a column that no exporter has filled reads as. */
const ZERO: Readonly<Record<FieldKind, string>> = {
  u8: 'toUInt8(0)',
  u16: 'toUInt16(0)',
  u32: 'toUInt32(0)',
  u64: 'toUInt64(0)',
  addr: "toIPv6('::')",
  mac: 'toUInt64(0)',
  time: "toDateTime64(0, 3, 'UTC')",
  key: 'toUInt64(0)',
  str: 'toUInt64(0)',
  'list(u32)': "CAST([], 'Array(UInt32)')",
  'list(addr)': "CAST([], 'Array(IPv6)')",
};

function zero(name: ColumnName): string {
  return isFieldName(name) ? ZERO[FIELD[name].kind] : 'toUInt16(0)';
}

/** Columns that an expression on flows needs for a name that is not itself a column. */
export const DERIVED: Readonly<Record<string, readonly string[]>> = {
  server_port: ['client_side', 'src_port', 'dst_port'],
};

/** The flows themselves. `present`: columns of the table. */
export function flowsSource(present: ReadonlySet<string>): Source {
  const column = (name: ColumnName): string => {
    if (name === 'server_port') return `if(${column('client_side')} = 2, ${column('src_port')}, ${column('dst_port')})`;
    return present.has(name) ? name : zero(name);
  };
  return {
    resolution: 'flows',
    table: 'flows',
    stepMs: 0,
    column,
    sum(sum) {
      if (sum === 'flows') return 'count()';
      if (sum === 'connections') return present.has('connections') ? 'sum(greatest(connections, 1))' : 'count()';
      return present.has(sum) ? `sum(${sum})` : 'toUInt64(0)';
    },
    within: (from, to) =>
      `time_received >= fromUnixTimestamp64Milli(${from}, 'UTC') AND time_received < fromUnixTimestamp64Milli(${to}, 'UTC')`,
    bucket: (stepMs) => `intDiv(toUnixTimestamp64Milli(time_received), ${stepMs}) * ${stepMs}`,
  };
}

export type RollupName = Exclude<Resolution, 'flows'>;

interface Rollup {
  readonly stepMs: number;
  /** Whether an entity key still names the entity itself (`entity`) or stands for all pods of its workload (`workload`). */
  readonly grain: 'entity' | 'workload';
}

export const ROLLUPS: Readonly<Record<RollupName, Rollup>> = {
  '1m': { stepMs: 60_000, grain: 'entity' },
  '5m': { stepMs: 300_000, grain: 'workload' },
  '1h': { stepMs: 3_600_000, grain: 'workload' },
};

/** Columns that roll-ups keep apart; all else they sum or forget. */
export const ROLLUP_COLUMNS: ReadonlySet<string> = new Set([
  'exporter',
  'src_entity',
  'dst_entity',
  'service',
  'src_as',
  'dst_as',
  'src_country',
  'dst_country',
  'proto',
  'server_port',
  'flow_type',
  'verdict',
]);

/** Attributes that all pods of a workload share: those a key of workload grain still answers for. */
const WORKLOAD_ATTRIBUTES: ReadonlySet<string> = new Set(['cluster', 'kind', 'namespace', 'workload', 'workload_kind']);

/** What an expression reads: a column, and for entity keys which attribute of theirs (undefined: the key itself). */
export interface Need {
  readonly column: ColumnName;
  readonly attribute?: string;
}

/**
 * Why a roll-up cannot give a column, or undefined when it can. `present`: columns of the flows table: a column that
 * nobody filled is zero everywhere, so that no roll-up lacks it.
 */
export function lacks(rollup: RollupName, need: Need, present: ReadonlySet<string>): string | undefined {
  const { column, attribute } = need;
  if (!ROLLUP_COLUMNS.has(column)) return present.has(column) ? column : undefined;
  if (ROLLUPS[rollup].grain === 'entity' || (column !== 'src_entity' && column !== 'dst_entity')) return undefined;
  return attribute !== undefined && WORKLOAD_ATTRIBUTES.has(attribute) ? undefined : (attribute ?? column);
}

/** A roll-up as a source. */
export function rollupSource(name: RollupName): Source {
  const { stepMs } = ROLLUPS[name];
  return {
    resolution: name,
    table: `flows_${name}`,
    stepMs,
    column: (column) => (ROLLUP_COLUMNS.has(column) ? column : zero(column)),
    sum: (sum) => `sum(${sum})`,
    within: (from, to) =>
      `time >= toDateTime(intDiv(${from}, 1000), 'UTC') AND time < toDateTime(intDiv(${to}, 1000), 'UTC')`,
    bucket: (step) => `intDiv(toInt64(toUnixTimestamp(time)) * 1000, ${step}) * ${step}`,
  };
}
