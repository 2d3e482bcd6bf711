// A filter's AST to a SQL condition. Values are bound parameters; identifiers come from the catalogue only.
// A condition and its negation are exact opposites: `!=` is NOT of `=`, and what a key does not name has empty attributes.
import { keyText, stringKey } from '@weir/record';
import type { Comparison, Filter, FilterValue } from '../language/ast.ts';
import type { FilterField } from '../language/catalogue.ts';
import { NAME_ATTRIBUTE } from '../language/catalogue.ts';
import { addressRange } from '../language/networks.ts';
import { matchesEmpty } from './empty-text.ts';
import { dimensionTable, identifier } from './names.ts';
import type { Params } from './params.ts';
import { KEPT_PORTS_BELOW, type Need, type Source } from './source.ts';

/** SQL of a filter over the rows of a source; `1` for the empty filter. */
export function filterSql(filter: Filter | undefined, source: Source, params: Params): string {
  return filter === undefined ? '1' : condition(filter, source, params);
}

function condition(filter: Filter, source: Source, params: Params): string {
  switch (filter.type) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => condition(part, source, params));
      return `(${parts.join(filter.type === 'and' ? ' AND ' : ' OR ')})`;
    }
    case 'not':
      return `NOT ${condition(filter.part, source, params)}`;
    case 'comparison': {
      const { field } = filter;
      const sides = field.ends ?? [field];
      const positive = sides.map((side) => comparison({ ...filter, field: side }, source, params)).join(' OR ');
      return filter.negated ? `NOT (${positive})` : `(${positive})`;
    }
  }
}

/** A comparison of one end, negation aside. */
function comparison(node: Comparison, source: Source, params: Params): string {
  const { field, values, operator } = node;
  const column = source.column(field.column);
  switch (field.kind) {
    case 'text':
    case 'labels':
      return field.attribute === undefined ? storedText(node, column, params) : attribute(node, field, column, params);
    case 'key':
      return key(node, column, params);
    case 'addr':
      return operator === '=' || operator === 'in' || operator === '<<'
        ? addresses(values, column, params)
        : `${column} ${operator} ${address(values[0], params)}`;
    case 'time':
      return anyOf(values, (value) => {
        const ms = params.add('Int64', BigInt(value.type === 'time' ? value.ms : 0));
        return `${column} ${operator === 'in' ? '=' : operator} fromUnixTimestamp64Milli(${ms}, 'UTC')`;
      });
    case 'list(u32)':
      return `hasAny(${column}, ${params.add('Array(UInt32)', values.map(numberOf))})`;
    case 'list(addr)':
      return `arrayExists(item -> ${addresses(values, 'item', params)}, ${column})`;
    case 'number':
    case 'code':
    case 'flags':
    case 'mac':
    case 'country':
      return number(node, column, params);
  }
}

const numberOf = (value: FilterValue): bigint => BigInt(value.type === 'number' ? value.number : 0);
const textOf = (value: FilterValue): string => (value.type === 'text' ? value.text : '');

function anyOf(values: readonly FilterValue[], sql: (value: FilterValue) => string): string {
  return values.length === 1 ? sql(values[0]) : `(${values.map(sql).join(' OR ')})`;
}

function number(node: Comparison, column: string, params: Params): string {
  const type = node.field.columnType;
  if (node.operator === 'in') return `${column} IN ${params.add(`Array(${type})`, node.values.map(numberOf))}`;
  const value = params.add(type, numberOf(node.values[0]));
  return node.operator === 'has' ? `bitAnd(${column}, ${value}) = ${value}` : `${column} ${node.operator} ${value}`;
}

function address(value: FilterValue, params: Params): string {
  const text =
    value.type === 'address' ? value.address : value.type === 'network' ? addressRange(value.network).first : '';
  return params.add('IPv6', text === '' ? '::' : text);
}

/** Any of the addresses and networks. */
function addresses(values: readonly FilterValue[], column: string, params: Params): string {
  const parts: string[] = [];
  const single = values.filter((value) => value.type !== 'network');
  if (single.length === 1) parts.push(`${column} = ${address(single[0], params)}`);
  else if (single.length > 1) {
    const list = single.map((value) => (value.type === 'address' && value.address !== '' ? value.address : '::'));
    parts.push(`${column} IN ${params.add('Array(IPv6)', list)}`);
  }
  for (const value of values) {
    if (value.type !== 'network') continue;
    const { first, last } = addressRange(value.network);
    parts.push(`${column} BETWEEN ${params.add('IPv6', first)} AND ${params.add('IPv6', last)}`);
  }
  return parts.length === 1 ? parts[0] : `(${parts.join(' OR ')})`;
}

