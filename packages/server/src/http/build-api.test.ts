// The API over its own HTTP layer, on a real store with the sample in it.
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FlowsAnswer, GraphAnswer, LedgerAnswer, Problem, SeriesAnswer, TopAnswer } from '@weir/query';
import { StoreError } from '@weir/store';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApi } from './build-api.ts';
import type { ApiDeps } from './deps.ts';
import { collectorStatus, healthReport, refusedSink, storeFacts } from './testdata/deps.ts';
import { EXPORTERS, SAMPLE_END, sampleFlows } from './testdata/sample.ts';
import { type SeededStore, seededStore } from './testdata/seeded-store.ts';

const FLOWS = sampleFlows(500);
let seeded: SeededStore;
let app: FastifyInstance;

function deps(more: Partial<ApiDeps> = {}): ApiDeps {
  return {
    version: '0.0.0-test',
    started: SAMPLE_END - 60_000,
    demo: false,
    store: seeded.store,
    storeFacts: () => storeFacts({ rows: FLOWS.length }),
    rolledUpUntil: () => ({ '1m': SAMPLE_END - 600_000 }),
    health: async () =>
      healthReport([
        {
          running: true,
          status: collectorStatus({
            warnings: ['listen.allow is empty'],
            floods: [{ address: '192.0.2.9', share: 0.93, diverted: true }],
            otherExporters: { exporters: 12, counters: {} },
          }),
        },
        {
          running: false,
          status: collectorStatus({ collector: 'away', floods: [{ address: '192.0.2.9', share: 1, diverted: false }] }),
        },
      ]),
    collectors: () => [collectorStatus({ time: SAMPLE_END })],
    now: () => SAMPLE_END,
    gatewayWarnings: () => ['10.9.9.9 has more than it may'],
    cleanDemo: () => Promise.resolve({ flows: 3, exporters: 2, entities: 1 }),
    ...more,
  };
}

beforeAll(async () => {
  seeded = await seededStore(FLOWS, SAMPLE_END - 600_000);
  app = buildApi(deps());
});
afterAll(async () => {
  await app.close();
  await seeded.close();
});

async function get<T>(url: string, server = app): Promise<{ status: number; type: string; body: T }> {
  const response = await server.inject({ method: 'GET', url });
  return { status: response.statusCode, type: String(response.headers['content-type']), body: response.json() as T };
}

/** An app whose store answers every query with this error. */
const failing = (error: unknown) =>
  buildApi(deps({ store: { columnsPresent: () => new Set(['bytes']), query: () => Promise.reject(error) } }));

