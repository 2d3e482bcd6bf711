// Series, top, graph, flows and values from a real store, against sums made by hand over the same flows.
import {
  type CompileContext,
  compileGraph,
  compileSeries,
  compileTop,
  compileValues,
  type Flow,
  FlowsPager,
  FlowsQuery,
  GraphQuery,
  parseQuery,
  SeriesQuery,
  type Statement,
  TopQuery,
  ValuesQuery,
} from '@weir/query';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENTITIES, SAMPLE_END, SAMPLE_HOURS, type SampleFlow, sampleFlows } from './testdata/sample.ts';
import { type SeededStore, seededStore } from './testdata/seeded-store.ts';

// Many queries: slow on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 120_000 });

// Fifty rows that no column tells apart: pages must not lose or repeat any.
const ORIGINALS = sampleFlows(2000, 5);
const FLOWS: SampleFlow[] = [...ORIGINALS, ...Array.from({ length: 50 }, () => ORIGINALS[3])];
const FROM = SAMPLE_END - SAMPLE_HOURS * 3_600_000;
const ROLLED_UP = SAMPLE_END - 1_000_000;
const ENTITY = new Map(ENTITIES.map((entity) => [entity.key, entity]));
const namespaceOf = (key: string): string => ENTITY.get(key)?.namespace ?? '';

let seeded: SeededStore;
let context: CompileContext;
beforeAll(async () => {
  seeded = await seededStore(FLOWS, ROLLED_UP);
  context = {
    columnsPresent: seeded.store.columnsPresent(),
    rolledUpUntil: { '1m': ROLLED_UP, '5m': ROLLED_UP, '1h': ROLLED_UP },
    now: SAMPLE_END,
  };
});
afterAll(() => seeded.close());

function sumBy(key: (flow: SampleFlow) => string, flows: readonly SampleFlow[] = FLOWS): Map<string, number> {
  const sums = new Map<string, number>();
  for (const flow of flows) sums.set(key(flow), (sums.get(key(flow)) ?? 0) + flow.bytes);
  return sums;
}

const largest = (sums: Map<string, number>) => [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
const sumOf = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);

const ask = ({ sql, params, settings }: Statement) => seeded.store.query(sql, params, { settings });

async function top(input: Record<string, unknown>) {
  const compiled = compileTop(
    parseQuery(TopQuery, { from: FROM, to: SAMPLE_END, metrics: 'bytes', ...input }),
    context,
  );
  return { ...compiled.answer(await ask(compiled)), resolution: compiled.resolution };
}

async function series(input: Record<string, unknown>) {
  const query = parseQuery(SeriesQuery, { from: FROM, to: SAMPLE_END, metrics: 'bytes', interval: 300, ...input });
  const compiled = compileSeries(query, context);
  return { ...compiled.answer(await ask(compiled)), resolution: compiled.resolution };
}

describe('top', () => {
  it('gives the largest groups, the rest as other, and the total', async () => {
    const expected = largest(sumBy((flow) => namespaceOf(flow.src_entity)));
    const answer = await top({ by: 'src_namespace', limit: 2 });
    expect(answer.rows).toEqual([
      { key: { src_namespace: expected[0][0] }, values: { bytes: expected[0][1] } },
      { key: { src_namespace: expected[1][0] }, values: { bytes: expected[1][1] } },
      {
        key: { src_namespace: null },
        values: { bytes: sumOf(expected.slice(2).map((entry) => entry[1])) },
        other: true,
      },
    ]);
    expect(answer).toMatchObject({
      groups: expected.length,
      truncated: true,
      total: { bytes: sumOf(FLOWS.map((flow) => flow.bytes)) },
    });
  });

  it('says the same from every resolution, and which it used', async () => {
    const asked = { by: 'src_namespace,dst_workload,proto', limit: 100, metrics: 'bytes,packets,flows' };
    const fromFlows = await top({ ...asked, resolution: 'flows' });
    const fromRollups = await top(asked);
    const fromMinutes = await top({ ...asked, resolution: '1m' });
    expect([fromFlows.resolution, fromRollups.resolution, fromMinutes.resolution]).toEqual([
      'flows',
      '5m+1m+flows',
      '1m+flows',
    ]);
    expect(fromRollups.rows).toEqual(fromFlows.rows);
    expect(fromMinutes.rows).toEqual(fromFlows.rows);
    expect(fromRollups.total).toEqual(fromFlows.total);
  });

  it('reads the flows when a roll-up lacks a column, and refuses a roll-up that was asked for', async () => {
    expect((await top({ by: 'dst_port' })).resolution).toBe('flows');
    expect((await top({ by: 'src_pod' })).resolution).toBe('5m+1m+flows');
    expect((await top({ filter: 'server_port = 53' })).resolution).toBe('5m+1m+flows');
    expect((await top({ filter: 'server_port = 8080' })).resolution).toBe('flows');
    await expect(top({ by: 'src_addr', resolution: '1h' })).rejects.toThrow('The roll-up 1h does not keep src_addr');
  });

  it('shows addresses, countries, keys and texts as people write them', async () => {
    const { rows } = await top({ by: 'src_addr,src_country,src_mac,tls_sni,src_entity,server_port', limit: 10_000 });
    const keys = new Set(rows.map(({ key }) => JSON.stringify(Object.values(key))));
    const country = (value: number) => (value === 0 ? '' : String.fromCharCode(value >> 8, value & 255));
    for (const flow of FLOWS) {
      const port = flow.client_side === 2 ? flow.src_port : flow.dst_port;
      const mac = flow.src_mac === '0' ? '' : '0a:58:0a:80:00:05';
      expect(keys).toContain(
        JSON.stringify([flow.src_addr, country(flow.src_country), mac, flow.tls_sni, flow.src_entity, port]),
      );
    }
    expect(rows.length).toBe(keys.size);
  });
});

