// A filter's AST to a test of a row, with exactly the meaning of its SQL (../sql/filter.ts): a condition and its negation are
// opposites, a bare form is true when either end is, and what a key does not name has empty attributes.
import type { Comparison, Filter } from '../language/ast.ts';
import { addressCondition, addressListCondition } from './addresses.ts';
import { attributeCondition, keyCondition, storedTextCondition } from './named.ts';
import { numberCondition, numberListCondition, timeCondition } from './numbers.ts';
import { ALWAYS, allOf, anyOf, type Condition, negate } from './row-test.ts';

/** Compiles a filter. Throws QueryError `bad_filter` for a pattern that RE2 does not take, with its position. */
export function compileMatcher(filter: Filter | undefined): Condition {
  if (filter === undefined) return () => ALWAYS;
  switch (filter.type) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map(compileMatcher);
      const join = filter.type === 'and' ? allOf : anyOf;
      return (batch, names) => join(parts.map((part) => part(batch, names)));
    }
    case 'not': {
      const part = compileMatcher(filter.part);
      return (batch, names) => negate(part(batch, names));
    }
    case 'comparison': {
      const { field, negated } = filter;
      const ends = (field.ends ?? [field]).map((end) => comparison({ ...filter, field: end }));
      const either: Condition = (batch, names) => anyOf(ends.map((end) => end(batch, names)));
      return negated ? (batch, names) => negate(either(batch, names)) : either;
    }
  }
}

/** A comparison of one end, negation aside. */
function comparison(node: Comparison): Condition {
  switch (node.field.kind) {
    case 'text':
    case 'labels':
      return node.field.attribute === undefined ? storedTextCondition(node) : attributeCondition(node);
    case 'key':
      return keyCondition(node);
    case 'addr':
      return addressCondition(node);
    case 'time':
      return timeCondition(node);
    case 'list(u32)':
      return numberListCondition(node);
    case 'list(addr)':
      return addressListCondition(node);
    case 'number':
    case 'code':
    case 'flags':
    case 'mac':
    case 'country':
      return numberCondition(node);
  }
}