describe('the API', () => {
  it('answers series, top, graph, flows and values with what it read', async () => {
    const series = await get<SeriesAnswer>('/api/v1/series?from=now-3h&by=src_namespace&interval=600');
    expect(series.status).toBe(200);
    expect(series.body.meta).toMatchObject({ interval_s: 600, resolution: '1m+flows', truncated: false, warnings: [] });
    expect(series.body.meta.rows_read).toBeGreaterThan(0);
    const top = await get<TopAnswer>('/api/v1/top?from=now-3h&by=proto&metrics=flows');
    expect(top.body.total).toEqual({ flows: FLOWS.length });
    const graph = await get<GraphAnswer>('/api/v1/graph?from=now-3h&group=namespace');
    expect(graph.body.nodes.map((node) => node.label)).toContain('shop');
    const flows = await get<FlowsAnswer>('/api/v1/flows?from=now-3h&limit=2');
    expect(flows.body.flows).toHaveLength(2);
    const next = await get<FlowsAnswer>(`/api/v1/flows?limit=2&cursor=${flows.body.next}`);
    expect(next.body.flows[0].time_received).toBeLessThanOrEqual(Number(flows.body.flows[1].time_received));
    expect((await get('/api/v1/values?field=namespace&prefix=s')).body).toEqual({
      values: [{ value: 'shop', count: 6 }],
    });
  });

  it('lists fields, exporters, the ledger and its own status', async () => {
    const { fields } = (await get<{ fields: { name: string; present: boolean }[] }>('/api/v1/fields')).body;
    expect(fields.find((field) => field.name === 'tls_sni')).toMatchObject({
      present: true,
      groupable: true,
      kind: 'str',
    });
    expect(fields.find((field) => field.name === 'src_vlan')).toMatchObject({ present: false });
    expect(fields.find((field) => field.name === 'port')).toMatchObject({ either_end: true, groupable: false });
    const { exporters } = (await get<{ exporters: { address: string; counters: object }[] }>('/api/v1/exporters')).body;
    expect(exporters.map((exporter) => exporter.address).sort()).toEqual(EXPORTERS.map(({ address }) => address));
    expect(exporters.find(({ address }) => address === '10.0.0.1')).toMatchObject({
      name: 'node-0',
      counters: { datagrams_received: 10, flows_received: 300 },
      protocol_state: [
        {
          domains: [{ templates: [{ id: 256, unstored: ['ipTotalLength'] }] }],
          unstored: [{ element: 'ipTotalLength', records: 300 }],
        },
      ],
    });
    const ledger = (await get<LedgerAnswer>('/api/v1/ledger')).body;
    expect(ledger.balances.map((balance) => balance.difference)).toEqual([0, 0, 0]);
    expect((await get('/api/v1/status')).body).toMatchObject({
      ready: true,
      store: { rows: FLOWS.length },
      degraded: [refusedSink.problems[0]],
      collectors: [
        {
          id: 'local',
          stale: false,
          warnings: ['listen.allow is empty', expect.stringMatching(/^192\.0\.2\.9 floods: 93 %/)],
          floods: [{ address: '192.0.2.9', share: 0.93, diverted: true }],
          other_exporters: 12,
        },
        { id: 'away', stale: true, floods: [] },
      ],
      consumers: [
        {
          name: 'archive',
          type: 'files',
          state: 'retrying',
          backlog_files: 3,
          backlog_bytes: 3000,
          cap_bytes: 10_000,
          waiting_ms: 75_000,
          retries: 4,
          problems: refusedSink.problems,
        },
      ],
      warnings: ['10.9.9.9 has more than it may'],
    });
  });

  it('checks filters, with places and suggestions', async () => {
    expect((await get('/api/v1/filter?text=dst_prot+%3D+80')).body).toEqual({
      ok: false,
      errors: [
        { message: 'There is no field "dst_prot"; did you mean dst_port?', suggestion: 'dst_port', from: 0, to: 8 },
      ],
    });
  });

  it('describes itself with every route and schema', async () => {
    const { body } = await get<{ openapi: string; paths: object; components: { schemas: object } }>(
      '/api/openapi.json',
    );
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths).sort()).toEqual(
      [
        'demo',
        'exporters',
        'fields',
        'filter',
        'flows',
        'flows/tail',
        'graph',
        'ledger',
        'series',
        'status',
        'top',
        'values',
      ].map((path) => `/api/v1/${path}`),
    );
    const refs = JSON.stringify(body).match(/#\/components\/schemas\/\w+/g) ?? [];
    for (const ref of refs) expect(Object.keys(body.components.schemas)).toContain(ref.split('/')[3]);
  });
});

