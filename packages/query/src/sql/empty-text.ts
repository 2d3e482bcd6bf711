// Whether a text comparison holds for the empty text: what a key that names nothing has for every attribute.
import type { Comparison } from '../language/ast.ts';
import { jsRegex } from '../language/values.ts';

/** Whether the comparison, its negation aside, is true of the empty text. */
export function matchesEmpty(node: Comparison): boolean {
  const [first] = node.values;
  // A network holds no empty text.
  if (first?.type === 'network' && node.operator !== 'in') return false;
  const value = first?.type === 'text' ? first.text : '';
  switch (node.operator) {
    case '=':
    case '<=':
      return node.operator === '<=' ? true : value === '';
    case 'in':
      return node.values.some((item) => item.type === 'text' && item.text === '');
    case '<':
      return value !== '';
    case '>=':
      return value === '';
    case 'like':
      return /^%*$/.test(value);
    case '~':
      return jsRegex(value).test('');
    default:
      return false;
  }
}
