// A filter evaluated the slow and plain way, over one row: what the SQL must agree with.

import type { Comparison, Filter, FilterField, FilterValue } from '@weir/query/language';
import { inNetwork, parseAddress, parseNetwork, tryParseAddress } from '@weir/record';
import { ENTITIES, EXPORTERS, type SampleFlow } from './sample.ts';

const ENTITY = new Map(ENTITIES.map((entity) => [entity.key, entity]));
const EXPORTER = new Map(EXPORTERS.map((exporter) => [exporter.key, exporter]));

/** Whether a flow matches. */
export function matches(filter: Filter | undefined, flow: SampleFlow): boolean {
  if (filter === undefined) return true;
  switch (filter.type) {
    case 'and':
      return filter.parts.every((part) => matches(part, flow));
    case 'or':
      return filter.parts.some((part) => matches(part, flow));
    case 'not':
      return !matches(filter.part, flow);
    case 'comparison': {
      const ends = filter.field.ends ?? [filter.field];
      return ends.some((field) => holds(filter, field, flow)) !== filter.negated;
    }
  }
}

type Cell = number | string | bigint | readonly number[] | Readonly<Record<string, string>>;

function stored(flow: SampleFlow, name: string): Cell {
  if (name === 'server_port') return flow.client_side === 2 ? flow.src_port : flow.dst_port;
  return (flow as unknown as Readonly<Record<string, Cell>>)[name] ?? 0;
}

/** Value of a field of a flow: names looked up, absent ones empty. */
function cell(field: FilterField, flow: SampleFlow): Cell {
  const raw = stored(flow, field.column);
  const { attribute } = field;
  if (attribute === undefined) return raw;
  const row: Readonly<Record<string, unknown>> | undefined =
    attribute.dimension === 'exporters' ? { ...EXPORTER.get(String(raw)) } : { ...ENTITY.get(String(raw)) };
  if (attribute.onlyKind !== undefined && row.kind !== attribute.onlyKind) return '';
  return (row[attribute.attribute] ?? (attribute.attribute === 'labels' ? {} : '')) as Cell;
}

const textOf = (value: FilterValue): string =>
  value.type === 'text' ? value.text : value.type === 'number' ? value.number : '';

function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function holds(node: Comparison, field: FilterField, flow: SampleFlow): boolean {
  const value = cell(field, flow);
  switch (field.kind) {
    case 'text':
      return text(node, String(value));
    case 'labels': {
      const labels = value as Readonly<Record<string, string>>;
      if (node.operator === 'has') return textOf(node.values[0]) in labels;
      return text(node, labels[node.subscript ?? ''] ?? '');
    }
    case 'key': {
      const named = field.dimension === 'exporters' ? EXPORTER.get(String(value)) : ENTITY.get(String(value));
      const names = named === undefined ? [] : 'address' in named ? [named.name, named.address] : [named.name];
      return node.values.some((wanted) => {
        if (wanted.type === 'number') return BigInt(wanted.number) === BigInt(value as string);
        if (wanted.type === 'text' && wanted.text === '') return String(value) === '0';
        return names.some((name) => text({ ...node, values: [wanted] }, name));
      });
    }
    case 'addr':
      return node.values.some((wanted) => {
        const words = parseAddress(String(value));
        if (wanted.type === 'network') return inNetwork(parseNetwork(wanted.network), words);
        return wanted.type === 'address' && parseAddress(wanted.address || '::').join() === words.join();
      });
    case 'list(u32)':
      return node.values.some((wanted) => (value as readonly number[]).includes(Number(textOf(wanted))));
    case 'time':
      return compare(
        node,
        Number(value),
        node.values.map((wanted) => (wanted.type === 'time' ? wanted.ms : 0)),
      );
    default:
      return compare(
        node,
        Number(value),
        node.values.map((wanted) => Number(textOf(wanted))),
      );
  }
}

function compare(node: Comparison, value: number, wanted: readonly number[]): boolean {
  switch (node.operator) {
    case '<':
      return value < wanted[0];
    case '<=':
      return value <= wanted[0];
    case '>':
      return value > wanted[0];
    case '>=':
      return value >= wanted[0];
    case 'has':
      return (value & wanted[0]) === wanted[0];
    default:
      return wanted.includes(value);
  }
}

function text(node: Comparison, value: string): boolean {
  const words = value === '' ? undefined : tryParseAddress(value);
  const within = (item: FilterValue) =>
    item.type === 'network' && words !== undefined && inNetwork(parseNetwork(item.network), words);
  if (node.values.some(within)) return true;
  const wanted = textOf(node.values[0]);
  switch (node.operator) {
    case '~':
      return new RegExp(wanted, 's').test(value);
    case 'like':
      return like(wanted, value);
    case '<':
      return value < wanted;
    case '<=':
      return value <= wanted;
    case '>':
      return value > wanted;
    case '>=':
      return value >= wanted;
    case '<<':
      return false;
    default:
      return node.values.some((item) => item.type === 'text' && item.text === value);
  }
}
