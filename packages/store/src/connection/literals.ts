// Bound parameters for the embedded engine. Its own binding keeps parameters in state that all connections of the process share,
// so that bound queries can only run one after the other. Here `{name:Type}` becomes `_CAST('text', 'Type')`, which is what a
// ClickHouse server makes of a parameter too: the text is always one string literal, never SQL.
import { StoreError } from '../store-error.ts';

export type ParamValue = string | number | bigint | boolean | readonly ParamValue[];
export type Params = Readonly<Record<string, ParamValue>>;

/** A ClickHouse string literal: backslash and quote escaped. */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

/** An identifier in backquotes. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** The text of a value, as ClickHouse's text formats have it: plain outside, quoted inside arrays. */
function valueText(value: ParamValue, nested: boolean): string {
  if (Array.isArray(value)) return `[${value.map((item: ParamValue) => valueText(item, true)).join(',')}]`;
  if (typeof value === 'string') return nested ? stringLiteral(value) : value;
  return String(value);
}

// Strings, quoted names and comments are matched so that a parameter's form inside them is left alone.
const TOKENS =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\/|\{\s*(\w+)\s*:\s*([^{}]+?)\s*\}/g;

const TYPE = /^[\w(),.' /+-]+$/;

/**
 * Parameters as ClickHouse takes them in text: 64-bit integers may come as decimal text, which inside an array must not be
 * quoted.
 */
export function integersInArrays(sql: string, params: Params): Record<string, ParamValue> {
  const out: Record<string, ParamValue> = { ...params };
  for (const [, name, type] of sql.matchAll(TOKENS)) {
    if (name === undefined || !/^Array\(U?Int\d+\)$/.test(type)) continue;
    const value = out[name];
    if (!Array.isArray(value)) continue;
    out[name] = value.map((item: ParamValue) => (/^-?\d+$/.test(String(item)) ? BigInt(String(item)) : item));
  }
  return out;
}

/** SQL with the parameters put in. Throws StoreError `bad_query` for one that has no value. */
export function bindLiterals(sql: string, params: Readonly<Record<string, unknown>>): string {
  return sql.replace(TOKENS, (token: string, name?: string, type?: string) => {
    if (name === undefined || type === undefined) return token;
    if (!Object.hasOwn(params, name)) throw new StoreError('bad_query', `the query's parameter ${name} has no value`);
    if (!TYPE.test(type)) throw new StoreError('bad_query', `the query's parameter ${name} has an unknown type`);
    const value = params[name] as ParamValue;
    if (type === 'Identifier') return identifier(String(value));
    return `_CAST(${stringLiteral(valueText(value, false))}, ${stringLiteral(type)})`;
  });
}
