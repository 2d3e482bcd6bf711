// Which key stands for a key, so that two keys are equal if and only if the answer shows the same of them. Grouping can then
// happen once, by keys of fixed width, and names are looked up for the rows of the answer only.
//
// Keys that show names become the least key with the same names: pairs of 5,000 pods are 25 million groups, pairs of 20 namespaces
// 400. `transform` with constant arrays is a look-up in one hash table; it was three to five times as fast as `dictGet` of the
// text for each row.
import type { DimensionName } from '@weir/record';
import type { FilterField } from '../language/catalogue.ts';
import { attributeFrom, DATABASE, identifier } from './names.ts';

export interface Canonical {
  /** Scalar subquery of two arrays, keys and what stands for each. None where none is needed. */
  readonly arrays?: string;
  /** SQL of the key that stands for `key`, where the arrays have the name `arrays` with `_from` and `_to` behind it. */
  sql(key: string, arrays: string): string;
}

/** What stands for a key: `dimension`'s rows say so by `standsFor`, an expression over a row; of a key without row `unknown` does. */
export function byDictionary(dimension: DimensionName, standsFor: string, unknown: string): Canonical {
  const all = (column: string) => `arrayConcat([toUInt64(0)], groupArray(${column}))`;
  return {
    // The first pair keeps the arrays filled, and key 0 what it is: no name.
    arrays:
      `(SELECT (${all('key')}, ${all('stands_for')}) FROM (` +
      `SELECT key, ${standsFor} AS stands_for FROM dictionary('${DATABASE}.${dimension}_dict')))`,
    sql: (key, arrays) => `transform(${key}, ${arrays}_from, ${arrays}_to, ${unknown})`,
  };
}

/** Of the rows that show the same, the least key. */
export const leastKey = (shown: readonly string[]): string => `min(key) OVER (PARTITION BY ${shown.join(', ')})`;

/**
 * For the fields of an answer: how the keys of their columns become canonical. Columns that are not in it are so already, because
 * the answer shows them as they are.
 */
export function canonicalColumns(fields: readonly FilterField[]): Map<string, Canonical> {
  const canonical = new Map<string, Canonical>();
  for (const column of new Set(fields.map((field) => field.column))) {
    const way = canonicalOf(fields.filter((field) => field.column === column));
    if (way !== undefined) canonical.set(column, way);
  }
  return canonical;
}

/** For fields over one column. */
function canonicalOf(fields: readonly FilterField[]): Canonical | undefined {
  const [{ kind, dimension }] = fields;
  if (dimension === undefined) return undefined;
  const attributes = fields.flatMap(({ attribute }) => (attribute === undefined ? [] : [attribute]));
  if (attributes.length < fields.length) {
    // A text's key is the hash of it. One whose text is yet to come shows as empty, as no text does.
    return kind === 'text' && attributes.length === 0
      ? { sql: (key) => `if(dictHas('${DATABASE}.${dimension}_dict', ${key}), ${key}, 0)` }
      : undefined;
  }
  const shown = attributes.map(({ attribute, onlyKind }) => attributeFrom(identifier, attribute, onlyKind));
  const distinct = [...new Set(shown)].sort();
  // What shows nothing is one group with keys without a row, and with key 0.
  const empty = distinct.map((expression) => `${expression} = ''`).join(' AND ');
  return byDictionary(dimension, `if(${empty}, 0, ${leastKey(distinct)})`, 'toUInt64(0)');
}
