// Groups of series, top and graph against sums made by hand over the same flows, where many keys show the same: entities that
// share names, keys whose row is yet to come, ends that have no entity, texts that are not known; and more groups than the memory of
// a query could hold at once.
import {
  type CompileContext,
  compileGraph,
  compileSeries,
  compileTop,
  GRAPH_GROUPS,
  type GraphGroup,
  GraphQuery,
  parseQuery,
  SeriesQuery,
  type Statement,
  TopQuery,
} from '@weir/query';
import type { QueryLimits } from '@weir/store';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  EXPORTERS,
  random,
  SAMPLE_END,
  SAMPLE_HOURS,
  type SampleEntity,
  type SampleFlow,
  sampleFlows,
  TEXTS,
} from './testdata/sample.ts';
import { type SeededStore, seededStore } from './testdata/seeded-store.ts';

// Hundreds of queries: minutes on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const next = random(11);
const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)];
const key = () => String(BigInt(Math.floor(next() * 2 ** 32)) * 4_294_967_296n + BigInt(Math.floor(next() * 2 ** 32)));

const ENTITIES: SampleEntity[] = Array.from({ length: 80 }, () => ({
  key: key(),
  kind: pick(['pod', 'pod', 'service', 'node', 'external', 'unresolved', '']),
  namespace: pick(['', 'shop', 'pay']),
  name: pick(['', 'a', 'b', 'c']),
  workload: pick(['', '', 'web', 'db']),
  workload_kind: pick(['Deployment', 'StatefulSet']),
  node: pick(['', 'node-0', 'node-1']),
  zone: pick(['', 'a']),
  labels: {},
}));
const ENTITY = new Map(ENTITIES.map((entity) => [entity.key, entity]));
const KEYS = [...ENTITIES.map((entity) => entity.key), '0', '0', ...Array.from({ length: 6 }, key)];
const FLOWS: SampleFlow[] = sampleFlows(6000, 3).map((flow) => ({
  ...flow,
  src_entity: pick(KEYS),
  dst_entity: pick(KEYS),
  tls_sni: pick(['', ...TEXTS, 'not-known-1.example', 'not-known-2.example']),
}));
const FROM = SAMPLE_END - SAMPLE_HOURS * 3_600_000;
const ROLLED_UP = SAMPLE_END - 1_000_000;

let seeded: SeededStore;
let context: CompileContext;
beforeAll(async () => {
  seeded = await seededStore(FLOWS, ROLLED_UP, ENTITIES);
  const rolledUpUntil = { '1m': ROLLED_UP, '5m': ROLLED_UP, '1h': ROLLED_UP };
  context = { columnsPresent: seeded.store.columnsPresent(), rolledUpUntil, now: SAMPLE_END };
});
afterAll(() => seeded.close());

const ask = ({ sql, params, settings }: Statement, limits: QueryLimits = {}) =>
  seeded.store.query(sql, params, { settings, limits });

type Shown = (flow: SampleFlow) => string | number;
type Attribute = Exclude<keyof SampleEntity, 'labels' | 'key'>;
const country = (value: number) => (value === 0 ? '' : String.fromCharCode(value >> 8, value & 255));
const address = (text: string) => (text === '::' ? '' : text);

/** What answers show of a flow, by the field that is grouped by. */
const SHOWN = new Map<string, Shown>(
  (['src', 'dst'] as const).flatMap((side) => {
    const entity = (flow: SampleFlow) => ENTITY.get(flow[`${side}_entity`]);
    const attributes: Attribute[] = ['kind', 'namespace', 'name', 'workload', 'workload_kind', 'node', 'zone'];
    return [
      ...attributes.map((name): [string, Shown] => [`${side}_${name}`, (flow) => entity(flow)?.[name] ?? '']),
      [`${side}_pod`, (flow) => (entity(flow)?.kind === 'pod' ? (entity(flow)?.name ?? '') : '')] as [string, Shown],
      [`${side}_entity`, (flow) => flow[`${side}_entity`]] as [string, Shown],
      [`${side}_country`, (flow) => country(flow[`${side}_country`])] as [string, Shown],
      [`${side}_addr`, (flow) => address(flow[`${side}_addr`])] as [string, Shown],
    ];
  }),
);
SHOWN.set('tls_sni', (flow) => (TEXTS.includes(flow.tls_sni) ? flow.tls_sni : ''));
SHOWN.set('proto', (flow) => flow.proto);
SHOWN.set('service_name', () => '');
SHOWN.set('exporter_name', (flow) => EXPORTERS.find((exporter) => exporter.key === flow.exporter)?.name ?? '');

