// What could stand at a position of a filter: fields, operators, known values, or a request for values from the API.
import { codeName } from '@weir/record';
import { CATALOGUE, type Catalogue, type FilterField } from './catalogue.ts';
import * as term from './gen/filter.terms.ts';
import { parser } from './gen/filter.ts';
import { KIND_WORDS, operatorOf, operatorsOf } from './operators.ts';

export interface Completion {
  readonly label: string;
  readonly type: 'field' | 'operator' | 'value' | 'keyword';
  readonly detail?: string;
  /** Text to put in place of [from, pos), where it is not the label. */
  readonly apply?: string;
}

export interface Completions {
  /** Start of the word that the options replace. */
  readonly from: number;
  readonly options: readonly Completion[];
  /** Set where a value is expected that only the store knows: ask `/api/v1/values?field=…&prefix=…`. */
  readonly values?: {
    readonly field: string;
    readonly subscript?: string;
    readonly prefix: string;
    readonly quoted: boolean;
  };
}

interface Token {
  readonly id: number;
  readonly text: string;
  readonly from: number;
}

/** Options at `pos`. Options are not narrowed by what is typed already: the editor does that. */
export function completions(text: string, pos: number, catalogue: Catalogue = CATALOGUE): Completions {
  const head = text.slice(0, pos);
  const tokens = tokensOf(head);
  let from = pos;
  let typed = '';
  const last = tokens.at(-1);
  if (last !== undefined && isWordLike(last) && last.from + last.text.length === pos) {
    tokens.pop();
    from = last.from;
    typed = last.text;
  }
  const before = tokens.at(-1);
  const place = placeOf(tokens, catalogue);
  switch (place.expects) {
    case 'condition':
      return { from, options: [...fieldOptions(catalogue), { label: 'not', type: 'keyword' }] };
    case 'operator':
      return { from, options: operatorOptions(place.field, before?.id === term.Not) };
    case 'connective':
      return { from, options: ['and', 'or'].map((label) => ({ label, type: 'keyword' as const })) };
    case 'value':
      return valueOptions(place.field, place.subscript, from, typed);
    case 'label':
      return {
        from,
        options: [],
        ...(place.field === undefined
          ? {}
          : { values: { field: place.field.name, prefix: typed.replace(/^["']/, ''), quoted: /^["']/.test(typed) } }),
      };
  }
}

const isWordLike = (token: Token): boolean =>
  token.id === term.Word || token.id === 0 || (token.id >= term.And && token.id <= term.Has);

/** Tokens before the position. A text whose quote is still open is one token with id 0. */
function tokensOf(head: string): Token[] {
  const open = /(?:^|[\s(,[=~<>!])(["'])(?:(?!\1)[^\\]|\\.)*$/.exec(head);
  const balanced = open === null || quotesClosed(head);
  const cut = balanced ? head : head.slice(0, head.indexOf(open[1], open.index));
  const tokens: Token[] = [];
  parser.parse(cut).iterate({
    enter(node) {
      if (node.from === node.to || node.node.firstChild !== null || node.type.id === term.Comment) return;
      tokens.push({ id: node.type.id, text: cut.slice(node.from, node.to), from: node.from });
    },
  });
  if (!balanced) tokens.push({ id: 0, text: head.slice(cut.length), from: cut.length });
  return tokens;
}

function quotesClosed(text: string): boolean {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    if (quote !== '') {
      if (text[at] === '\\') at++;
      else if (text[at] === quote) quote = '';
    } else if (text[at] === '"' || text[at] === "'") quote = text[at];
  }
  return quote === '';
}

type Place =
  | { readonly expects: 'condition' | 'connective' }
  | {
      readonly expects: 'operator' | 'value' | 'label';
      readonly field: FilterField | undefined;
      readonly subscript?: string;
    };

/** Walks the tokens as the grammar would, forgiving everything. */
function placeOf(tokens: readonly Token[], catalogue: Catalogue): Place {
  let place = { expects: 'condition' } as Place;
  let inList = false;
  for (const [index, token] of tokens.entries()) {
    if (token.id === term.And || token.id === term.Or) place = { expects: 'condition' };
    else if (place.expects === 'condition' && token.id === term.Word) {
      place = { expects: 'operator', field: catalogue.fields.get(token.text.toLowerCase()) };
    } else if (token.text === '[' && place.expects === 'operator') place = { ...place, expects: 'label' };
    else if (token.text === ']' && place.expects === 'label') {
      place = { ...place, expects: 'operator', subscript: tokens[index - 1].text.replace(/^["']|["']$/g, '') };
    } else if (place.expects === 'operator' && operatorOf(token.text.toLowerCase()) !== undefined) {
      place = { ...place, expects: 'value' };
      inList = false;
    } else if (place.expects === 'value' && token.text === '(') inList = true;
    else if (place.expects === 'value' && token.text === ')') {
      place = { expects: 'connective' };
      inList = false;
    } else if (place.expects === 'value' && !inList && [term.Word, term.Bracketed, term.String].includes(token.id)) {
      place = { expects: 'connective' };
    }
  }
  return place;
}

function fieldOptions(catalogue: Catalogue): Completion[] {
  return [...catalogue.fields.values()].map((field) => ({
    label: field.name,
    type: 'field',
    detail: field.description,
    ...(field.kind === 'labels' ? { apply: `${field.name}["` } : {}),
  }));
}

function operatorOptions(field: FilterField | undefined, afterNot: boolean): Completion[] {
  const operators = field === undefined ? (['=', 'in', '~', '<<'] as const) : operatorsOf(field);
  const options: Completion[] = [];
  for (const operator of operators) {
    options.push({
      label: operator,
      type: 'operator',
      ...(field === undefined ? {} : { detail: KIND_WORDS[field.kind] }),
    });
    if (afterNot) continue;
    if (operator === '=') options.push({ label: '!=', type: 'operator' });
    else if (operator === '~') options.push({ label: '!~', type: 'operator' });
    else if (/^[a-z<]/.test(operator) && !/^[<>]=?$/.test(operator)) {
      options.push({ label: `not ${operator}`, type: 'operator' });
    }
  }
  return options;
}

function valueOptions(
  field: FilterField | undefined,
  subscript: string | undefined,
  from: number,
  typed: string,
): Completions {
  if (field === undefined) return { from, options: [] };
  if (field.codes !== undefined) {
    const column = field.column;
    const options = Object.entries(field.codes).map(([name, code]) => ({
      label: name,
      type: 'value' as const,
      detail: codeName(column, code) === undefined ? `bit ${Math.log2(code)}` : String(code),
    }));
    return { from, options };
  }
  const quoted = /^["']/.test(typed);
  const values = {
    field: field.name,
    ...(subscript === undefined ? {} : { subscript }),
    prefix: typed.replace(/^["']/, ''),
    quoted,
  };
  return { from, options: [], values };
}
