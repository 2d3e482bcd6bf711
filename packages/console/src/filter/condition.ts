// Conditions that a click adds to the filter: `field = value`, written as the filter language wants them.
import { CATALOGUE, parseFilter, quote } from '@weir/query/language';
import { codeName } from '@weir/record';
import type { Key, Value } from '../api/types.ts';

/** A value as the language writes it: codes by name, texts quoted where they must be. */
export function literal(field: string, value: Value): string {
  if (typeof value === 'number') {
    const kind = CATALOGUE.fields.get(field)?.kind;
    if (kind === 'country') return String.fromCharCode(value >> 8, value & 0xff);
    return (kind === 'code' ? codeName(field, value) : undefined) ?? String(value);
  }
  return quote(value === null ? '' : String(value));
}

/** `src_namespace = shop`. */
export function condition(field: string, value: Value, operator: '=' | '!=' = '='): string {
  return `${field} ${operator} ${literal(field, value)}`;
}

/** The filter with one more condition. A condition that is there already is not added again. */
export function addCondition(filter: string, added: string): string {
  const text = filter.trim();
  if (text === '' || text === added) return added;
  const { ast } = parseFilter(text);
  // Alternatives in parentheses begin after the parenthesis: only bare ones reach from end to end.
  if (ast?.type === 'or' && ast.from === 0 && ast.to === text.length) return `(${text}) and ${added}`;
  if (ast?.type === 'and' && ast.parts.some((part) => text.slice(part.from, part.to) === added)) return text;
  return `${text} and ${added}`;
}

/** The filter narrowed to a group: one condition for each field of its key. */
export function addKey(filter: string, key: Key): string {
  return Object.entries(key).reduce((text, [field, value]) => addCondition(text, condition(field, value)), filter);
}
