// The points of a series: one row an interval and place, the largest group's place being 1 and 0 that of all beyond the limit.
import type { FilterField } from '../language/catalogue.ts';
import type { Sum } from '../metrics.ts';
import { keyColumns, type Matching, sumItems } from './matching.ts';

export interface Points {
  /** Items for the WITH clause at the head of the whole statement. */
  readonly with: readonly string[];
  /** SELECT with the columns t, place, k0… (keys of the group, any where place is 0) and m0… (sums). */
  readonly sql: string;
}

/** Everything, in the first place. */
export function ungrouped(rows: Matching, sums: readonly Sum[]): Points {
  return {
    with: rows.with,
    sql: `SELECT ${['t', '1 AS place', ...sumItems(sums)].join(', ')} FROM (\n${rows.sql}\n) GROUP BY t`,
  };
}

/**
 * Reads twice: for the largest groups, then for the sums of these and of the rest. The memory taken does not depend on how many groups
 * times intervals there are.
 */
export function rankedBefore(rows: Matching, sums: readonly Sum[], order: number, limit: number): Points {
  const keys = keyColumns(rows).join(', ');
  const first = `ORDER BY ordering DESC, ${keys}`;
  const summed = `SELECT ${keys}, sum(s${order}) AS ordering FROM matching GROUP BY ${keys} ${first} LIMIT ${limit}`;
  const points = ['t', 'rank AS place', ...anyKeys(rows), ...sumItems(sums)];
  return {
    with: [
      ...rows.with,
      `matching AS (\n${rows.sql}\n)`,
      `largest AS (SELECT ${keys}, row_number() OVER (${first}) AS rank FROM (${summed}))`,
    ],
    sql: `SELECT ${points.join(', ')} FROM matching LEFT ANY JOIN largest USING (${keys}) GROUP BY t, place`,
  };
}

/** Reads once, and holds a row an interval and group: where there are few groups. */
export function rankedAfterwards(rows: Matching, sums: readonly Sum[], order: number, limit: number): Points {
  const keys = keyColumns(rows).join(', ');
  const measures = sums.map((_, index) => `m${index}`).join(', ');
  const summed = `SELECT ${['t', keys, ...sumItems(sums)].join(', ')} FROM (\n${rows.sql}\n) GROUP BY t, ${keys}`;
  const ordered = `SELECT t, ${keys}, ${measures}, sum(m${order}) OVER (PARTITION BY ${keys}) AS ordering FROM (\n${summed}\n)`;
  const rank = `dense_rank() OVER (ORDER BY ordering DESC, ${keys})`;
  const ranked = `SELECT t, ${keys}, ${measures}, ${rank} AS rank FROM (\n${ordered}\n)`;
  const totals = sums.map((_, index) => `sum(m${index}) AS m${index}`);
  const points = ['t', `if(rank <= ${limit}, rank, 0) AS place`, ...anyKeys(rows), ...totals];
  return { with: rows.with, sql: `SELECT ${points.join(', ')} FROM (\n${ranked}\n) GROUP BY t, place` };
}

const anyKeys = (rows: Matching): string[] => keyColumns(rows).map((key) => `any(${key}) AS ${key}`);

const FEW: ReadonlySet<string> = new Set([
  'cluster',
  'kind',
  'namespace',
  'network',
  'region',
  'site',
  'workload_kind',
  'zone',
]);

/** Whether a field has a few hundred values at most: then to read once costs less than to hold less. */
export function hasFewValues(field: FilterField): boolean {
  return field.attribute === undefined ? field.columnType === 'UInt8' : FEW.has(field.attribute.attribute);
}