const METRICS = ['bytes', 'packets', 'flows', 'connections'] as const;
type Metric = (typeof METRICS)[number];
const worth = (flow: SampleFlow, metric: Metric) => (metric === 'flows' || metric === 'connections' ? 1 : flow[metric]);
const sumOf = (flows: readonly SampleFlow[], metric: Metric) =>
  flows.reduce((sum, flow) => sum + worth(flow, metric), 0);

/** Flows by what is shown of them. */
function groupsOf(shown: (flow: SampleFlow) => unknown): Map<string, SampleFlow[]> {
  const groups = new Map<string, SampleFlow[]>();
  for (const flow of FLOWS) {
    const id = JSON.stringify(shown(flow));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [flow]);
    else group.push(flow);
  }
  return groups;
}

const largest = (groups: ReadonlyMap<string, SampleFlow[]>, metric: Metric, limit: number) =>
  [...groups.values()]
    .map((flows) => sumOf(flows, metric))
    .sort((a, b) => b - a)
    .slice(0, limit);

const asked = fc.record({
  by: fc.uniqueArray(fc.constantFrom(...SHOWN.keys()), { maxLength: 4 }),
  order: fc.constantFrom(...METRICS),
  limit: fc.constantFrom(1, 3, 10, 100),
  resolution: fc.constantFrom('auto' as const, 'flows' as const),
});
const RANGE = { from: FROM, to: SAMPLE_END };
const shownBy = (by: readonly string[]) => (flow: SampleFlow) => by.map((name) => SHOWN.get(name)?.(flow));

describe('top', () => {
  it('has each group once, with all that is its own, the rest as other, and the total of everything', async () => {
    const tables = new Set<string>();
    await fc.assert(
      fc.asyncProperty(asked, async ({ by, order, limit, resolution }) => {
        const query = parseQuery(TopQuery, { ...RANGE, by, order, limit, resolution, metrics: METRICS.join(',') });
        const compiled = compileTop(query, context);
        tables.add(compiled.resolution);
        const answer = compiled.answer(await ask(compiled));
        const groups = groupsOf(shownBy(by));
        const rows = answer.rows.filter((row) => row.other === undefined);
        expect(rows.map((row) => row.values[order])).toEqual(largest(groups, order, limit));
        const left = new Map(groups);
        for (const row of rows) {
          const id = JSON.stringify(by.map((name) => row.key[name]));
          const flows = left.get(id);
          // Not there: shown twice, or shown without a flow.
          if (flows === undefined) throw new Error(`${id} once too often`);
          expect(row.values).toEqual(Object.fromEntries(METRICS.map((metric) => [metric, sumOf(flows, metric)])));
          left.delete(id);
        }
        const rest = [...left.values()].flat();
        expect(answer.rows.filter((row) => row.other).map((row) => row.values)).toEqual(
          left.size === 0 ? [] : [Object.fromEntries(METRICS.map((metric) => [metric, sumOf(rest, metric)]))],
        );
        expect(answer.total).toEqual(Object.fromEntries(METRICS.map((metric) => [metric, sumOf(FLOWS, metric)])));
        expect([answer.groups, answer.truncated]).toEqual([groups.size, left.size > 0]);
      }),
      { numRuns: 80, seed: 5, examples: [[{ by: [], order: 'bytes', limit: 10, resolution: 'auto' }]] },
    );
    expect([...tables].sort()).toEqual(['5m+1m+flows', 'flows']);
  });

  it('says of nothing that it is nothing', async () => {
    for (const by of ['', 'src_pod,dst_pod', 'src_addr']) {
      const query = parseQuery(TopQuery, { ...RANGE, by, metrics: 'bytes', filter: 'dst_port = 1' });
      const compiled = compileTop(query, context);
      const answer = compiled.answer(await ask(compiled));
      expect([by, answer.total, answer.truncated]).toEqual([by, { bytes: 0 }, false]);
      expect(answer.groups).toBe(by === '' ? 1 : 0);
    }
  });
});

