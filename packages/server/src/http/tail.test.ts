// The live tail over a real connection, on a store that answers what it is told to.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { buildApi } from './build-api.ts';
import type { ApiDeps } from './deps.ts';
import { healthReport, storeFacts } from './testdata/deps.ts';

const NOW = 1_772_366_400_000;

/** A store with flows at these times; it counts the looks. */
class FakeStore {
  flows: { time: number; bytes: number }[] = [];
  readonly asked: { sql: string; params: Record<string, unknown> }[] = [];
  fail: Error | undefined;

  columnsPresent = () => new Set(['time_received', 'bytes', 'proto']);

  query = async (sql: string, params: Record<string, unknown> = {}) => {
    this.asked.push({ sql, params });
    if (this.fail !== undefined) throw this.fail;
    const from = Number(params.p0);
    if (sql.includes('AS newest')) {
      const times = this.flows.map((flow) => flow.time).filter((time) => time >= from);
      return result([{ newest: String(Math.max(0, ...times)) }]);
    }
    const limit = Number(/LIMIT (\d+)/.exec(sql)?.[1]);
    const found = this.flows
      .filter(({ time }) => time >= from && time < Number(params.p1))
      .sort((a, b) => b.time - a.time);
    return result(
      found.slice(0, limit).map(({ time, bytes }) => ({
        f_time_received: String(time),
        f_bytes: String(bytes),
        matched: String(found.length),
      })),
    );
  };
}

const result = (rows: Record<string, string>[]) => ({
  columns: [],
  rows,
  rowsBeforeLimit: 0,
  rowsRead: 0,
  bytesRead: 0,
  elapsedMs: 0,
});

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function serve(store: FakeStore, limits: ApiDeps['limits'] = {}): Promise<string> {
  app = buildApi({
    version: 'test',
    started: NOW,
    demo: false,
    store,
    storeFacts: () => storeFacts(),
    rolledUpUntil: () => ({}),
    health: async () => healthReport(),
    collectors: () => [],
    gatewayWarnings: () => [],
    cleanDemo: () => Promise.reject(new Error('not asked')),
    now: () => NOW,
    limits: { tailIntervalMs: 5, tailRows: 3, ...limits },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/flows/tail`;
}

/** Reads events until `enough` says so, then leaves. */
async function read(url: string, enough: (events: { event: string; data: Record<string, unknown> }[]) => boolean) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  const events: { event: string; data: Record<string, unknown> }[] = [];
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        events.push({ event, data: JSON.parse(data) });
      }
      if (enough(events)) break;
    }
  } finally {
    controller.abort();
  }
  return events;
}

const flowsOf = (events: { event: string; data: Record<string, unknown> }[]) =>
  events.filter(({ event }) => event === 'flows').map(({ data }) => data);

describe('the live tail', () => {
  it('sends each flow once, the newest of too many, and how many it left out', async () => {
    const store = new FakeStore();
    store.flows = [1, 2, 3, 4, 5].map((n) => ({ time: NOW - 1000 + n, bytes: n }));
    const url = await serve(store);
    const events = await read(url, (seen) => {
      if (flowsOf(seen).length === 1 && store.flows.length === 5) store.flows.push({ time: NOW + 10, bytes: 6 });
      return flowsOf(seen).length === 2;
    });
    expect(events[0]).toMatchObject({ event: 'status', data: { message: 'following' } });
    expect(flowsOf(events)).toEqual([
      { flows: [5, 4, 3].map((n) => ({ time_received: NOW - 1000 + n, bytes: n })), skipped: 2 },
      { flows: [{ time_received: NOW + 10, bytes: 6 }], skipped: 0 },
    ]);
  });

  it('passes the filter on, and refuses a wrong one with a problem', async () => {
    const store = new FakeStore();
    store.flows = [{ time: NOW, bytes: 1 }];
    const url = await serve(store);
    await read(`${url}?filter=proto+%3D+udp`, (seen) => flowsOf(seen).length > 0);
    expect(store.asked.some(({ sql, params }) => sql.includes('proto = {p2:UInt8}') && params.p2 === 17n)).toBe(true);
    const wrong = await fetch(`${url}?filter=x`);
    expect([wrong.status, wrong.headers.get('content-type')]).toEqual([400, 'application/problem+json; charset=utf-8']);
  });

  it('says what is wrong and goes on when the store fails', async () => {
    const store = new FakeStore();
    store.fail = new Error('inside');
    const url = await serve(store);
    const events = await read(url, (seen) => {
      if (seen.length === 2) {
        store.fail = undefined;
        store.flows = [{ time: NOW, bytes: 1 }];
      }
      return flowsOf(seen).length > 0;
    });
    expect(events[1]).toMatchObject({
      event: 'status',
      data: { message: 'The request could not be answered; the log says why.' },
    });
  });

  it('stops asking when the caller leaves, and has a cap', async () => {
    const store = new FakeStore();
    const url = await serve(store, { tails: 1 });
    await read(url, (seen) => seen.length > 0);
    // The connection's end reaches the server a moment later; then there is room again.
    let status = 503;
    for (let tries = 0; tries < 200 && status === 503; tries++) {
      const controller = new AbortController();
      const response = await fetch(url, { signal: controller.signal });
      status = response.status;
      if (status === 200) {
        const second = await fetch(url);
        expect([second.status, ((await second.json()) as { limit: string }).limit]).toEqual([503, 'tails']);
      } else await response.arrayBuffer();
      controller.abort();
    }
    expect(status).toBe(200);
  });

  it('ends when the server closes', async () => {
    const url = await serve(new FakeStore());
    const response = await fetch(url);
    await app?.close();
    app = undefined;
    await expect(response.text()).resolves.toContain('following');
  });
});
