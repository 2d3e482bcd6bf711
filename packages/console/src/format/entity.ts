// An end of a flow as people say it: the name where one is known, the address where not.
import type { Flow, Key } from '../api/types.ts';
import { keyPart } from './value.ts';

export interface End {
  /** `shop/cart-7d9f`, `worker-1`, or the address. */
  readonly label: string;
  /** Address with port, where the label is a name; empty otherwise. */
  readonly detail: string;
  readonly kind: string;
  readonly named: boolean;
}

const text = (flow: Flow, name: string): string => {
  const value = flow[name];
  return value === undefined || value === null ? '' : String(value);
};

/** `10.1.2.3:443`, `[2001:db8::1]:443`; no port where it is zero or absent. */
export function endpoint(address: string, port: string): string {
  if (port === '' || port === '0') return address;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** One side of a flow. Unresolved entities are named by their address. */
export function endOf(flow: Flow, side: 'src' | 'dst'): End {
  const kind = text(flow, `${side}_kind`);
  const name = text(flow, `${side}_pod`) || text(flow, `${side}_name`);
  const namespace = text(flow, `${side}_namespace`);
  const address = text(flow, `${side}_addr`);
  const port = text(flow, `${side}_port`);
  const where = endpoint(address, port);
  if (name === '' || name === address || kind === 'unresolved') {
    const host = text(flow, `${side}_host`);
    return host === ''
      ? { label: where || 'unknown', detail: '', kind: kind === 'unresolved' ? '' : kind, named: false }
      : { label: host, detail: where, kind, named: true };
  }
  return { label: namespace === '' ? name : `${namespace}/${name}`, detail: where, kind, named: true };
}

/** The Service a flow went through: `shop/cart`, empty for none. */
export function serviceOf(flow: Flow): string {
  const name = text(flow, 'service_name');
  const namespace = text(flow, 'service_namespace');
  return name === '' || namespace === '' ? name : `${namespace}/${name}`;
}

/** Who reported a flow: its name, else its address. */
export function exporterOf(flow: Flow): string {
  return text(flow, 'exporter_name') || text(flow, 'exporter_address') || text(flow, 'exporter');
}

/** Fields that name one thing together, in the order they are joined; `or` takes the first that is there. */
const TOGETHER: readonly { readonly fields: readonly string[]; readonly or?: true }[] = [
  { fields: ['service_namespace', 'service_name'] },
  { fields: ['exporter_name', 'exporter_address'], or: true },
];

/** The values of some fields joined as Kubernetes writes them, or what is missing. */
function joined(key: Key, names: readonly string[], or = false): string {
  const present = names.filter((name) => key[name] !== undefined && key[name] !== null && key[name] !== '');
  if (present.length === 0) return keyPart(names.at(-1) ?? '', '');
  return (or ? present.slice(0, 1) : present).map((name) => keyPart(name, key[name])).join('/');
}

/**
 * Label of what a series or row is about, in the order it was grouped by: source and destination fields become
 * `shop/cart → payments`, an exporter its name, else its address.
 */
export function groupLabel(key: Key, by: readonly string[]): string {
  const left = new Set(by);
  const take = (names: readonly string[]) => {
    for (const name of names) left.delete(name);
    return names;
  };
  const ends = ['src_', 'dst_'].map((prefix) => by.filter((name) => name.startsWith(prefix)));
  const label = ends
    .filter((names) => names.length > 0)
    .map((names) => joined(key, take(names)))
    .join(' → ');
  const parts = label === '' ? [] : [label];
  for (const { fields, or } of TOGETHER) {
    const names = fields.filter((name) => left.has(name));
    if (names.length > 0) parts.push(joined(key, take(names), or));
  }
  return [...parts, ...[...left].map((name) => keyPart(name, key[name]))].join(' · ');
}