describe('series', () => {
  it('have the largest groups, each with all of its intervals, and all else in other', async () => {
    const STEP = 600_000;
    await fc.assert(
      fc.asyncProperty(asked, async ({ by, order, limit, resolution }) => {
        const top = Math.min(limit, 10);
        const query = { ...RANGE, by, order, limit: top, resolution, interval: STEP / 1000, metrics: 'packets,bytes' };
        const compiled = compileSeries(parseQuery(SeriesQuery, query), context);
        const answer = compiled.answer(await ask(compiled));
        const intervals = (flows: readonly SampleFlow[], metric: Metric) => {
          const sums = answer.times.map(() => 0);
          for (const flow of flows) sums[Math.floor((flow.time_received - FROM) / STEP)] += worth(flow, metric);
          return sums;
        };
        const groups = groupsOf(shownBy(by));
        const left = new Map(groups);
        const shown: number[] = [];
        for (const entry of answer.series.filter((one) => one.other === undefined)) {
          const id = JSON.stringify(by.map((name) => entry.key[name]));
          const flows = left.get(id);
          if (flows === undefined) throw new Error(`${id} once too often`);
          left.delete(id);
          shown.push(sumOf(flows, order));
          expect(entry.values).toEqual({ packets: intervals(flows, 'packets'), bytes: intervals(flows, 'bytes') });
        }
        expect(shown).toEqual(largest(groups, order, top));
        const rest = [...left.values()].flat();
        expect(answer.series.filter((one) => one.other).map((one) => one.values)).toEqual(
          left.size === 0 ? [] : [{ packets: intervals(rest, 'packets'), bytes: intervals(rest, 'bytes') }],
        );
        expect(answer.truncated).toBe(left.size > 0);
      }),
      { numRuns: 80, seed: 9, examples: [[{ by: ['src_namespace'], order: 'bytes', limit: 1, resolution: 'auto' }]] },
    );
  });
});

/** The node that an end is: what tells it apart, and what else is shown of it. */
function nodeOf(
  group: GraphGroup,
  side: 'src' | 'dst',
  flow: SampleFlow,
): readonly [id: string, label: string, kind: string, namespace: string] {
  const entityKey = flow[`${side}_entity`];
  const entity = ENTITY.get(entityKey);
  const kind = entityKey === '0' ? 'outside' : entity?.kind || 'unknown';
  const ofKind = [`kind:${kind}`, kind, kind, ''] as const;
  const plain = (value: string, as: string) => [value, value, as, ''] as const;
  switch (group) {
    case 'addr':
      return plain(address(flow[`${side}_addr`]), 'address');
    case 'country':
      return plain(country(flow[`${side}_country`]), 'country');
    case 'as':
      return plain('0', 'as');
    case 'subnet_name':
      return plain('', 'subnet');
    case 'pod':
      return [entityKey, entity?.name || kind, kind, entity?.namespace ?? ''];
    case 'workload': {
      if (entity === undefined) return ofKind;
      const { namespace, name, workload, workload_kind } = entity;
      if (workload !== '')
        return [`workload:${namespace}/${workload_kind}/${workload}`, workload, 'workload', namespace];
      return ['service', 'node'].includes(kind) ? [`${kind}:${namespace}/${name}`, name, kind, namespace] : ofKind;
    }
    default: {
      const value = group === 'cluster' || group === 'region' ? '' : (entity?.[group] ?? '');
      return value === '' ? ofKind : [`${group}:${value}`, value, group, ''];
    }
  }
}