describe('series', () => {
  it('puts every byte in its interval, whatever it is read from', async () => {
    for (const resolution of ['flows', 'auto'] as const) {
      const answer = await series({ resolution });
      const byHand = answer.times.map((start) =>
        sumOf(
          FLOWS.filter((flow) => flow.time_received >= start && flow.time_received < start + 300_000).map(
            (flow) => flow.bytes,
          ),
        ),
      );
      expect(answer.series).toHaveLength(1);
      expect(answer.series[0].values.bytes).toEqual(byHand);
    }
  });

  it('keeps the largest groups apart and sums the rest in other', async () => {
    const answer = await series({ by: 'src_namespace', limit: 1, order: 'bytes' });
    const [first, ...rest] = largest(sumBy((flow) => namespaceOf(flow.src_entity)));
    expect(answer.series.map((entry) => [entry.key.src_namespace, entry.other, entry.total.bytes])).toEqual([
      [first[0], undefined, first[1]],
      [null, true, sumOf(rest.map((entry) => entry[1]))],
    ]);
    expect(answer.truncated).toBe(true);
  });

  it('makes rates over what an interval covers of the range', async () => {
    const from = FROM + 150_000;
    const answer = await series({ from, metrics: 'bits_per_second,bytes' });
    const { bits_per_second: rates, bytes } = answer.series[0].values;
    expect(answer.times[0]).toBe(FROM);
    expect(rates[0]).toBeCloseTo((bytes[0] * 8) / 150, 6);
    expect(rates[1]).toBeCloseTo((bytes[1] * 8) / 300, 6);
  });

  it('is empty, not wrong, where nothing matches', async () => {
    expect((await series({ filter: 'dst_port = 1' })).series).toEqual([]);
    expect((await series({ filter: 'dst_port = 1', by: 'proto' })).series).toEqual([]);
  });
});

describe('graph', () => {
  it('joins namespaces, and puts ends without one together by kind', async () => {
    const query = parseQuery(GraphQuery, { from: FROM, to: SAMPLE_END, metrics: 'bytes', group: 'namespace' });
    const compiled = compileGraph(query, context);
    const answer = compiled.answer(await ask(compiled));
    const id = (key: string) => {
      const entity = ENTITY.get(key);
      const kind = key === '0' ? 'outside' : (entity?.kind ?? 'unknown');
      return entity?.namespace ? `namespace:${entity.namespace}` : `kind:${kind}`;
    };
    const expected = sumBy((flow) => `${id(flow.src_entity)} ${id(flow.dst_entity)}`);
    expect(new Map(answer.edges.map((edge) => [`${edge.from} ${edge.to}`, edge.values.bytes]))).toEqual(expected);
    const sent = sumBy((flow) => id(flow.src_entity));
    for (const node of answer.nodes) expect([node.id, node.sent.bytes]).toEqual([node.id, sent.get(node.id)]);
    expect(answer.nodes.map((node) => node.label)).toContain('unresolved');
  });

  it('has every address as a node when asked for addresses', async () => {
    const query = parseQuery(GraphQuery, { from: FROM, to: SAMPLE_END, metrics: 'bytes', group: 'addr' });
    const compiled = compileGraph(query, context);
    const answer = compiled.answer(await ask(compiled));
    const expected = sumBy((flow) => `${flow.src_addr} ${flow.dst_addr === '::' ? '' : flow.dst_addr}`);
    expect(new Map(answer.edges.map((edge) => [`${edge.from} ${edge.to}`, edge.values.bytes]))).toEqual(expected);
  });
});