describe('errors of the API', () => {
  it('are problem details with the mistakes and where they are', async () => {
    const { status, type, body } = await get<Problem>('/api/v1/top?filter=dst_prot+%3D+80');
    expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({
      type: 'urn:weir:problem:bad_filter',
      status: 400,
      instance: '/api/v1/top',
      errors: [{ parameter: 'filter', from: 0, to: 8, suggestion: 'dst_port' }],
    });
    const unknown = await get<Problem>('/api/v1/top?form=now-1h');
    expect(unknown.body.errors).toEqual([
      { message: 'There is no parameter "form"; did you mean from?', parameter: 'form', suggestion: 'from' },
    ]);
  });

  it('say 404 for what is not there and 405 for what is there for other methods', async () => {
    expect((await get<Problem>('/api/v1/nothing')).body).toMatchObject({
      status: 404,
      type: 'urn:weir:problem:not_found',
    });
    const refused = async (method: 'POST' | 'PUT' | 'DELETE' | 'GET' | 'OPTIONS', url: string) => {
      const { statusCode, headers } = await app.inject({ method, url });
      return [statusCode, headers.allow];
    };
    expect(await refused('POST', '/api/v1/top')).toEqual([405, 'GET, HEAD']);
    expect(await refused('DELETE', '/api/v1/flows/tail')).toEqual([405, 'GET, HEAD']);
    expect(await refused('OPTIONS', '/api/openapi.json')).toEqual([405, 'GET, HEAD']);
    expect(await refused('GET', '/api/v1/demo')).toEqual([405, 'DELETE']);
    expect(await refused('POST', '/api/v1/nothing')).toEqual([404, undefined]);
  });

  it('refuse content, of which no request has any', async () => {
    const post = (method: 'GET' | 'POST') =>
      app.inject({ method, url: '/api/v1/top', payload: '{', headers: { 'content-type': 'application/json' } });
    const { statusCode, body } = await post('GET');
    expect([statusCode, JSON.parse(body).type]).toEqual([400, 'urn:weir:problem:content_not_allowed']);
    expect((await post('POST')).statusCode).toBe(405);
    const none = await app.inject({ method: 'GET', url: '/api/v1/fields', headers: { 'content-length': '0' } });
    expect(none.statusCode).toBe(200);
  });

  it('are problem details too for a URL that cannot be decoded and for what is not HTTP', async () => {
    const url = await app.inject({ method: 'GET', url: '/api/v1/%E0%A4%A' });
    expect([url.statusCode, url.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(url.headers['x-content-type-options']).toBe('nosniff');
    const server = buildApi(deps());
    await server.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.end('BREW /coffee\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(answer).toContain('\r\ncontent-type: application/problem+json\r\n');
    expect(answer).toContain('\r\nx-content-type-options: nosniff\r\n');
    expect(JSON.parse(answer.split('\r\n\r\n')[1])).toMatchObject({ status: 400, title: 'Bad request' });
    await server.close();
  });

  it('name the limit that a query went beyond', async () => {
    for (const [code, limit] of [
      ['query_memory', 'memory'],
      ['query_time', 'time'],
      ['query_rows', 'rows'],
    ] as const) {
      const server = failing(new StoreError(code, 'internal words'));
      expect((await get<Problem>('/api/v1/top', server)).body).toMatchObject({ status: 422, limit });
      await server.close();
    }
  });

  it('name the part of the store that is damaged, and what to do', async () => {
    const part = { table: 'flows', uuid: '41ea3e88', name: '1795172400_6_6_0' };
    const server = failing(new StoreError('damaged', 'internal words', 40, undefined, part));
    expect((await get<Problem>('/api/v1/top', server)).body).toMatchObject({
      type: 'urn:weir:problem:store_damaged',
      status: 500,
      title: 'The store is damaged',
      detail:
        'Part 1795172400_6_6_0 of flows is damaged: run weir store check, then weir store repair. ' +
        'Questions that do not touch it are answered: try another range of time.',
    });
    await server.close();
  });

  it('say 503 while the store is not ready, and nothing of the inside when something breaks', async () => {
    const unreachable = failing(new StoreError('unreachable', 'ECONNREFUSED 10.1.2.3'));
    expect((await get<Problem>('/api/v1/top', unreachable)).body).toMatchObject({
      status: 503,
      detail: 'The store does not answer.',
    });
    await unreachable.close();
    const broken = failing(new Error('secret'));
    const { status, body } = await get<Problem>('/api/v1/top', broken);
    expect([status, JSON.stringify(body).includes('secret')]).toEqual([500, false]);
    await broken.close();
    const starting = buildApi(
      deps({ store: { columnsPresent: () => new Set(), query: () => Promise.reject(new Error('')) } }),
    );
    expect((await get<Problem>('/api/v1/flows', starting)).body).toMatchObject({
      status: 503,
      title: 'The store is not ready',
    });
    await starting.close();
  });
});

describe('the server', () => {
  it('answers only to localhost, addresses and configured names', async () => {
    const named = buildApi(deps({ allowedHosts: ['weir.example.com'] }));
    const status = async (host: string) =>
      (await named.inject({ method: 'GET', url: '/api/v1/fields', headers: { host } })).statusCode;
    expect(await Promise.all(['localhost:8080', '127.0.0.1', '[::1]:8080', 'weir.example.com'].map(status))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await Promise.all(['evil.example', 'localhost.evil.example'].map(status))).toEqual([421, 421]);
    await named.close();
  });

  it('sends security headers with everything', async () => {
    for (const url of ['/api/openapi.json', '/api/v1/fields', '/api/v1/nothing']) {
      const { headers } = await app.inject({ method: 'GET', url });
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('removes demo data for those who may change something, and for no other site', async () => {
    const clean = async (headers: Record<string, string>, payload?: string) => {
      const { statusCode, body } = await app.inject({
        method: 'DELETE',
        url: '/api/v1/demo',
        headers: { host: 'localhost:8080', ...headers },
        ...(payload === undefined ? {} : { payload }),
      });
      return [statusCode, JSON.parse(body).type ?? JSON.parse(body)];
    };
    const asked = { 'x-requested-by': 'test' };
    const done = [200, { flows: 3, exporters: 2, entities: 1 }];
    expect(await clean(asked)).toEqual(done);
    expect(await clean({ ...asked, origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' })).toEqual(done);
    expect(await clean({})).toEqual([403, 'urn:weir:problem:header_missing']);
    const elsewhere: Record<string, string>[] = [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of elsewhere) {
      expect(await clean({ ...asked, ...headers })).toEqual([403, 'urn:weir:problem:origin_not_allowed']);
    }
    expect(await clean({ ...asked, host: 'evil.example' })).toEqual([421, 'urn:weir:problem:host_not_allowed']);
    expect(await clean(asked, '{}')).toEqual([400, 'urn:weir:problem:content_not_allowed']);
  });

  it('removes demo data once where several ask at once', async () => {
    let cleaned = 0;
    const finished = Promise.withResolvers<void>();
    const cleanDemo = async () => {
      cleaned++;
      await finished.promise;
      return { flows: 3, exporters: 2, entities: 1 };
    };
    const server = buildApi(deps({ cleanDemo }));
    const ask = () => server.inject({ method: 'DELETE', url: '/api/v1/demo', headers: { 'x-requested-by': 'test' } });
    const both = Promise.all([ask(), ask()]);
    while (cleaned === 0) await new Promise((resolve) => setImmediate(resolve));
    finished.resolve();
    expect((await both).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(cleaned).toBe(1);
    await ask();
    expect(cleaned).toBe(2);
    await server.close();
  });

  it('stops the query of a caller that went away, which is no failure', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const failures: unknown[] = [];
    const server = buildApi(
      deps({
        onError: (error) => failures.push(error),
        store: {
          columnsPresent: () => new Set(['bytes']),
          query: (_sql, _params, options) =>
            new Promise((_, reject) => {
              const signal = options?.signal ?? AbortSignal.abort();
              asked.resolve(signal);
              signal.addEventListener('abort', () => reject(new StoreError('cancelled', 'cancelled')));
            }),
        },
      }),
    );
    await server.listen({ host: '127.0.0.1', port: 0 });
    const caller = new AbortController();
    const { port } = server.server.address() as AddressInfo;
    const answer = fetch(`http://127.0.0.1:${port}/api/v1/top`, { signal: caller.signal });
    const signal = await asked.promise;
    expect(signal.aborted).toBe(false);
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve));
    caller.abort();
    await expect(answer).rejects.toThrow();
    await stopped;
    expect(signal.aborted).toBe(true);
    await server.close();
    expect(failures).toEqual([]);
  });
});
