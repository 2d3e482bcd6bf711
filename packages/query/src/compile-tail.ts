// The live tail: what came since the last look, the newest of it, and how much more there was.
import type { Flow } from './answers.ts';
import { type CompileContext, filterOf, type ResultRow, type Statement } from './compile.ts';
import type { TailQuery } from './query-schema.ts';
import { filterSql } from './sql/filter.ts';
import { flowOf, flowSelect, storedFields } from './sql/flow-columns.ts';
import { DATABASE } from './sql/names.ts';
import { Params } from './sql/params.ts';
import { flowsSource } from './sql/source.ts';

/** Asks for the time of the newest flow at or after `since` (milliseconds); the column `newest` is 0 when there is none. */
export function compileNewest(since: number): Statement {
  const params = new Params();
  const from = params.add('Int64', BigInt(since));
  return {
    sql: `SELECT toUnixTimestamp64Milli(max(time_received)) AS newest FROM ${DATABASE}.flows
WHERE time_received >= fromUnixTimestamp64Milli(${from}, 'UTC')`,
    params: params.values,
  };
}

export interface TailLook extends Statement {
  answer(rows: readonly ResultRow[]): { readonly flows: Flow[]; readonly skipped: number };
}

/** Asks for the newest `limit` flows with a time in (after, until], in milliseconds. Throws QueryError. */
export function compileTail(
  query: TailQuery,
  look: { readonly after: number; readonly until: number; readonly limit: number },
  context: Pick<CompileContext, 'columnsPresent'>,
): TailLook {
  const { columnsPresent } = context;
  const params = new Params();
  const source = flowsSource(columnsPresent);
  const within = source.within(
    params.add('Int64', BigInt(look.after + 1)),
    params.add('Int64', BigInt(look.until + 1)),
  );
  const where = `${within} AND ${filterSql(filterOf(query.filter), source, params)}`;
  const names = storedFields(columnsPresent).map((field) => field.name);
  return {
    // The count reads the filter's columns only; a window function beside the rows would read them all.
    sql: `SELECT ${flowSelect(columnsPresent).join(', ')}, matched FROM (
SELECT ${names.join(', ')}, (SELECT count() FROM ${DATABASE}.flows WHERE ${where}) AS matched
FROM ${DATABASE}.flows WHERE ${where} ORDER BY time_received DESC LIMIT ${look.limit}
) ORDER BY time_received DESC`,
    params: params.values,
    answer(rows) {
      const matched = Number(rows[0]?.matched ?? 0);
      return { flows: rows.map((row) => flowOf(row, columnsPresent)), skipped: Math.max(0, matched - rows.length) };
    },
  };
}
