// The tables that answers are read from: the flows and their roll-ups, as sets of columns that can be asked for.
import { FIELD, type FieldKind, isFieldName } from '@weir/record';
import type { Sum } from '../metrics.ts';
import type { Resolution } from '../query-schema.ts';
import { trafficSql } from './traffic.ts';

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
  /** SQL of what a row adds to a sum. */
  addend(sum: Sum): string;
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

/** What sums read that a roll-up may lack. */
export function sumNeeds(sums: readonly Sum[]): Need[] {
  return sums.includes('events') ? [{ column: 'record_type' }] : [];
}

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
    addend(sum) {
      const connections = present.has('connections') ? 'greatest(connections, 1)' : 'toUInt64(1)';
      const traffic = trafficSql(present);
      if (sum === 'flows') return traffic === undefined ? 'toUInt64(1)' : `toUInt64(${traffic})`;
      if (sum === 'connections') return traffic === undefined ? connections : `if(${traffic}, ${connections}, 0)`;
      if (sum === 'events') return traffic === undefined ? 'toUInt64(0)' : `toUInt64(NOT (${traffic}))`;
      return present.has(sum) ? sum : 'toUInt64(0)';
    },
    within: (from, to) =>
      `time_received >= fromUnixTimestamp64Milli(${from}, 'UTC') AND time_received < fromUnixTimestamp64Milli(${to}, 'UTC')`,
    bucket: (stepMs) => `intDiv(toUnixTimestamp64Milli(time_received), ${stepMs}) * ${stepMs}`,
  };
}

export type RollupName = Exclude<Resolution, 'flows'>;

/** The roll-ups: milliseconds between their rows. */
export const ROLLUPS: Readonly<Record<RollupName, { readonly stepMs: number }>> = {
  '1m': { stepMs: 60_000 },
  '5m': { stepMs: 300_000 },
  '1h': { stepMs: 3_600_000 },
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

/**
 * Ports below this always keep their number in roll-ups; of the others the most used of each minute do, and the rest count
 * under port 0.
 */
export const KEPT_PORTS_BELOW = 1024;

/** What an expression reads. */
export interface Need {
  readonly column: ColumnName;
  /** Set when `server_port` must be exact for ports that roll-ups may count under 0. */
  readonly everyPort?: boolean;
}

/**
 * Why a roll-up cannot give a column, or undefined when it can. `present`: columns of the flows table: a column that
 * nobody filled is zero everywhere, so that no roll-up lacks it.
 */
export function lacks(need: Need, present: ReadonlySet<string>): string | undefined {
  const { column, everyPort } = need;
  if (everyPort === true) return `every ${column}`;
  return ROLLUP_COLUMNS.has(column) || !present.has(column) ? undefined : column;
}

/** A roll-up as a source. */
export function rollupSource(name: RollupName): Source {
  const { stepMs } = ROLLUPS[name];
  return {
    resolution: name,
    table: `flows_${name}`,
    stepMs,
    column: (column) => (ROLLUP_COLUMNS.has(column) ? column : zero(column)),
    // Asked for only while no row tells of an event: see sumNeeds.
    addend: (sum) => (sum === 'events' ? 'toUInt64(0)' : sum),
    within: (from, to) =>
      `time >= toDateTime(intDiv(${from}, 1000), 'UTC') AND time < toDateTime(intDiv(${to}, 1000), 'UTC')`,
    bucket: (step) => `intDiv(toInt64(toUnixTimestamp(time)) * 1000, ${step}) * ${step}`,
  };
}
