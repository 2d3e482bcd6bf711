// Conditions on texts. Patterns are RE2's, as in ClickHouse: texts come from exporters, and RE2 takes time linear in them whatever the
// pattern is.
import { RE2JS, RE2JSException } from 're2js';
import { QueryError } from '../errors.ts';
import type { Comparison, FilterValue } from '../language/ast.ts';
import { networksOf, textInNetworks } from './addresses.ts';

export type TextTest = (text: string) => boolean;

const textOf = (value: FilterValue): string => (value.type === 'text' ? value.text : '');

/** The test of a comparison with texts; a network among the values holds for an address in it. */
export function textTest(node: Pick<Comparison, 'operator'>, values: readonly FilterValue[]): TextTest {
  const networks = networksOf(values);
  const texts = values.filter((value) => value.type !== 'network');
  const plain = texts.length === 0 ? undefined : plainTest(node.operator, texts);
  if (networks.length === 0) return plain ?? (() => false);
  return (text) => plain?.(text) === true || textInNetworks(text, networks);
}

function plainTest(operator: Comparison['operator'], values: readonly FilterValue[]): TextTest {
  const [value] = values;
  const first = textOf(value);
  switch (operator) {
    case '~':
      return patternTest(first, value);
    case 'like':
      return patternTest(likePattern(first), value);
    case '<':
      return (text) => compareTexts(text, first) < 0;
    case '<=':
      return (text) => compareTexts(text, first) <= 0;
    case '>':
      return (text) => compareTexts(text, first) > 0;
    case '>=':
      return (text) => compareTexts(text, first) >= 0;
    default: {
      if (values.length === 1) return (text) => text === first;
      const set = new Set(values.map(textOf));
      return (text) => set.has(text);
    }
  }
}

/** Answers remembered, by text: a pattern costs microseconds, and flows repeat few texts. */
const REMEMBERED = 16_384;

/** `.` takes line breaks too, and a match may be anywhere in the text: ClickHouse's `match`. */
function patternTest(pattern: string, { from, to }: FilterValue): TextTest {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const message = `Not a regular expression: ${error.message.replace(/^error parsing regexp: /, '')}`;
    throw new QueryError('bad_filter', [{ message, from, to }]);
  }
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED) known.clear();
    const found = compiled.test(text);
    known.set(text, found);
    return found;
  };
}

/** A LIKE pattern as a regular expression. A backslash takes the meaning from `%`, `_` and itself; before all else it is itself. */
function likePattern(like: string): string {
  return `^${like.replace(/\\[%_\\]|[\s\S]/g, (part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return RE2JS.quote(part.length === 2 && part[0] === '\\' ? part[1] : part);
  })}$`;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/**
 * The order of the texts' UTF-8 bytes, which is that of their code points. UTF-16 units have it too, but for surrogates: those stand for
 * the highest code points.
 */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}
