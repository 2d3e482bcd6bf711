// Filter text to AST: the Lezer tree gives the shape, the catalogue the meaning of names and values.
import type { SyntaxNode } from '@lezer/common';
import { nearest } from '@weir/record';
import type { Comparison, Filter, FilterError, FilterValue } from './ast.ts';
import { CATALOGUE, type Catalogue, type FilterField } from './catalogue.ts';
import * as term from './gen/filter.terms.ts';
import { parser } from './gen/filter.ts';
import { KIND_WORDS, operatorOf, operatorsOf } from './operators.ts';
import { syntaxError } from './syntax-errors.ts';
import { readValue } from './values.ts';

/** Longest filter, in UTF-16 units. */
export const MAX_FILTER_LENGTH = 16_384;
/** Deepest nesting of parentheses and `not`. */
export const MAX_FILTER_DEPTH = 64;
/** Most comparisons in one filter; a list of values is one. */
export const MAX_COMPARISONS = 256;
const MAX_ERRORS = 20;

export interface ParsedFilter {
  /** Undefined for an empty filter (everything matches) and when there are errors. */
  readonly ast: Filter | undefined;
  /** In order of position; empty when the filter is good. */
  readonly errors: readonly FilterError[];
}

/** Reads a filter. Never throws: what is wrong is in `errors`, with positions in `text`. */
export function parseFilter(text: string, catalogue: Catalogue = CATALOGUE): ParsedFilter {
  if (text.length > MAX_FILTER_LENGTH) {
    const message = `The filter is longer than ${MAX_FILTER_LENGTH} characters`;
    return { ast: undefined, errors: [{ message, from: MAX_FILTER_LENGTH, to: text.length }] };
  }
  const broken = unparsable(text);
  if (broken !== undefined) return { ast: undefined, errors: [broken] };
  const tree = parser.parse(text);
  const reader = new Reader(text, catalogue);
  const syntax = syntaxError(tree, text);
  if (syntax !== undefined) reader.errors.push(syntax);
  const top = tree.topNode.getChild(term.Disjunction);
  const ast = top === null ? undefined : reader.filter(top, 0);
  const errors = reader.errors.sort((a, b) => a.from - b.from || a.to - b.to).slice(0, MAX_ERRORS);
  return { ast: errors.length > 0 ? undefined : ast, errors };
}

/**
 * Parentheses nested too deep and texts without an end, found without parsing: a hostile text must not reach anything
 * that recurses.
 */
function unparsable(text: string): FilterError | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"' || char === "'") {
      const start = at;
      for (at++; at < text.length && text[at] !== char; at++) if (text[at] === '\\') at++;
      if (at >= text.length) return { message: 'This text has no closing quote', from: start, to: text.length };
    } else if (char === '#' || (char === '-' && text[at + 1] === '-' && !/[^\s()\],]/.test(text[at - 1] ?? ' '))) {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (char === ')') depth--;
    else if (char === '(' && ++depth > MAX_FILTER_DEPTH) return deepError(at, at + 1);
  }
  return undefined;
}

const deepError = (from: number, to: number): FilterError => ({
  message: `Nested deeper than ${MAX_FILTER_DEPTH} levels`,
  from,
  to,
});

class Reader {
  readonly errors: FilterError[] = [];
  readonly #text: string;
  readonly #catalogue: Catalogue;
  #comparisons = 0;

  constructor(text: string, catalogue: Catalogue) {
    this.#text = text;
    this.#catalogue = catalogue;
  }

  /** A condition; undefined where it has an error. */
  filter(node: SyntaxNode, depth: number): Filter | undefined {
    if (depth > MAX_FILTER_DEPTH * 3) {
      this.errors.push(deepError(node.from, node.to));
      return undefined;
    }
    switch (node.type.id) {
      case term.Disjunction:
      case term.Conjunction:
        return this.#parts(node, depth);
      case term.Group: {
        const inner = node.getChild(term.Disjunction);
        return inner === null ? undefined : this.filter(inner, depth + 1);
      }
      case term.Negation: {
        const inner = conditions(node)[0];
        const part = inner === undefined ? undefined : this.filter(inner, depth + 1);
        return part === undefined ? undefined : { type: 'not', part, from: node.from, to: node.to };
      }
      case term.Comparison:
        return this.#comparison(node);
      default:
        return undefined;
    }
  }