/** SQL of a text predicate; a network among the values holds for an address in it. */
function text(
  operator: Comparison['operator'],
  values: readonly FilterValue[],
  expression: string,
  params: Params,
): string {
  const texts = values.filter((value) => value.type !== 'network');
  const parts = texts.length === 0 ? [] : [plainText(operator, texts, expression, params)];
  for (const value of values) {
    if (value.type !== 'network') continue;
    const { first, last } = addressRange(value.network);
    const parsed = `toIPv6OrDefault(${expression})`;
    parts.push(
      `(${expression} != '' AND ${parsed} BETWEEN ${params.add('IPv6', first)} AND ${params.add('IPv6', last)})`,
    );
  }
  return parts.length === 1 ? parts[0] : `(${parts.join(' OR ')})`;
}

function plainText(
  operator: Comparison['operator'],
  values: readonly FilterValue[],
  expression: string,
  params: Params,
): string {
  switch (operator) {
    case 'in':
      return `${expression} IN ${params.add('Array(String)', values.map(textOf))}`;
    case '~':
      return `match(${expression}, ${params.add('String', textOf(values[0]))})`;
    case 'like':
      return `${expression} LIKE ${params.add('String', textOf(values[0]))}`;
    default:
      return `${expression} ${operator} ${params.add('String', textOf(values[0]))}`;
  }
}

/** Keys of a dimension's rows of which a predicate holds. */
const keysWhere = (field: FilterField, predicate: string): string =>
  `(SELECT key FROM ${dimensionTable(field.dimension ?? 'entities')} WHERE ${predicate})`;

/** An attribute, or a label, of what a key names. */
function attribute(node: Comparison, field: FilterField, column: string, params: Params): string {
  const name = identifier(field.attribute?.attribute ?? '');
  const kind = field.attribute?.onlyKind;
  const only = kind === undefined ? '' : `kind = '${kind}' AND `;
  if (node.operator === 'has') {
    const label = params.add('String', textOf(node.values[0]));
    return `${column} IN ${keysWhere(field, `mapContains(${name}, ${label})`)}`;
  }
  const expression = node.subscript === undefined ? name : `${name}[${params.add('String', node.subscript)}]`;
  const predicate = text(node.operator, node.values, expression, params);
  // Keys that no row names count as empty: then it is the rows that do not match which are listed.
  return matchesEmpty(node)
    ? `${column} NOT IN ${keysWhere(field, `${only}NOT (${predicate})`)}`
    : `${column} IN ${keysWhere(field, `${only}${predicate}`)}`;
}

/** A text that exporters send: the column holds the hash of it, so that equality needs no look-up. */
function storedText(node: Comparison, column: string, params: Params): string {
  const hash = (value: FilterValue): bigint => (textOf(value) === '' ? 0n : BigInt(keyText(stringKey(textOf(value)))));
  if (node.operator === '=') return `${column} = ${params.add('UInt64', hash(node.values[0]))}`;
  if (node.operator === 'in') return `${column} IN ${params.add('Array(UInt64)', node.values.map(hash))}`;
  const predicate = text(node.operator, node.values, 'text', params);
  return matchesEmpty(node)
    ? `${column} NOT IN ${keysWhere(node.field, `NOT (${predicate})`)}`
    : `${column} IN ${keysWhere(node.field, predicate)}`;
}

/** A key compared with itself in decimal, or with the name (for exporters also the address) of what it names. */
function key(node: Comparison, column: string, params: Params): string {
  const { field, values, operator } = node;
  const parts: string[] = [];
  const keys = values.filter((value) => value.type === 'number');
  if (keys.length > 0) parts.push(`${column} IN ${params.add('Array(UInt64)', keys.map(numberOf))}`);
  if (values.some((value) => value.type === 'text' && value.text === '')) parts.push(`${column} = 0`);
  const names = values.filter((value) => value.type === 'text' && value.text !== '');
  const networks = values.filter((value) => value.type === 'network');
  const predicates: string[] = [];
  if (names.length > 0) {
    predicates.push(text(operator, names, identifier(NAME_ATTRIBUTE[field.dimension ?? 'entities']), params));
    if (field.dimension === 'exporters') predicates.push(text(operator, names, 'address', params));
  }
  if (networks.length > 0) predicates.push(text(operator, networks, 'address', params));
  if (predicates.length > 0) parts.push(`${column} IN ${keysWhere(field, predicates.join(' OR '))}`);
  return parts.length === 1 ? parts[0] : `(${parts.join(' OR ')})`;
}

/** Columns that a filter reads. */
export function filterNeeds(filter: Filter | undefined): Need[] {
  if (filter === undefined) return [];
  if (filter.type === 'not') return filterNeeds(filter.part);
  if (filter.type !== 'comparison') return filter.parts.flatMap(filterNeeds);
  const ends = filter.field.ends ?? [filter.field];
  return ends.map((field) => (field.column === 'server_port' ? portNeed(filter) : needOf(field)));
}

/** Roll-ups keep the number of well-known ports only: comparing with others, or by order, takes the flows. */
function portNeed({ operator, values }: Comparison): Need {
  const kept = values.every((value) => numberOf(value) > 0n && numberOf(value) < BigInt(KEPT_PORTS_BELOW));
  return { column: 'server_port', everyPort: !kept || (operator !== '=' && operator !== 'in') };
}

/** What a field reads. */
export function needOf(field: FilterField): Need {
  return { column: field.column };
}
