// weir flows and weir top against a server that answers what the API would.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../program.ts';

const META = {
  from: 0,
  to: 1,
  resolution: 'flows',
  rows_read: 7,
  bytes_read: 1,
  elapsed_ms: 3,
  truncated: false,
  warnings: [],
};
const FLOW = {
  time_received: 1_772_366_400_000,
  src_addr: '10.128.0.5',
  src_port: 40_000,
  src_namespace: 'shop',
  src_name: 'web-0',
  src_kind: 'pod',
  dst_addr: '2001:db8::1',
  dst_port: 443,
  proto: 6,
  tcp_flags: 18,
  bytes: 1_234_567,
  packets: 12,
};
const PROBLEM = {
  type: 'urn:weir:problem:bad_filter',
  title: 'The filter is wrong',
  status: 400,
  detail: 'x',
  errors: [
    { message: 'There is no field "dst_prot"; did you mean dst_port?', from: 16, to: 24, suggestion: 'dst_port' },
  ],
};

let server: Server;
let base: string;
let asked: URL[] = [];
let answer: (url: URL) => { status?: number; type?: string; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    asked.push(url);
    const { status = 200, type = 'application/json', body } = answer(url);
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
});

async function weir(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _, done) {
        said[name] += String(chunk);
        done();
      },
    });
  const signal = new AbortController().signal;
  const code = await run([...args, '--server', base], { stdout: into('out'), stderr: into('err'), env: {}, signal });
  return { code, ...said };
}

describe('weir flows', () => {
  it('prints a table of names, ports, flags and counters', async () => {
    answer = () => ({ body: JSON.stringify({ meta: META, flows: [FLOW], next: null }) });
    const { code, out } = await weir(
      'flows',
      'dst_port',
      '=',
      '443',
      '--since',
      '2h',
      '--limit',
      '5',
      '--order',
      'bytes',
    );
    expect([code, out.split('\n')[1]]).toEqual([
      0,
      '2026-03-01T12:00:00.000Z  shop/web-0:40000                [2001:db8::1]:443               tcp    SA       1.23 M       12',
    ]);
    expect(Object.fromEntries(asked[0].searchParams)).toEqual({
      from: 'now-2h',
      to: 'now',
      filter: 'dst_port = 443',
      order: 'bytes',
      limit: '5',
    });
  });

  it('prints one flow a line as JSON, page after page up to the limit', async () => {
    answer = (url) => ({
      body: JSON.stringify({ meta: META, flows: [FLOW], next: url.searchParams.has('cursor') ? null : 'abc' }),
    });
    const { code, out } = await weir('flows', '--format', 'json');
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([FLOW, FLOW]);
    expect(asked[1].searchParams.get('cursor')).toBe('abc');
  });

  it('marks the mistake in a filter and ends with 2', async () => {
    answer = () => ({ status: 400, type: 'application/problem+json', body: JSON.stringify(PROBLEM) });
    const { code, err } = await weir('flows', 'src_port = 1 or dst_prot = 80');
    expect([code, err.split('\n')]).toEqual([
      2,
      [
        'weir: There is no field "dst_prot"; did you mean dst_port?',
        '  src_port = 1 or dst_prot = 80',
        '                  ^^^^^^^^',
        '',
      ],
    ]);
  });

  it('prints what comes with --follow, oldest first, and stops at the limit', async () => {
    const older = { ...FLOW, time_received: FLOW.time_received - 1000 };
    const events = [
      `event: status\ndata: ${JSON.stringify({ time: 0, message: 'following' })}`,
      `event: flows\ndata: ${JSON.stringify({ flows: [FLOW, older], skipped: 3 })}`,
    ];
    answer = () => ({ type: 'text/event-stream', body: `${events.join('\n\n')}\n\n` });
    const { code, out, err } = await weir('flows', '-f', '--limit', '2', '--format', 'json');
    expect([
      code,
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).time_received),
    ]).toEqual([0, [older.time_received, FLOW.time_received]]);
    expect(err).toContain('3 more flows matched');
  });

  it('ends with 1 when the server is gone or cannot, 2 when an option is wrong', async () => {
    const context = {
      stdout: process.stdout,
      stderr: new Writable({ write: (_, __, done) => done() }),
      env: {},
      signal: new AbortController().signal,
    };
    expect(await run(['flows', '--server', 'http://127.0.0.1:1'], context)).toBe(1);
    answer = () => ({
      status: 503,
      body: JSON.stringify({ title: 'The store is not ready', detail: 'It is starting.' }),
    });
    expect(await weir('flows')).toMatchObject({ code: 1, err: 'weir: The store is not ready: It is starting.\n' });
    expect((await weir('flows', '--limit', 'x')).code).toBe(2);
    expect((await weir('flows', '--since', 'yesterday')).code).toBe(2);
    expect((await weir('flows', '-f', '--since', '1h')).code).toBe(2);
  });

  it('shows no control characters of names from the network', async () => {
    answer = () => ({
      body: JSON.stringify({ meta: META, flows: [{ ...FLOW, src_name: 'a\u001b[2Jb' }], next: null }),
    });
    expect((await weir('flows')).out).not.toContain('\u001b');
  });
});

describe('weir top', () => {
  const TOP = {
    meta: META,
    rows: [
      { key: { src_namespace: 'shop', proto: 6 }, values: { bytes: 3e9 } },
      { key: { src_namespace: '', proto: 17 }, values: { bytes: 5e8 } },
      { key: { src_namespace: null, proto: null }, values: { bytes: 5e8 }, other: true },
    ],
    total: { bytes: 4e9 },
    groups: 9,
  };

  it('prints groups with their share, the rest as other', async () => {
    answer = () => ({ body: JSON.stringify(TOP) });
    const { code, out } = await weir('top', 'src_namespace,proto', '--filter', 'proto = tcp', '--limit', '2');
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'src_namespace  proto    bytes   share',
        'shop           tcp    3.00 GB  75.0 %',
        '-              udp     500 MB  12.5 %',
        '(other)                500 MB  12.5 %',
        '',
      ],
    ]);
    expect(Object.fromEntries(asked[0].searchParams)).toMatchObject({
      by: 'src_namespace,proto',
      metrics: 'bytes',
      filter: 'proto = tcp',
      limit: '2',
    });
  });

  it('needs a field', async () => {
    expect((await weir('top')).code).toBe(2);
  });
});
