// What a filter means once its names and values are known: the compiler to SQL and the reference evaluator both read this.
import type { FilterField } from './catalogue.ts';

/** Part of the text, as offsets in UTF-16 units: `text.slice(from, to)`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Operators without their negation: `!=` is `=` negated. `<<` is "in network", `has` is "list contains" or "bits set". */
export type ComparisonOperator = '=' | '<' | '>' | '<=' | '>=' | 'in' | '~' | 'like' | '<<' | 'has';

export type FilterValue = Span &
  (
    | { /** Whole number in decimal, up to 2^64-1. */ readonly type: 'number'; readonly number: string }
    | { readonly type: 'text'; readonly text: string }
    | { /** First and last address of the network, in text. */ readonly type: 'network'; readonly network: string }
    | { /** Canonical text of an address. */ readonly type: 'address'; readonly address: string }
    | { /** Milliseconds since 1970. */ readonly type: 'time'; readonly ms: number }
  );

export interface Comparison extends Span {
  readonly type: 'comparison';
  readonly field: FilterField;
  /** Key inside `field["key"]`, for labels. */
  readonly subscript?: string;
  readonly operator: ComparisonOperator;
  readonly negated: boolean;
  /** One value, or more for `in` and `<<` with a list: any of them. */
  readonly values: readonly FilterValue[];
}

export type Filter =
  | Comparison
  | (Span & { readonly type: 'not'; readonly part: Filter })
  | (Span & { readonly type: 'and' | 'or'; readonly parts: readonly Filter[] });

/** A mistake in a filter, for a person: where it is, what is wrong, and what was perhaps meant. */
export interface FilterError extends Span {
  readonly message: string;
  /** Text that could stand at [from, to). */
  readonly suggestion?: string;
}
