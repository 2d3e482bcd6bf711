// Words of the filter language that are not names, in any case. Names the same as a keyword are written in quotes.
import { And, Has, In, Like, Not, Or } from './gen/filter.terms.ts';

const KEYWORDS: ReadonlyMap<string, number> = new Map([
  ['and', And],
  ['or', Or],
  ['not', Not],
  ['in', In],
  ['like', Like],
  ['has', Has],
]);

/** Term of a keyword, or -1 for any other word: Lezer's external specializer for `Word`. */
export function keyword(word: string, _stack?: unknown): number {
  return KEYWORDS.get(word.toLowerCase()) ?? -1;
}

export const KEYWORD_NAMES: readonly string[] = [...KEYWORDS.keys()];
