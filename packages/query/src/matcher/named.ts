// Conditions on what keys name: attributes and labels, keys themselves, and texts that exporters send.
import { type Key, keyFromText, stringKey } from '@weir/record';
import type { Comparison } from '../language/ast.ts';
import { NAME_ATTRIBUTE } from '../language/catalogue.ts';
import { fieldOf, wordColumn } from './columns.ts';
import type { NamedRow } from './names.ts';
import { anyOf, type Condition, constantly, type RowTest } from './row-test.ts';
import { type TextTest, textTest } from './texts.ts';
import { WideSet } from './wide.ts';

const NO_LABELS: ReadonlyMap<string, string> = new Map();

/** An attribute, or a label, of what a key names: empty for keys without a row. */
export function attributeCondition(node: Comparison): Condition {
  const { operator, values, subscript, field } = node;
  const { attribute = '', onlyKind } = field.attribute ?? {};
  if (operator === 'has') {
    const label = values[0].type === 'text' ? values[0].text : '';
    return rowCondition(node, (named) => named?.labels?.has(label) === true);
  }
  const test = textTest(node, values);
  if (subscript !== undefined)
    return rowCondition(node, (named) => test((named?.labels ?? NO_LABELS).get(subscript) ?? ''));
  const empty = test('');
  return rowCondition(node, (named) => {
    if (named === undefined || (onlyKind !== undefined && named.attributes.kind !== onlyKind)) return empty;
    return test(named.attributes[attribute] ?? '');
  });
}

/** A text that exporters send: equality compares the hashes of it, so that it holds before the text itself is known. */
export function storedTextCondition(node: Comparison): Condition {
  const { operator, values } = node;
  if (operator === '=' || operator === 'in') {
    const texts = values.map((value) => (value.type === 'text' ? value.text : ''));
    return keysCondition(
      node,
      texts.map((text) => (text === '' ? { lo: 0, hi: 0 } : stringKey(text))),
    );
  }
  const test = textTest(node, values);
  return rowCondition(node, (named) => test(named?.attributes.text ?? ''));
}

/** A key compared with itself, or with the name (for exporters also the address) of what it names. */
export function keyCondition(node: Comparison): Condition {
  const { dimension = 'entities' } = node.field;
  const keys = node.values.flatMap((value) => {
    if (value.type === 'number') return [keyFromText(value.number)];
    return value.type === 'text' && value.text === '' ? [{ lo: 0, hi: 0 }] : [];
  });
  const names = node.values.filter((value) => value.type === 'text' && value.text !== '');
  const networks = node.values.filter((value) => value.type === 'network');
  const conditions: Condition[] = keys.length === 0 ? [] : [keysCondition(node, keys)];
  const named = (attribute: string, test: TextTest) =>
    conditions.push(rowCondition(node, (row) => row !== undefined && test(row.attributes[attribute] ?? '')));
  if (names.length > 0) {
    const test = textTest(node, names);
    named(NAME_ATTRIBUTE[dimension], test);
    if (dimension === 'exporters') named('address', test);
  }
  if (networks.length > 0) named('address', textTest(node, networks));
  return (batch, known) => anyOf(conditions.map((condition) => condition(batch, known)));
}

/** Whether a key is one of these. */
function keysCondition(node: Comparison, keys: readonly Key[]): Condition {
  const field = fieldOf(node);
  const wanted = new WideSet(keys);
  const zero = constantly(wanted.has(0, 0));
  return (batch) => {
    const words = wordColumn(batch, field);
    return words === undefined ? zero : (row) => wanted.has(words[row * 2], words[row * 2 + 1]);
  };
}

function rowCondition(node: Comparison, test: (named: NamedRow | undefined) => boolean): Condition {
  const field = fieldOf(node);
  const unnamed = constantly(test(undefined));
  return (batch, names): RowTest => {
    if (!batch.has(field)) return unnamed;
    const find = names.over(batch, field);
    return (row) => test(find(row));
  };
}
