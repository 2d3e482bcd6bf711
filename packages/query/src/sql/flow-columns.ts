// The columns of flow records in answers: every stored field in a form that JSON carries, and the names of what keys name.
import { ATTRIBUTE_FIELDS, FIELDS, type Field } from '@weir/record';
import type { Flow } from '../answers.ts';
import { CATALOGUE } from '../language/index.ts';
import { addressText, groupValue } from './group.ts';
import { attributeOf, identifier } from './names.ts';

/** Fields of flows that are in the table. */
export function storedFields(present: ReadonlySet<string>): Field[] {
  return FIELDS.filter((field) => present.has(field.name));
}

/** SQL of a stored field as an answer carries it. */
function fieldSql(field: Field): string {
  switch (field.kind) {
    case 'time':
      return `toUnixTimestamp64Milli(${field.name})`;
    case 'str':
      return attributeOf('strings', 'text', field.name);
    case 'list(addr)':
      return `arrayMap(item -> toString(item), ${field.name})`;
    case 'addr':
      return `toString(${field.name})`;
    default:
      return field.name;
  }
}

/** SELECT list over a row of flows: fields as `f_<name>`, attributes as `a_<name>`. */
export function flowSelect(present: ReadonlySet<string>): string[] {
  return [
    ...storedFields(present).map((field) => `${fieldSql(field)} AS ${identifier(`f_${field.name}`)}`),
    ...ATTRIBUTE_FIELDS.filter((attribute) => present.has(attribute.key)).map(
      (attribute) =>
        `${attributeOf(attribute.dimension, attribute.attribute, attribute.key, attribute.onlyKind)} AS ${identifier(`a_${attribute.name}`)}`,
    ),
  ];
}

/** Counters: 64 bits in the store, numbers in answers (exact to 2^53). */
function isCounter(field: Field): boolean {
  return field.kind === 'time' || field.unit !== undefined;
}

function fieldValue(field: Field, value: unknown): string | number | (string | number)[] {
  if (field.kind === 'list(addr)') return (value as unknown[]).map((item) => addressText(String(item)));
  if (field.kind === 'list(u32)') return (value as unknown[]).map(Number);
  if (isCounter(field)) return Number(value);
  const known = CATALOGUE.fields.get(field.name);
  return known === undefined ? String(value) : groupValue(known, value);
}

const absent = (value: string | number | readonly unknown[]): boolean =>
  value === 0 || value === '' || value === '0' || (typeof value === 'object' && value.length === 0);

/** A flow of an answer from a row of the result: what is absent is left out. */
export function flowOf(row: Readonly<Record<string, unknown>>, present: ReadonlySet<string>): Flow {
  const flow: Flow = {};
  for (const field of storedFields(present)) {
    const value = fieldValue(field, row[`f_${field.name}`]);
    if (!absent(value)) flow[field.name] = value;
  }
  for (const { name } of ATTRIBUTE_FIELDS) {
    const value = row[`a_${name}`];
    if (typeof value === 'string' && value !== '') flow[name] = value;
  }
  return flow;
}
