// The protocol spoken to a ClickHouse server, against a small stand-in that remembers what it was asked.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, FlowBatch, setNumber } from '@weir/record';
import { consumerFolders, STORE, waitingFor } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Loader } from '../loader/loader.ts';
import { TABLES } from '../schema/tables.ts';
import { openStore, type Store } from '../store.ts';

interface Asked {
  readonly sql: string;
  readonly params: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

let asked: Asked[];
let answer: (request: Asked) => Answer | undefined;
let server: Server;
let store: Store;
let dir: string;

const json = (rows: readonly object[], columns: readonly { name: string; type: string }[] = []): Answer => ({
  body: JSON.stringify({
    meta: columns,
    data: rows,
    rows: rows.length,
    statistics: { elapsed: 0.25, rows_read: 10, bytes_read: 80 },
  }),
});

const error = (status: number, code: number, message: string): Answer => ({
  status,
  body: `Code: ${code}. DB::Exception: ${message}. (SOME_ERROR) (version 26.3.1)`,
  headers: { 'x-clickhouse-exception-code': String(code) },
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://server');
  const body = Buffer.concat(chunks);
  const inUrl = url.searchParams.get('query');
  const one: Asked = {
    sql: inUrl ?? body.toString(),
    params: url.searchParams,
    authorization: request.headers.authorization,
    body: inUrl === null ? Buffer.alloc(0) : body,
  };
  asked.push(one);
  const { status = 200, body: text = '', headers = {} } = answer(one) ?? {};
  response.writeHead(status, headers);
  response.end(text);
}

/** A server that has all tables. */
function standard({ sql }: Asked): Answer | undefined {
  if (sql.includes('FROM system.columns')) {
    return json(TABLES.flatMap((table) => table.columns.map(({ name, type }) => ({ table: table.name, name, type }))));
  }
  if (sql.includes('FORMAT JSON')) return json([]);
  return undefined;
}

beforeEach(async () => {
  asked = [];
  answer = standard;
  dir = mkdtempSync(join(tmpdir(), 'weir-server-'));
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  store = openStore(
    { url: `http://127.0.0.1:${port}`, username: 'weir', password: 'secret' },
    { requestTimeoutMs: 2000 },
  );
});
afterEach(async () => {
  await store.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

function spoolFile(rows: number): string {
  const batch = new FlowBatch(rows);
  for (let row = 0; row < rows; row++) {
    setNumber(batch.use(FIELD.time_received), row, 1_700_000_000_000 + row);
    batch.use(FIELD.exporter)[row * 2] = 7;
  }
  batch.length = rows;
  return new TestSpool(dir).write(batch).name;
}

describe('a query to a server', () => {
  it('sends parameters beside the SQL, limits in it, and who asks', async () => {
    answer = () => json([{ n: '1' }], [{ name: 'n', type: 'UInt64' }]);
    const result = await store.query(
      'SELECT {a:String} AS a WHERE b IN {keys:Array(UInt64)}',
      { a: "x'y", keys: ['5'] },
      {
        limits: { maxSeconds: 7, maxMemoryBytes: 1000 },
      },
    );
    expect(result).toEqual({
      columns: [{ name: 'n', type: 'UInt64' }],
      rows: [{ n: '1' }],
      rowsBeforeLimit: 1,
      rowsRead: 10,
      bytesRead: 80,
      elapsedMs: 250,
    });
    const [{ sql, params, authorization }] = asked;
    expect(sql).toContain('SELECT {a:String} AS a');
    expect(sql).toContain('max_execution_time = 7');
    expect(sql).toContain('max_memory_usage = 1000');
    // Escaped as in tab-separated text, which is how ClickHouse reads it.
    expect(params.get('param_a')).toBe("x\\'y");
    expect(params.get('param_keys')).toBe('[5]');
    expect(params.get('wait_end_of_query')).toBe('1');
    expect(authorization).toBe(`Basic ${Buffer.from('weir:secret').toString('base64')}`);
  });

  it.each([
    [500, 241, 'query_memory'],
    [500, 159, 'query_time'],
    [500, 158, 'query_rows'],
    [403, 516, 'not_allowed'],
    [500, 202, 'overloaded'],
  ])('maps its error (HTTP %i, code %i) to %s', async (status, code, expected) => {
    answer = () => error(status, code, 'no');
    await expect(store.query('SELECT 1')).rejects.toMatchObject({ code: expected, engineCode: code });
  });

  it('says when the server does not answer', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(store.query('SELECT 1')).rejects.toMatchObject({ code: 'unreachable', transient: true });
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
  });

  it('asks the server to stop it when it is cancelled', async () => {
    const controller = new AbortController();
    let release = (): void => {};
    answer = ({ sql }) => {
      if (sql.startsWith('KILL')) release();
      return json([]);
    };
    const held = server.listeners('request')[0] as (request: IncomingMessage, response: ServerResponse) => void;
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (asked.length > 0 || controller.signal.aborted) return held(request, response);
      release = () => held(request, response);
      controller.abort();
    });
    await store.query('SELECT 1', {}, { signal: controller.signal });
    expect(asked.some(({ sql }) => /^KILL QUERY WHERE query LIKE '\/\* weir [0-9a-f-]+ \*\/%' ASYNC/.test(sql))).toBe(
      true,
    );
  });
});

describe('loading into a server', () => {
  it("sends the spool file's own bytes under its name as the token", async () => {
    const name = spoolFile(5);
    const bytes = readFileSync(join(consumerFolders(dir, STORE).flows, `${name}.native`));
    const loader = new Loader({ store, dir });
    await loader.loadOnce();
    const insert = asked.find(({ sql }) => sql.startsWith('INSERT INTO weir.flows '));
    expect(insert?.sql).toMatch(/^INSERT INTO weir\.flows \(time_received, .*flow_id.*\) FORMAT Native$/);
    expect(insert?.params.get('insert_deduplication_token')).toBe(name);
    expect(insert?.params.get('max_insert_threads')).toBe('1');
    expect(insert?.body.equals(bytes)).toBe(true);
    const ledger = asked.find(({ sql }) => sql.startsWith('INSERT INTO weir.ledger'));
    const source = `end-store-${name}`;
    expect(
      ledger?.sql
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      expect.objectContaining({ exporter: '7', account: 'flows_stored', consumer: 'store', count: 5, source }),
      expect.objectContaining({ account: '', source }),
    ]);
    expect(waitingFor(dir, STORE)).toEqual([]);
  });

  it('says how many rows it wrote as the server told, and nothing where that was left out on the way', async () => {
    const path = join(consumerFolders(dir, STORE).flows, `${spoolFile(5)}.native`);
    const file = { table: 'flows', path, format: 'Native', columns: [{ name: 'exporter', type: 'UInt64' }] } as const;
    expect(await store.insertFile({ ...file, token: 'a' })).toBeUndefined();
    const summary = JSON.stringify({ written_rows: '5', written_bytes: '40' });
    answer = ({ sql }) => (sql.startsWith('INSERT') ? { headers: { 'x-clickhouse-summary': summary } } : undefined);
    expect(await store.insertFile({ ...file, token: 'b' })).toBe(5);
  });

  it('tries again with the same token after a server error, and keeps the file until then', async () => {
    const name = spoolFile(5);
    let failures = 2;
    answer = (request) => {
      if (request.sql.startsWith('INSERT INTO weir.flows ') && failures-- > 0) return error(503, 252, 'Too many parts');
      return standard(request);
    };
    const loader = new Loader({ store, dir });
    await expect(loader.loadOnce()).rejects.toMatchObject({ code: 'overloaded' });
    expect(waitingFor(dir, STORE)).toEqual([{ name, claimed: true }]);
    await expect(loader.loadOnce()).rejects.toMatchObject({ code: 'overloaded' });
    await loader.loadOnce();
    const tokens = asked
      .filter(({ sql }) => sql.startsWith('INSERT INTO weir.flows '))
      .map(({ params }) => params.get('insert_deduplication_token'));
    expect(tokens).toEqual([name, name, name]);
    expect(waitingFor(dir, STORE)).toEqual([]);
  });
});
