// Names that answers can be grouped by: every filter name but bare forms, times, lists, label maps and counters.
import { FIELD, isFieldName, nearest } from '@weir/record';
import { CATALOGUE, type FilterField, suggestField } from './language/index.ts';

function groupable(field: FilterField): boolean {
  if (field.ends !== undefined) return false;
  if (field.kind === 'time' || field.kind === 'labels' || field.kind.startsWith('list')) return false;
  return !isFieldName(field.name) || FIELD[field.name].unit === undefined;
}

/** Fields to group by, by name. */
export const GROUP_NAMES: ReadonlyMap<string, FilterField> = new Map(
  [...CATALOGUE.fields].filter(([, field]) => groupable(field)),
);

/** The field to group by that was perhaps meant. */
export function suggestGroup(name: string): string | undefined {
  const ended = GROUP_NAMES.has(`src_${name}`) ? `src_${name}` : undefined;
  const suggested = suggestField(name);
  return (
    ended ?? (suggested !== undefined && GROUP_NAMES.has(suggested) ? suggested : nearest(name, GROUP_NAMES.keys()))
  );
}