async function page(input: Record<string, unknown>): Promise<{ flows: Flow[]; next: string | null }> {
  const pager = new FlowsPager(parseQuery(FlowsQuery, { from: FROM, to: SAMPLE_END, ...input }), context);
  while (!pager.done) {
    const { sql, params } = pager.next();
    pager.take((await seeded.store.query(sql, params)).rows);
  }
  return pager.page();
}

describe('flows', () => {
  it('come newest first, page after page, each exactly once', async () => {
    const seen: Flow[] = [];
    let cursor: string | undefined;
    do {
      const { flows, next } = await page({ limit: 293, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...flows);
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    const expected = FLOWS.map((flow) => `${flow.time_received} ${flow.flow_id} ${flow.bytes}`).sort();
    expect(seen.map((flow) => `${flow.time_received} ${flow.flow_id ?? '0'} ${flow.bytes ?? 0}`).sort()).toEqual(
      expected,
    );
    const times = seen.map((flow) => Number(flow.time_received));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it.each(['bytes', 'packets'] as const)('come with the most %s first when asked, each exactly once', async (order) => {
    const seen: Flow[] = [];
    let cursor: string | undefined;
    do {
      const { flows, next } = await page({ order, limit: 171, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...flows);
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    const sizes = seen.map((flow) => Number(flow[order] ?? 0));
    expect(sizes).toEqual(FLOWS.map((flow) => flow[order]).sort((a, b) => b - a));
    const ids = (flows: readonly { flow_id?: unknown; time_received?: unknown }[]) =>
      flows.map((flow) => `${flow.time_received} ${flow.flow_id ?? '0'}`).sort();
    expect(ids(seen)).toEqual(ids(FLOWS));
  });

  it('refuse the cursor of another order', async () => {
    const { next } = await page({ limit: 5 });
    await expect(page({ order: 'bytes', cursor: next })).rejects.toThrow('another order');
  });

  it('carry names, and leave out what is absent', async () => {
    const { flows } = await page({
      filter: 'src_namespace = shop and tls_sni = shop.example.com and dst_addr = ""',
      limit: 1,
    });
    const [flow] = flows;
    expect(flow).toMatchObject({ src_namespace: 'shop', src_kind: 'pod', tls_sni: 'shop.example.com' });
    expect(Object.hasOwn(flow, 'dst_addr')).toBe(false);
    expect(Object.values(flow).every((value) => value !== '' && value !== 0)).toBe(true);
  });

  it('refuse a cursor that is none', async () => {
    const big = 'z'.repeat(14);
    for (const cursor of [
      '1.2.3',
      `t.0.z.${big}.1.0.0.0.0`,
      `t.0.${big}.0.1.0.0.0.0`,
      't.2.1.0.1.0.0.0.0',
      't.0.1.0.1.0.0.0',
    ]) {
      await expect(page({ cursor })).rejects.toThrow('no cursor');
    }
  });
});

describe('values', () => {
  async function values(input: Record<string, unknown>) {
    const compiled = compileValues(parseQuery(ValuesQuery, input), context);
    if ('known' in compiled) return compiled.known.map((item) => item.value);
    return compiled.answer((await seeded.store.query(compiled.sql, compiled.params)).rows).map((item) => item.value);
  }

  it('are names, codes, labels, numbers, addresses and countries that start with what is typed', async () => {
    expect(await values({ field: 'namespace', prefix: 'S' })).toEqual(['shop']);
    expect((await values({ field: 'src_pod', prefix: 'web' })).sort()).toEqual(['web-0', 'web-1']);
    expect(await values({ field: 'proto', prefix: 'u' })).toEqual(['udp', 'udplite']);
    expect((await values({ field: 'label' })).sort()).toEqual(['app', 'tier']);
    expect(await values({ field: 'label', subscript: 'app', prefix: 'a' })).toEqual(['api']);
    expect((await values({ field: 'dst_port', prefix: '80' })).sort()).toEqual(['80', '8080']);
    expect((await values({ field: 'addr', prefix: '10.128' })).sort()).toEqual(['10.128.0.5', '10.128.3.77']);
    expect((await values({ field: 'country', prefix: 'd' })).sort()).toEqual(['DE']);
    expect((await values({ field: 'tls_sni', prefix: 'shop' })).sort()).toEqual(['shop.example.com']);
    expect(await values({ field: 'mpls_labels' })).toEqual([]);
  });
});
