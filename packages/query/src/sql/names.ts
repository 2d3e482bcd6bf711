// Names of what keys name, in SQL. Filters look names up in the dimension tables; answers in the dictionaries over them.
//
// Filters use `SELECT key … FINAL`: a dimension row may be there more than once and only the newest stands, and a filter must
// not be behind by the dictionary's reload. The tables are small beside the flows, and the set is made once a query.
// Answers use dictionaries because there a key must become a name for each group.
import type { DimensionName } from '@weir/record';

export const DATABASE = 'weir';

/** A dimension table with one row a key. */
export function dimensionTable(dimension: DimensionName): string {
  return `${DATABASE}.${dimension} FINAL`;
}

/** SQL of a text attribute of the key in `key`; empty when the key is unknown. */
export function attributeOf(dimension: DimensionName, attribute: string, key: string, onlyKind?: string): string {
  return attributeFrom((name) => `dictGet('${DATABASE}.${dimension}_dict', '${name}', ${key})`, attribute, onlyKind);
}

/** The same where `read` gives the SQL of any of the dimension's attributes. */
export function attributeFrom(read: (attribute: string) => string, attribute: string, onlyKind?: string): string {
  return onlyKind === undefined ? read(attribute) : `if(${read('kind')} = '${onlyKind}', ${read(attribute)}, '')`;
}

/** An identifier in backticks where ClickHouse could take it for a word of its own (`group`, `kind`). */
export function identifier(name: string): string {
  return `\`${name}\``;
}
