// Columns of the flow table. A column's name is a field's; fields that are keys show what they name: `src_entity` is the
// source's name, `service` the Service, `exporter` who reported.
import type { FieldInfo, Flow, FlowOrder } from '../../api/types.ts';
import { endOf, exporterOf, serviceOf } from '../../format/entity.ts';
import { formatClock, toMs } from '../../format/time.ts';
import { exactValue, formatValue } from '../../format/value.ts';

export interface Column {
  readonly name: string;
  readonly label: string;
  /** CSS width; the table is as wide as its columns together. */
  readonly width: number;
  readonly right: boolean;
}

/** Columns that the table can be ordered by, the newest or the largest first. */
export const ORDERS: Readonly<Record<string, FlowOrder>> = {
  time_received: 'time',
  bytes: 'bytes',
  packets: 'packets',
};

/** How the table is called in each order. */
export const ORDER_LABELS: Readonly<Record<FlowOrder, string>> = {
  time: 'Flows, newest first',
  bytes: 'Flows, most bytes first',
  packets: 'Flows, most packets first',
};

export interface Cell {
  readonly text: string;
  /** Less important text behind it: the port of a named end. */
  readonly more?: string;
  /** What the pointer resting on it tells. */
  readonly title?: string | undefined;
}

/** Shown until a person chooses: names before addresses. */
export const DEFAULT_COLUMNS: readonly string[] = [
  'time_received',
  'src_entity',
  'dst_entity',
  'service',
  'proto',
  'tcp_flags',
  'bytes',
  'packets',
  'flow_type',
  'exporter',
];

const LABELS: Readonly<Record<string, string>> = {
  time_received: 'Time',
  src_entity: 'Source',
  dst_entity: 'Destination',
  service: 'Service',
  proto: 'Protocol',
  tcp_flags: 'Flags',
  exporter: 'Exporter',
  flow_type: 'Where',
};

const WIDTHS: Readonly<Record<string, number>> = {
  time_received: 116,
  src_entity: 300,
  dst_entity: 300,
  service: 160,
  proto: 78,
  tcp_flags: 66,
  bytes: 88,
  packets: 78,
  flow_type: 100,
  exporter: 104,
};

const RIGHT = new Set(['u16', 'u32', 'u64']);
const LEFT_ANYWAY = /^(tcp_flags|quality|ether_type|src_country|dst_country)$/;

/** A field's label: its name in words. */
export function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** The chosen columns; names that no field has are left out. */
export function columnsOf(chosen: readonly string[], fields: ReadonlyMap<string, FieldInfo>): Column[] {
  const names = chosen.length > 0 ? chosen : DEFAULT_COLUMNS;
  return names
    .filter((name) => fields.size === 0 || fields.has(name))
    .map((name) => {
      const kind = fields.get(name)?.kind ?? '';
      const unit = fields.get(name)?.unit;
      return {
        name,
        label: labelOf(name),
        width: WIDTHS[name] ?? (kind === 'addr' ? 150 : kind === 'time' ? 160 : kind === 'list(addr)' ? 200 : 110),
        right:
          (RIGHT.has(kind) && !LEFT_ANYWAY.test(name) && fields.get(name)?.codes === undefined) || unit === 'bytes',
      };
    });
}

function entity(flow: Flow, side: 'src' | 'dst'): Cell {
  const end = endOf(flow, side);
  const port = flow[`${side}_port`];
  if (!end.named) return { text: end.label, title: end.kind === '' ? undefined : end.kind };
  const more = port === undefined || port === 0 ? '' : `:${port}`;
  return { text: end.label, more, title: `${end.kind} ${end.label}\n${end.detail}`.trim() };
}

/** What a cell of the table shows. */
export function cellOf(flow: Flow, name: string, utc: boolean): Cell {
  const value = flow[name];
  switch (name) {
    case 'src_entity':
      return entity(flow, 'src');
    case 'dst_entity':
      return entity(flow, 'dst');
    case 'service':
      return { text: serviceOf(flow) };
    case 'exporter':
      return { text: exporterOf(flow), title: String(flow.exporter_address ?? '') };
    case 'time_received': {
      const ms = toMs(value);
      return Number.isNaN(ms) ? { text: '' } : { text: formatClock(ms, utc), title: formatValue(name, value, utc) };
    }
    default:
      return { text: formatValue(name, value, utc), title: exactValue(name, value) };
  }
}

/** Identity of a flow among others: enough to find it again from a link. */
export function rowId(flow: Flow): string {
  return `${flow.flow_id ?? ''}.${toMs(flow.time_received)}`;
}

/** The parts of a row's identity, undefined where the text is none. */
export function parseRowId(id: string): { flowId: string; time: number } | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(id);
  return match?.[1] === undefined ? undefined : { flowId: match[1], time: Number(match[2]) };
}
