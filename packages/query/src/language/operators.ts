// Which operators go with which kinds of fields.
import type { ComparisonOperator } from './ast.ts';
import type { FilterField, FilterKind } from './catalogue.ts';

const ORDERED: readonly ComparisonOperator[] = ['=', 'in', '<', '<=', '>', '>='];
const TEXT: readonly ComparisonOperator[] = ['=', 'in', '~', 'like', '<', '<=', '>', '>='];

const BY_KIND: Readonly<Record<FilterKind, readonly ComparisonOperator[]>> = {
  number: ORDERED,
  time: ORDERED,
  code: ORDERED,
  mac: ORDERED,
  flags: ['=', 'in', 'has'],
  country: ['=', 'in'],
  addr: ['=', '<<', 'in', '<', '<=', '>', '>='],
  text: TEXT,
  labels: ['=', 'in', '~', 'like', 'has'],
  key: ['=', 'in', '~', 'like'],
  'list(u32)': ['has', '=', 'in'],
  'list(addr)': ['has', '=', 'in', '<<'],
};

/** Operators that a field takes, the most used first. */
export function operatorsOf(field: FilterField): readonly ComparisonOperator[] {
  const operators = BY_KIND[field.kind];
  return hasAddressText(field) ? [...operators, '<<'] : operators;
}

/** Fields whose text is an address: networks can be asked of them. */
export function hasAddressText(field: FilterField): boolean {
  if (field.dimension !== 'exporters') return false;
  return field.kind === 'key' || field.attribute?.attribute === 'address';
}

/** Spelling → operator and whether it negates. */
const SPELLINGS: Readonly<Record<string, readonly [ComparisonOperator, boolean]>> = {
  '=': ['=', false],
  '==': ['=', false],
  '!=': ['=', true],
  '<>': ['=', true],
  '<': ['<', false],
  '<=': ['<=', false],
  '>': ['>', false],
  '>=': ['>=', false],
  '~': ['~', false],
  '=~': ['~', false],
  '!~': ['~', true],
  '<<': ['<<', false],
  '!<<': ['<<', true],
  in: ['in', false],
  like: ['like', false],
  has: ['has', false],
};

/** The operator that a spelling means: lower case, without a leading `not`. */
export function operatorOf(spelling: string): readonly [ComparisonOperator, boolean] | undefined {
  return Object.hasOwn(SPELLINGS, spelling) ? SPELLINGS[spelling] : undefined;
}

/** What a person calls the values of a kind. */
export const KIND_WORDS: Readonly<Record<FilterKind, string>> = {
  number: 'a number',
  code: 'a name or number',
  flags: 'flags',
  addr: 'an address',
  mac: 'a MAC address',
  time: 'a time',
  country: 'a country',
  text: 'a text',
  key: 'a name',
  labels: 'labels',
  'list(u32)': 'a list of numbers',
  'list(addr)': 'a list of addresses',
};