  #parts(node: SyntaxNode, depth: number): Filter | undefined {
    const type = node.type.id === term.Disjunction ? 'or' : 'and';
    const parts: Filter[] = [];
    const children = conditions(node);
    for (const child of children) {
      const part = this.filter(child, depth + 1);
      if (part !== undefined) parts.push(part);
    }
    if (parts.length < children.length || parts.length === 0) return undefined;
    return parts.length === 1 ? parts[0] : { type, parts, from: node.from, to: node.to };
  }

  #comparison(node: SyntaxNode): Comparison | undefined {
    if (++this.#comparisons > MAX_COMPARISONS) {
      if (this.#comparisons === MAX_COMPARISONS + 1) {
        this.errors.push({ message: `More than ${MAX_COMPARISONS} comparisons`, from: node.from, to: node.to });
      }
      return undefined;
    }
    const fieldNode = node.getChild(term.Field);
    const nameNode = fieldNode?.getChild(term.Word);
    if (!fieldNode || !nameNode) return undefined;
    const field = this.#field(nameNode, fieldNode);
    const operatorNode = node.getChild(term.Operator);
    const operatorText = operatorNode === null ? '' : this.#slice(operatorNode).toLowerCase();
    const spelled = operatorOf(operatorText.replace(/^not(?![a-z])\s*/, ''));
    const list = node.getChild(term.List);
    const valueNodes = list === null ? valuesOf(node) : valuesOf(list);
    if (field === undefined || operatorNode === null || spelled === undefined || valueNodes.length === 0)
      return undefined;

    const [operator, flipped] = spelled;
    if (!operatorsOf(field).includes(operator)) {
      this.errors.push({
        message: `${field.name} is ${KIND_WORDS[field.kind]}: it takes ${operatorsOf(field).join(' ')}, not "${operator}"`,
        from: operatorNode.from,
        to: operatorNode.to,
      });
      return undefined;
    }
    if (list !== null && operator !== 'in' && operator !== '<<') {
      this.errors.push({
        message: `A list of values goes with "in", not with "${operator}"`,
        suggestion: flipped ? 'not in' : 'in',
        from: operatorNode.from,
        to: operatorNode.to,
      });
      return undefined;
    }
    const subscriptNode = fieldNode.getChild(term.Subscript);
    const subscriptValue = subscriptNode === null ? undefined : valuesOf(subscriptNode)[0];
    if (!this.#subscriptFits(field, fieldNode, subscriptValue !== undefined, operator === 'has')) return undefined;

    const values: FilterValue[] = [];
    for (const valueNode of valueNodes) {
      const read = readValue(field, operator, this.#value(valueNode));
      if ('message' in read) this.errors.push({ ...read, from: valueNode.from, to: valueNode.to });
      else values.push({ ...read, from: valueNode.from, to: valueNode.to });
    }
    if (values.length < valueNodes.length) return undefined;
    const negated = operatorText.startsWith('not') !== flipped;
    const { from, to } = node;
    const subscript = subscriptValue === undefined ? {} : { subscript: this.#value(subscriptValue) };
    return { type: 'comparison', field, ...subscript, operator, negated, values, from, to };
  }

  #subscriptFits(field: FilterField, node: SyntaxNode, given: boolean, has: boolean): boolean {
    const wanted = field.kind === 'labels' && !has;
    if (given === wanted) return true;
    const message = wanted
      ? `${field.name} needs the name of a label: ${field.name}["app"]`
      : given && field.kind === 'labels'
        ? `${field.name} has "app" asks whether there is such a label: without brackets`
        : `${field.name} is not a set of labels: only label, src_label and dst_label take ["name"]`;
    this.errors.push({ message, from: node.from, to: node.to });
    return false;
  }

  #field(nameNode: SyntaxNode, fieldNode: SyntaxNode): FilterField | undefined {
    const name = this.#slice(nameNode);
    const found = this.#catalogue.fields.get(name.toLowerCase());
    if (found !== undefined) return found;
    const suggestion = suggestField(name, this.#catalogue);
    const { from, to } = nameNode;
    const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
    this.errors.push({
      message: `There is no field "${name}"${hint}`,
      ...(suggestion === undefined ? {} : { suggestion }),
      from,
      to: fieldNode.getChild(term.Subscript) === null ? to : nameNode.to,
    });
    return undefined;
  }

  #slice(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  /** Text of a value: words as they are, quoted texts without quotes. */
  #value(node: SyntaxNode): string {
    const raw = this.#slice(node);
    if (node.type.id === term.Bracketed) return raw.slice(1, -1);
    return node.type.id === term.String ? unquote(raw) : raw;
  }
}

/** Takes the quotes off. A backslash keeps its meaning for patterns unless it stands before a quote or a backslash. */
export function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(["'\\])/g, '$1');
}

/** The text in quotes where the language needs them. */
export function quote(text: string): string {
  if (
    /^[a-zA-Z0-9_:][a-zA-Z0-9_:./-]*$/.test(text) &&
    !/^(and|or|not|in|like|has)$/i.test(text) &&
    !text.includes('--')
  ) {
    return text;
  }
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** The field that was perhaps meant: what another system calls it, else the nearest name. */
export function suggestField(name: string, catalogue: Catalogue = CATALOGUE): string | undefined {
  return (
    catalogue.elsewhere.get(name) ??
    catalogue.elsewhere.get(name.toLowerCase()) ??
    // Anything is near to a name of two letters.
    (name.length < 3 ? undefined : nearest(name, catalogue.fields.keys()))
  );
}

const CONDITIONS: ReadonlySet<number> = new Set([
  term.Disjunction,
  term.Conjunction,
  term.Negation,
  term.Group,
  term.Comparison,
]);

function conditions(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (CONDITIONS.has(child.type.id)) out.push(child);
  }
  return out;
}

/** The words and texts that are values directly under a node. */
function valuesOf(node: SyntaxNode): SyntaxNode[] {
  return node
    .getChildren(term.Value)
    .map((value) => value.firstChild)
    .filter((child): child is SyntaxNode => child !== null && !child.type.isError);
}
