// Fields to group by: which column is grouped by first, and how its value becomes what the answer says.
import { formatMac } from '@weir/record';
import type { GroupKey } from '../answers.ts';
import type { FilterField } from '../language/catalogue.ts';
import { attributeOf } from './names.ts';

/** SQL of a group's value, from the SQL of its raw column. */
export function groupSql(field: FilterField, raw: string): string {
  const { attribute, dimension } = field;
  if (attribute !== undefined) {
    return attributeOf(attribute.dimension, attribute.attribute, raw, attribute.onlyKind);
  }
  if (field.kind === 'text' && dimension !== undefined) return attributeOf(dimension, 'text', raw);
  // 64-bit numbers go as text: JSON numbers would lose their low bits.
  if (field.columnType === 'UInt64' || field.kind === 'addr') return `toString(${raw})`;
  return raw;
}

/** Value of a group as the answer has it, from what the store gave. */
export function groupValue(field: FilterField, value: unknown): string | number {
  if (field.kind === 'addr') return addressText(String(value));
  if (field.kind === 'mac') return macText(String(value));
  if (field.kind === 'country') return countryText(Number(value));
  return typeof value === 'number' ? value : String(value ?? '');
}

/** An address as people write it: IPv4 without its IPv6 prefix, empty when absent. */
export function addressText(text: string): string {
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text === '::' ? '' : text;
}

/** `aa:bb:cc:dd:ee:ff` of the decimal text of 48 bits, empty when zero. */
export function macText(decimal: string): string {
  const value = BigInt(decimal === '' ? 0 : decimal);
  return value === 0n ? '' : formatMac(Number(value & 0xffffffffn), Number(value >> 32n));
}

/** Two letters of a country, empty when unknown. */
export function countryText(value: number): string {
  return value === 0 ? '' : String.fromCharCode(value >> 8, value & 0xff);
}

/** Key of an answer's row from a row of the result, whose columns g0, g1, … are the groups. */
export function groupKey(fields: readonly FilterField[], row: Readonly<Record<string, unknown>>): GroupKey {
  return Object.fromEntries(fields.map((field, index) => [field.name, groupValue(field, row[`g${index}`])]));
}

/** Key of the "other" row. */
export function otherKey(fields: readonly FilterField[]): GroupKey {
  return Object.fromEntries(fields.map((field) => [field.name, null]));
}
