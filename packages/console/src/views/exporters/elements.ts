// Elements of templates by the fields of Weir that they fill: `8` → `src_addr`. What fills none keeps its number, and is told of.
import { FIELDS } from '@weir/record';
import type { ProtocolSummary } from '../../api/types.ts';

const NAMES: ReadonlyMap<string, string> = new Map(
  // The first field that lists an element names it: the catalogue lists the usual meaning first.
  FIELDS.toReversed().flatMap((field) => field.elements.map((element) => [String(element), field.name] as const)),
);

/** Field that an element (`8`, `56506/136`) fills, undefined where it fills none. */
export function elementName(element: string): string | undefined {
  return NAMES.get(element);
}

type Template = ProtocolSummary['domains'][number]['templates'][number];

/** How much of a template is lost, in words; undefined where nothing is. */
export function unstoredText({ fields, unstored = [] }: Pick<Template, 'fields' | 'unstored'>): string | undefined {
  if (unstored.length === 0) return undefined;
  const verb = unstored.length === 1 ? 'is' : 'are';
  return `${unstored.length} of ${fields.length} elements of this template ${verb} not stored`;
}
