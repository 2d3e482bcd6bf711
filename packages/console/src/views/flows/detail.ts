// What the drawer tells of a flow: its fields by group of the catalogue, in the catalogue's order. Pure.
import { QUALITY, qualityNames } from '@weir/record';
import type { FieldInfo, Flow, Value } from '../../api/types.ts';
import { DOUBTFUL, QUALITY_TEXT } from '../../format/codes.ts';
import { exactValue, formatValue } from '../../format/value.ts';

export interface Detail {
  readonly name: string;
  readonly description: string;
  readonly value: Value;
  readonly text: string;
  readonly exact: string | undefined;
  readonly filterable: boolean;
}

export interface DetailGroup {
  readonly group: string;
  readonly details: readonly Detail[];
}

const GROUP_TITLES: Readonly<Record<string, string>> = {
  identity: 'Who',
  headers: 'Packet headers',
  counters: 'Counters',
  application: 'Application',
  policy: 'Policy',
  place: 'Place',
  time: 'Time',
  provenance: 'Where it came from',
};

/** Groups in the order a person asks: who, what, how much, then the rest. */
const ORDER = Object.keys(GROUP_TITLES);

/** Keys say nothing to a person where the names behind them are shown; they stay in the JSON. */
const KEYS = new Set(['src_entity', 'dst_entity', 'service', 'exporter', 'egress', 'flow_id', 'quality']);

/** Place of a group among the others; unknown ones come last. */
export function groupPlace(group: string): number {
  return ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length;
}

export function groupTitle(group: string): string {
  return GROUP_TITLES[group] ?? group.charAt(0).toUpperCase() + group.slice(1);
}

/** Filled fields of a flow by group. */
export function detailsOf(flow: Flow, fields: readonly FieldInfo[], utc: boolean): DetailGroup[] {
  const groups = new Map<string, Detail[]>();
  const known = new Map(fields.map((field) => [field.name, field]));
  const names = [...fields.map((field) => field.name), ...Object.keys(flow).filter((name) => !known.has(name))];
  for (const name of names) {
    const value = flow[name];
    if (value === undefined || KEYS.has(name)) continue;
    const field = known.get(name);
    const detail: Detail = {
      name,
      description: field?.description ?? '',
      value,
      text: formatValue(name, value, utc),
      exact: exactValue(name, value),
      filterable: field?.filterable === true && !Array.isArray(value) && field.kind !== 'time',
    };
    const group = field?.group ?? 'provenance';
    groups.set(group, [...(groups.get(group) ?? []), detail]);
  }
  // Source, destination, then what lies between: attributes come in the order a sentence has.
  const end = ({ name }: Detail) =>
    ['src_', 'dst_', 'service_'].findIndex((prefix) => name.startsWith(prefix)) + 1 || 4;
  groups.get('identity')?.sort((a, b) => end(a) - end(b));
  return [...groups].sort(([a], [b]) => groupPlace(a) - groupPlace(b)).map(([group, details]) => ({ group, details }));
}

export interface QualityNote {
  readonly name: string;
  readonly text: string;
  readonly doubtful: boolean;
}

/** Quality flags of a flow with what each means, doubtful ones first. */
export function qualityOf(flow: Flow): QualityNote[] {
  const bits = typeof flow.quality === 'number' ? flow.quality : 0;
  return qualityNames(bits)
    .map((name) => ({
      name,
      text: name in QUALITY ? QUALITY_TEXT[name as keyof typeof QUALITY] : name,
      doubtful: DOUBTFUL.has(name),
    }))
    .sort((a, b) => Number(b.doubtful) - Number(a.doubtful));
}
