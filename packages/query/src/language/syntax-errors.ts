// Turns the place where the parser lost the thread into a sentence: what was expected there, judged by the word before.
import type { SyntaxNode, Tree } from '@lezer/common';
import type { FilterError } from './ast.ts';
import * as term from './gen/filter.terms.ts';

interface Leaf {
  readonly id: number;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Whether the parser had to skip it. */
  readonly skipped: boolean;
}

/** The tokens of a tree in order, comments left out. */
function leaves(tree: Tree, text: string): Leaf[] {
  const out: Leaf[] = [];
  tree.iterate({
    enter(node) {
      if (node.type.id === term.Comment || node.to === node.from) return;
      if (node.node.firstChild !== null) return;
      let parent: SyntaxNode | null = node.node.parent;
      let skipped = node.type.isError;
      while (parent !== null && !skipped) {
        skipped = parent.type.isError;
        parent = parent.parent;
      }
      // An error node without children is text that is no token at all, such as `;`.
      out.push({ id: node.type.id, name: text.slice(node.from, node.to), from: node.from, to: node.to, skipped });
    },
  });
  return out;
}

/** Position of the first opening parenthesis that is never closed. */
function unclosed(tokens: readonly Leaf[]): Leaf | undefined {
  const open: Leaf[] = [];
  for (const token of tokens) {
    if (token.name === '(') open.push(token);
    else if (token.name === ')') open.pop();
  }
  return open[0];
}

/** The first syntax error of a tree, or undefined when it has none. */
export function syntaxError(tree: Tree, text: string): FilterError | undefined {
  let at: { from: number; to: number } | undefined;
  tree.iterate({
    enter(node) {
      if (at === undefined && node.type.isError) at = { from: node.from, to: node.to };
      return at === undefined;
    },
  });
  if (at === undefined) return undefined;
  const tokens = leaves(tree, text);
  const start = at.from;
  const before = tokens.filter((token) => token.to <= start).at(-1);
  const next = tokens.find((token) => token.from >= start);
  const place =
    next === undefined ? { from: text.trimEnd().length, to: text.length } : { from: next.from, to: next.to };
  const quote = next?.name;

  if (quote === ')' && (before === undefined || before.name !== '(') && openBefore(tokens, place.from) === 0) {
    return { message: 'This parenthesis closes nothing', ...place };
  }
  const here = quote === undefined ? '' : `, not "${quote.length > 40 ? `${quote.slice(0, 40)}…` : quote}"`;
  return {
    message: `${expectation(before, tokens, quote === undefined)}${here}`,
    ...spot(before, tokens, place, quote),
  };
}

function openBefore(tokens: readonly Leaf[], at: number): number {
  let open = 0;
  for (const token of tokens) {
    if (token.from >= at) break;
    if (token.name === '(') open++;
    else if (token.name === ')' && open > 0) open--;
  }
  return open;
}

function spot(
  before: Leaf | undefined,
  tokens: readonly Leaf[],
  place: { from: number; to: number },
  quote: string | undefined,
): { from: number; to: number } {
  const open = quote === undefined && endsCondition(before, tokens) ? unclosed(tokens) : undefined;
  return open === undefined ? place : { from: open.from, to: open.to };
}

const isOperator = (leaf: Leaf): boolean =>
  leaf.id === term.CompareOp || leaf.id === term.In || leaf.id === term.Like || leaf.id === term.Has;

/** Whether a whole condition stands before: after it come only `and`, `or` and `)`. */
function endsCondition(before: Leaf | undefined, tokens: readonly Leaf[]): boolean {
  if (before === undefined) return false;
  if (before.name === ')') return true;
  const previous = tokens[tokens.indexOf(before) - 1];
  return isValue(before.id) && previous !== undefined && isOperator(previous);
}

function expectation(before: Leaf | undefined, tokens: readonly Leaf[], atEnd: boolean): string {
  const condition = 'Expected a condition such as dst_port = 443';
  if (before === undefined) return condition;
  if (isOperator(before)) {
    return before.id === term.In
      ? `Expected values after "${before.name}", such as (80, 443)`
      : `Expected a value after "${before.name}"`;
  }
  if (endsCondition(before, tokens)) {
    if (atEnd && unclosed(tokens) !== undefined) return 'This parenthesis is not closed';
    return 'Expected "and" or "or" here';
  }
  const previous = tokens[tokens.indexOf(before) - 1];
  if (before.id === term.Not && previous?.id === term.Word)
    return 'Expected "in", "like", "has", "~" or "<<" after "not"';
  if (before.id === term.And || before.id === term.Or || before.id === term.Not)
    return `${condition} after "${before.name}"`;
  if (before.name === '(') return previous !== undefined && isOperator(previous) ? 'Expected a value' : condition;
  if (before.name === ',') return 'Expected a value';
  if (before.name === ']') return 'Expected an operator such as = after the label';
  if (before.name === '[') return 'Expected the name of a label';
  if (before.id === term.Word) {
    return inList(tokens, before)
      ? 'Expected "," or ")" in the list'
      : `Expected an operator such as = after "${before.name}"`;
  }
  if (before.id === term.String && inList(tokens, before)) return 'Expected "," or ")" in the list';
  return condition;
}

/** Whether a token stands in the parentheses of `in (…)`. */
function inList(tokens: readonly Leaf[], leaf: Leaf): boolean {
  for (let at = tokens.indexOf(leaf) - 1; at > 0; at--) {
    const token = tokens[at];
    if (token.name === '(') return isOperator(tokens[at - 1]);
    if (token.name !== ',' && !isValue(token.id)) return false;
  }
  return false;
}

const isValue = (id: number): boolean => id === term.Word || id === term.Bracketed || id === term.String;
