// A small, varied sample of flows and names, as plain objects: what the tests load into a store and evaluate by hand.
import { entityKey, exporterKey, FAR_FUTURE, keyText, stringKey } from '@weir/record';

export interface SampleEntity {
  readonly key: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly workload_kind: string;
  readonly node: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SampleFlow {
  readonly time_received: number;
  readonly time_start: number;
  readonly time_end: number;
  readonly exporter: string;
  readonly flow_id: string;
  readonly src_addr: string;
  readonly dst_addr: string;
  readonly src_port: number;
  readonly dst_port: number;
  readonly proto: number;
  readonly tcp_flags: number;
  readonly client_side: number;
  readonly src_entity: string;
  readonly dst_entity: string;
  readonly src_country: number;
  readonly dst_country: number;
  readonly flow_type: number;
  readonly bytes: number;
  readonly packets: number;
  readonly src_mac: string;
  readonly tls_sni: string;
  readonly as_path: readonly number[];
}

const NAMESPACES = ['shop', 'pay', 'kube-system'];
const WORKLOADS = ['web', 'api', 'db-1'];

function entity(kind: string, namespace: string, name: string, rest: Partial<SampleEntity> = {}): SampleEntity {
  const key = keyText(entityKey('c1', kind, namespace, name));
  return { key, kind, namespace, name, workload: '', workload_kind: '', node: '', zone: '', labels: {}, ...rest };
}

export const ENTITIES: readonly SampleEntity[] = [
  ...NAMESPACES.flatMap((namespace) =>
    WORKLOADS.flatMap((workload, w) =>
      [0, 1].map((index) =>
        entity('pod', namespace, `${workload}-${index}`, {
          workload,
          workload_kind: w === 2 ? 'StatefulSet' : 'Deployment',
          node: `node-${index}`,
          zone: index === 0 ? 'a' : 'b',
          labels: { app: workload, tier: w === 0 ? 'front' : 'back' },
        }),
      ),
    ),
  ),
  entity('node', '', 'node-0', { node: 'node-0', zone: 'a' }),
  entity('external', '', 'partner', {}),
  entity('unresolved', '', '203.0.113.9', {}),
];

export const EXPORTERS = [
  { key: keyText(exporterKey('10.0.0.1')), address: '10.0.0.1', name: 'node-0' },
  { key: keyText(exporterKey('10.0.0.2')), address: '10.0.0.2', name: 'node-1' },
];

export const TEXTS = ['shop.example.com', 'pay.example.com'];
export const ADDRESSES = ['10.128.0.5', '10.128.3.77', '10.131.0.1', '203.0.113.9', '2001:db8::1', '2001:db8:1::2'];
export const PORTS = [80, 443, 8080, 53, 40_000, 51_234];

/** Seeded numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** 2026-03-01T12:00:00Z; the sample covers the three hours before. */
export const SAMPLE_END = 1_772_366_400_000;
export const SAMPLE_HOURS = 3;

/** Flows with every kind of value, zero and absent ones included. */
export function sampleFlows(count: number, seed = 1): SampleFlow[] {
  const next = random(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)];
  const country = (letters: string): number => letters.charCodeAt(0) * 256 + letters.charCodeAt(1);
  const keys = [...ENTITIES.map((known) => known.key), '0', '77777777777777777'];
  return Array.from({ length: count }, (_, index) => {
    const time = SAMPLE_END - 1 - Math.floor(next() * SAMPLE_HOURS * 3_600_000);
    return {
      time_received: time,
      time_start: time - 2000,
      time_end: time - 1000,
      exporter: pick(EXPORTERS).key,
      flow_id: String(index % 97),
      src_addr: pick(ADDRESSES),
      dst_addr: pick([...ADDRESSES, '::']),
      src_port: pick(PORTS),
      dst_port: pick(PORTS),
      proto: pick([6, 17, 1]),
      tcp_flags: pick([0, 2, 18, 27]),
      client_side: pick([0, 1, 2]),
      src_entity: pick(keys),
      dst_entity: pick(keys),
      src_country: pick([0, country('DE'), country('US')]),
      dst_country: pick([0, country('DE'), country('FR')]),
      flow_type: pick([0, 1, 3, 4]),
      bytes: Math.floor(next() * 5000),
      packets: Math.floor(next() * 20),
      src_mac: pick(['0', '11373249560581']),
      tls_sni: pick(['', ...TEXTS]),
      as_path: pick([[], [64_500], [64_500, 64_501]]),
    };
  });
}

/** Key of a text as a flow carries it. */
export const textKey = (text: string): string => (text === '' ? '0' : keyText(stringKey(text)));

export { FAR_FUTURE };
