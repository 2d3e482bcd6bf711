// Elements of templates by the fields of Weir that they fill: `8` → `src_addr`. What fills none keeps its number.
import { FIELDS } from '@weir/record';

const NAMES: ReadonlyMap<string, string> = new Map(
  // The first field that lists an element names it: the catalogue lists the usual meaning first.
  FIELDS.toReversed().flatMap((field) => field.elements.map((element) => [String(element), field.name] as const)),
);

/** Field that an element (`8`, `56506/136`) fills, undefined where it fills none. */
export function elementName(element: string): string | undefined {
  return NAMES.get(element);
}
