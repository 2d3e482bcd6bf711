// Finding and ordering fields in the column picker. Pure.
import type { FieldInfo } from '../../api/types.ts';
import { groupPlace } from './detail.ts';

export interface FieldGroup {
  readonly group: string;
  readonly fields: readonly FieldInfo[];
}

/** Fields that a column can show, whose name or description contains the text, by group as the drawer orders them. */
export function found(fields: readonly FieldInfo[], text: string): FieldGroup[] {
  const wanted = text.trim().toLowerCase();
  const groups = new Map<string, FieldInfo[]>();
  for (const field of fields) {
    if (field.either_end || field.kind === 'labels' || !(field.present || field.attribute)) continue;
    if (wanted !== '' && !`${field.name} ${field.description}`.toLowerCase().includes(wanted)) continue;
    groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  }
  return [...groups]
    .map(([group, inGroup]) => ({ group, fields: inGroup }))
    .sort((a, b) => groupPlace(a.group) - groupPlace(b.group));
}

/** The list with two places exchanged. */
export function swapped(names: readonly string[], a: number, b: number): readonly string[] {
  const next = [...names];
  const [first, second] = [next[a], next[b]];
  if (first === undefined || second === undefined) return names;
  next[a] = second;
  next[b] = first;
  return next;
}
