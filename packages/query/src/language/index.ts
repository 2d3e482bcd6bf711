// @weir/query/language: the filter language, for the server and for the console. Nothing here needs Node.

export type { Comparison, ComparisonOperator, Filter, FilterError, FilterValue, Span } from './ast.ts';
export { CATALOGUE, type Catalogue, type FilterField, type FilterKind } from './catalogue.ts';
export { type Completion, type Completions, completions } from './completions.ts';
export { parser } from './highlight.ts';
export { operatorsOf } from './operators.ts';
export {
  MAX_COMPARISONS,
  MAX_FILTER_DEPTH,
  MAX_FILTER_LENGTH,
  type ParsedFilter,
  parseFilter,
  quote,
  suggestField,
} from './parse-filter.ts';
