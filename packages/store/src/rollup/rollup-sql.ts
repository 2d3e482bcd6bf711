// The statements that make one slot of a roll-up. A slot with many rows is made in slices by source entity, which is how its table
// is ordered: each slice reads its own part of the rows and memory does not grow with the number of pairs. (Grouping in the
// order of the table takes memory for every part that is read side by side: 600 MB for a minute of 20 parts.)
import { trafficSql } from '@weir/query';
import { type Settings, settingsClause } from '../limits.ts';
import { DATABASE, ROLLUP_DIMENSIONS, ROLLUP_SUMS, ROLLUPS, type RollupSpec } from '../schema/tables.ts';

/** How many ports of a minute keep their number, besides those below 1024; the rest are counted under port 0. */
export const TOP_PORTS = 1000;
const WELL_KNOWN_BELOW = 1024;

/** Port of the end that was called: the destination unless the source is known to be the server. */
const SERVER_PORT = 'if(client_side = 2, src_port, dst_port)';

const MEMORY = 400 * 1024 * 1024;

const SETTINGS: Settings = {
  max_threads: 1,
  max_insert_threads: 1,
  max_memory_usage: MEMORY,
  // For a slice that is large all the same, because one entity has most of the rows.
  max_bytes_before_external_group_by: MEMORY / 4,
  max_bytes_ratio_before_external_group_by: 0,
  max_execution_time: 600,
  min_insert_block_size_rows: 1_048_576,
  min_insert_block_size_bytes: 96 * 1024 * 1024,
  // A slot that is made again has the same rows; it must not be taken for a duplicate.
  insert_deduplicate: 0,
};

const ROWS_A_SLICE = 500_000;
const MAX_SLICES = 256;

/** SQL conditions that part the rows of a slot, which has so many. Keys are hashes: equal ranges have about equal numbers. */
export function slices(rows: number): string[] {
  const count = Math.min(MAX_SLICES, Math.max(1, Math.ceil(rows / ROWS_A_SLICE)));
  const bound = (index: number): bigint => (2n ** 64n * BigInt(index)) / BigInt(count);
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? '1' : `src_entity BETWEEN ${bound(index)} AND ${bound(index + 1) - 1n}`,
  );
}

const flowsIn = (from: number, to: number): string =>
  `time_received >= toDateTime64(${from}, 3, 'UTC') AND time_received < toDateTime64(${to}, 3, 'UTC')`;

/** How many flows there are in a time span (unix seconds). */
export function countFlowsSql(from: number, to: number): string {
  return `SELECT count() AS rows FROM ${DATABASE}.flows WHERE ${flowsIn(from, to)}`;
}

/** The most used server ports of a minute. */
export function topPortsSql(from: number, to: number): string {
  return (
    `SELECT ${SERVER_PORT} AS port FROM ${DATABASE}.flows WHERE ${flowsIn(from, to)} AND ${SERVER_PORT} >= ${WELL_KNOWN_BELOW} ` +
    `GROUP BY port ORDER BY count() DESC, port LIMIT ${TOP_PORTS}`
  );
}

/** What a flow adds to each sum. Columns that the table does not have yet count as zero. */
function flowSum(name: (typeof ROLLUP_SUMS)[number], present: ReadonlySet<string>): string {
  const traffic = trafficSql(present, 'flows.') ?? '1';
  if (name === 'flows') return `countIf(${traffic})`;
  // A row without the number stands for one connection.
  const connections = present.has('connections') ? 'greatest(flows.connections, 1)' : '1';
  if (name === 'connections') return `sumIf(${connections}, ${traffic})`;
  return present.has(name) ? `sum(flows.${name})` : 'toUInt64(0)';
}

function keySql(name: string, present: ReadonlySet<string>, ports: readonly number[]): string {
  if (name === 'server_port') {
    const kept = ports.length === 0 ? '' : ` OR ${SERVER_PORT} IN (${ports.map(Math.trunc).join(', ')})`;
    return `if(${SERVER_PORT} < ${WELL_KNOWN_BELOW}${kept}, ${SERVER_PORT}, 0) AS server_port`;
  }
  return present.has(name) ? name : `0 AS ${name}`;
}

/** Makes a slice of a minute from the flows. `ports`: those above 1023 that keep their number. */
export function rollupFlowsSql(
  from: number,
  slice: string,
  ports: readonly number[],
  present: ReadonlySet<string>,
): string {
  const [minute] = ROLLUPS;
  const keys = ROLLUP_DIMENSIONS.map((name) => keySql(name, present, ports));
  const sums = ROLLUP_SUMS.map((name) => `${flowSum(name, present)} AS sum_${name}`);
  return [
    `INSERT INTO ${DATABASE}.${minute.table.name} (time, ${[...ROLLUP_DIMENSIONS, ...ROLLUP_SUMS].join(', ')})` +
      settingsClause(SETTINGS),
    `SELECT toStartOfMinute(time_received) AS time, ${[...keys, ...sums].join(', ')}`,
    `FROM ${DATABASE}.flows WHERE ${flowsIn(from, from + minute.seconds)} AND ${slice}`,
    `GROUP BY time, ${ROLLUP_DIMENSIONS.join(', ')}`,
  ].join('\n');
}

/** Makes a slice of a slot from the next finer roll-up. */
export function rollupAgainSql(finer: RollupSpec, coarser: RollupSpec, from: number, slice: string): string {
  const sums = ROLLUP_SUMS.map((name) => `sum(${finer.table.name}.${name}) AS sum_${name}`);
  return [
    `INSERT INTO ${DATABASE}.${coarser.table.name} (time, ${[...ROLLUP_DIMENSIONS, ...ROLLUP_SUMS].join(', ')})` +
      settingsClause(SETTINGS),
    `SELECT toDateTime(${from}, 'UTC'), ${[...ROLLUP_DIMENSIONS, ...sums].join(', ')}`,
    `FROM ${DATABASE}.${finer.table.name} WHERE ${fromTo(from, from + coarser.seconds)} AND ${slice}`,
    `GROUP BY ${ROLLUP_DIMENSIONS.join(', ')}`,
  ].join('\n');
}

function fromTo(from: number, to: number | undefined): string {
  return `time >= toDateTime(${from}, 'UTC')${to === undefined ? '' : ` AND time < toDateTime(${to}, 'UTC')`}`;
}

/** How many rows a slot has, or all from a time on. */
export function countSlotSql(spec: RollupSpec, from: number, to?: number): string {
  return `SELECT count() AS rows FROM ${DATABASE}.${spec.table.name} WHERE ${fromTo(from, to)}`;
}

/** Removes a slot, or all from a time on: what a crash may have left half made. */
export function removeSql(spec: RollupSpec, from: number, to?: number): string {
  return `DELETE FROM ${DATABASE}.${spec.table.name} WHERE ${fromTo(from, to)}`;
}