describe('graph', () => {
  it.each(GRAPH_GROUPS)('of %s has each edge once, with all that is its own, and each node as it is', async (group) => {
    for (const [limit, resolution] of [
      [10_000, 'auto'],
      [10_000, 'flows'],
      [4, 'auto'],
    ]) {
      const query = parseQuery(GraphQuery, { ...RANGE, group, limit, resolution, metrics: 'packets', order: 'bytes' });
      const compiled = compileGraph(query, context);
      const answer = compiled.answer(await ask(compiled));
      const groups = groupsOf((flow) => [nodeOf(group, 'src', flow)[0], nodeOf(group, 'dst', flow)[0]]);
      const edges = answer.edges.map((edge) => groups.get(JSON.stringify([edge.from, edge.to])) ?? []);
      expect(new Set(edges).size).toBe(edges.length);
      expect(edges.map((flows) => sumOf(flows, 'bytes'))).toEqual(largest(groups, 'bytes', Number(limit)));
      expect(answer.edges.map((edge) => edge.values.packets)).toEqual(edges.map((flows) => sumOf(flows, 'packets')));
      expect(answer.total.packets).toBe(sumOf(FLOWS, 'packets'));
      expect(answer.truncated).toBe(groups.size > Number(limit));
      const ends = edges.flat().flatMap((flow) => (['src', 'dst'] as const).map((side) => nodeOf(group, side, flow)));
      const nodes = answer.nodes.map(({ id, label, kind, namespace = '' }) => [id, label, kind, namespace]);
      expect(nodes.map((node) => JSON.stringify(node)).sort()).toEqual(
        [...new Set(ends.map((node) => JSON.stringify(node)))].sort(),
      );
      for (const node of answer.nodes) {
        const sent = edges.flat().filter((flow) => nodeOf(group, 'src', flow)[0] === node.id);
        expect([node.id, node.sent.packets]).toEqual([node.id, sumOf(sent, 'packets')]);
      }
    }
  });
});

describe('more groups than fit into the memory of a query', () => {
  const PAIRS = 1_000_000;
  const LIMITS = { maxMemoryBytes: 64 * 1024 * 1024, maxThreads: 2 };
  const START = SAMPLE_END + 3_600_000;
  const range = { from: START, to: START + 60_000, metrics: 'bytes' };
  // Pair n has 1 + n % 1000 bytes; ten of them have a second flow with 5,000 more.
  beforeAll(async () => {
    const insert = (step: number, bytes: string) =>
      seeded.store.command(`INSERT INTO weir.flows (time_received, src_entity, dst_entity, src_addr, dst_addr, bytes)
SELECT fromUnixTimestamp64Milli(toInt64(${START} + number % 60000), 'UTC'), n + 1, intHash64(n),
  toIPv6(concat('2001:db8::', lower(hex(toUInt16(intDiv(n, 65536)))), ':', lower(hex(toUInt16(n % 65536))))), toIPv6('2001:db8::1'), ${bytes}
FROM (SELECT number, number * ${step} AS n FROM numbers(${PAIRS / step}))`);
    await insert(1, '1 + n % 1000');
    await insert(PAIRS / 10, '5000');
  });
  const total = PAIRS * 500.5 + 10 * 5000;
  const firstTen = Array.from({ length: 10 }, () => 5001);

  it.each(['src_entity,dst_entity', 'src_addr,dst_addr'])('are counted, summed and ranked by %s', async (by) => {
    const compiled = compileTop(parseQuery(TopQuery, { ...range, by }), context);
    const answer = compiled.answer(await ask(compiled, LIMITS));
    expect(answer.rows.map((row) => row.values.bytes)).toEqual([...firstTen, total - 50_010]);
    expect(answer).toMatchObject({ groups: PAIRS, truncated: true, total: { bytes: total } });
  });

  it('are a graph of the largest edges', async () => {
    const compiled = compileGraph(parseQuery(GraphQuery, { ...range, group: 'pod', limit: 10 }), context);
    const answer = compiled.answer(await ask(compiled, LIMITS));
    expect(answer.edges.map((edge) => edge.values.bytes)).toEqual(firstTen);
    expect(answer).toMatchObject({ truncated: true, total: { bytes: total } });
  });

  it('are series of the largest, and of the rest', async () => {
    const query = parseQuery(SeriesQuery, { ...range, by: 'src_entity,dst_entity', interval: 1 });
    const compiled = compileSeries(query, context);
    const answer = compiled.answer(await ask(compiled, LIMITS));
    expect(answer.series.map((entry) => entry.total.bytes)).toEqual([...firstTen, total - 50_010]);
    expect(answer.times).toHaveLength(60);
  });
});
