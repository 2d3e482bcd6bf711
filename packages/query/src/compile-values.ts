// Values of a field that start with what is typed so far: names from the dimensions, numbers and addresses from the last hour.
import type { ValuesAnswer } from './answers.ts';
import type { CompileContext, ResultRow, Statement } from './compile.ts';
import { QueryError } from './errors.ts';
import { NAME_ATTRIBUTE } from './language/catalogue.ts';
import { CATALOGUE, type FilterField } from './language/index.ts';
import { suggestField } from './language/parse-filter.ts';
import type { ValuesQuery } from './query-schema.ts';
import { groupSql, groupValue } from './sql/group.ts';
import { matching } from './sql/matching.ts';
import { dimensionTable, identifier } from './sql/names.ts';
import { Params } from './sql/params.ts';
import { plan } from './sql/plan.ts';

type Values = Omit<ValuesAnswer, never>['values'];

/** Either values that need no store, or a statement that gives them. */
export type CompiledValues = { readonly known: Values } | (Statement & { answer(rows: readonly ResultRow[]): Values });

const HOUR_MS = 3_600_000;

/** Compiles a request for values. Throws QueryError `bad_parameter`. */
export function compileValues(query: ValuesQuery, context: CompileContext): CompiledValues {
  const field = CATALOGUE.fields.get(query.field);
  if (field === undefined) {
    const suggestion = suggestField(query.field);
    const message = `There is no field "${query.field}"`;
    throw new QueryError('bad_parameter', [{ message, parameter: 'field', ...(suggestion ? { suggestion } : {}) }]);
  }
  if (field.codes !== undefined) {
    const prefix = query.prefix.toLowerCase();
    const names = Object.keys(field.codes).filter((name) => name.startsWith(prefix));
    return { known: names.slice(0, query.limit).map((value) => ({ value })) };
  }
  if (field.kind === 'time' || field.kind.startsWith('list')) return { known: [] };
  if (field.dimension !== undefined && field.dimension !== 'strings') return dimensionValues(field, query);
  return flowValues(field, query, context);
}

/** SQL condition that a text starts with the prefix, in any case. */
const startsWith = (expression: string, prefix: string, params: Params): string =>
  prefix === ''
    ? `${expression} != ''`
    : `startsWith(lowerUTF8(${expression}), ${params.add('String', prefix.toLowerCase())})`;

function dimensionValues(field: FilterField, query: ValuesQuery): CompiledValues {
  const params = new Params();
  const dimension = field.dimension ?? 'entities';
  const name = identifier(field.attribute?.attribute ?? NAME_ATTRIBUTE[dimension]);
  const expression =
    field.kind !== 'labels'
      ? name
      : query.subscript === undefined
        ? `arrayJoin(mapKeys(${name}))`
        : `${name}[${params.add('String', query.subscript)}]`;
  const only = field.attribute?.onlyKind === undefined ? '' : ` WHERE kind = '${field.attribute.onlyKind}'`;
  const inner = `SELECT ${expression} AS value FROM ${dimensionTable(dimension)}${only}`;
  return statement(inner, 'count()', query, params);
}

function statement(
  inner: string,
  count: string,
  query: ValuesQuery,
  params: Params,
  read?: FilterField,
): CompiledValues {
  const matches = read?.kind === 'country' || read?.kind === 'mac' ? '1' : startsWith('value', query.prefix, params);
  const sql = `SELECT value, toFloat64(${count}) AS counted FROM (
${inner}
) WHERE ${matches} GROUP BY value ORDER BY counted DESC, value LIMIT ${query.limit}`;
  return {
    sql,
    params: params.values,
    answer: (rows) =>
      rows
        .map((row) => ({
          value: String(read === undefined ? row.value : groupValue(read, row.value)),
          count: Number(row.counted),
        }))
        .filter((item) => item.value !== '' && item.value.toLowerCase().startsWith(query.prefix.toLowerCase())),
  };
}

function flowValues(field: FilterField, query: ValuesQuery, context: CompileContext): CompiledValues {
  const params = new Params();
  const to = context.now;
  const from = to - HOUR_MS;
  const sides = field.ends ?? [field];
  const parts = sides.map((side) => {
    const chosen = plan({ from, to, needs: [{ column: side.column }], resolution: 'auto' }, context);
    const raw = matching({ plan: chosen, filter: undefined, columns: [side.column], sums: ['flows'] }, params);
    // Numbers as text, so that what is typed can be compared; addresses without their IPv6 prefix.
    const shown = side.kind === 'country' || side.kind === 'mac' ? 'k0' : groupSql(side, 'k0');
    const value = side.kind === 'addr' ? `replaceRegexpOne(${shown}, '^::ffff:', '')` : `toString(${shown})`;
    return `SELECT ${value} AS value, sum(s0) AS flows FROM (\n${raw.sql}\n) GROUP BY k0`;
  });
  return statement(parts.join('\nUNION ALL\n'), 'sum(flows)', query, params, field);
}
