import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { received, type Served, serve } from './testdata/served.ts';

let served: Served;
let asked: string[];
let pageDir: string;
beforeAll(() => {
  pageDir = mkdtempSync(join(tmpdir(), 'weir-page-'));
  mkdirSync(join(pageDir, 'assets'));
  writeFileSync(join(pageDir, 'index.html'), '<title>Weir</title>');
  writeFileSync(join(pageDir, 'assets/app-1a2b.js'), 'export {};');
  writeFileSync(join(pageDir, '.secret.txt'), 'secret');
});
afterAll(() => rmSync(pageDir, { recursive: true }));
beforeEach(async () => {
  asked = [];
  served = await serve(
    (request, response) => {
      asked.push(`${request.method} ${request.headers.host}${request.url}`);
      response.end('from the store');
    },
    { pageDir, allowedHosts: ['weir.example.com'] },
  );
});
afterEach(() => served.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The answer to a raw request, after which the connection is to be closed. */
async function raw(request: string): Promise<Answer> {
  const socket = await served.connect();
  socket.write(request);
  const [head, ...rest] = (await received(socket)).split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]));
  return { status: Number(status.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}

const kind = ({ status, body }: Answer) => [status, JSON.parse(body).type];
const CLOSE = 'Connection: close\r\n\r\n';

describe('health', () => {
  it('is answered here, under any name, without asking the storing process', async () => {
    for (const path of ['/livez', '/readyz']) {
      const { status, body } = await raw(`GET ${path} HTTP/1.1\r\nHost: whatever.example\r\n${CLOSE}`);
      expect([path, status, body]).toEqual([path, 200, path === '/livez' ? 'ok\n' : 'ready\n']);
    }
    expect((await fetch(`${served.url}/metrics`)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`${served.url}/livez?verbose`)).status).toBe(200);
    expect(asked).toEqual([]);
  });

  it('has reasons where Weir is not ready', async () => {
    await served.close();
    const reasons = ['no collecting process is running', 'the store: disk full'];
    const health = { readiness: async () => ({ ready: false, reasons }), metrics: async () => Buffer.from('') };
    served = await serve(undefined, { health });
    const answer = await fetch(`${served.url}/readyz`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toMatchObject({
      type: 'urn:weir:problem:not_ready',
      ready: false,
      reasons,
      detail: 'no collecting process is running; the store: disk full',
    });
  });

  it('is a problem, and no end of anything, where it cannot be found out', async () => {
    await served.close();
    const broken = () => Promise.reject(new Error('inside'));
    served = await serve(undefined, { health: { readiness: broken, metrics: broken } });
    const answer = await fetch(`${served.url}/readyz`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('inside');
    expect(served.warned.join()).toContain('GET /readyz could not be answered: Error: inside');
    expect((await fetch(`${served.url}/livez`)).status).toBe(200);
  });
});

describe('a request', () => {
  it('goes to the API below /api, and to the page elsewhere', async () => {
    const answer = await fetch(`${served.url}/api/v1/fields?x=1`);
    expect(await answer.text()).toBe('from the store');
    expect(asked).toEqual([`GET 127.0.0.1:${served.port}/api/v1/fields?x=1`]);
  });

  it('names this server, an address or a configured name', async () => {
    const status = async (host: string) => (await raw(`GET /api/x HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}`)).status;
    for (const host of ['localhost:8080', '10.0.0.1', '[::1]:8080', 'weir.example.com']) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', 'localhost.evil.example']) {
      expect([host, await status(host)]).toEqual([host, 421]);
    }
    expect((await raw(`GET /metrics HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}`)).status).toBe(421);
    expect((await raw(`GET / HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}`)).status).toBe(421);
  });

  it('has one Host, or none in HTTP/1.0, and may have it in its target', async () => {
    const none = await raw(`GET /api/x HTTP/1.1\r\n${CLOSE}`);
    expect(kind(none)).toEqual([400, 'urn:weir:problem:bad_request']);
    const two = await raw(`GET /api/x HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n${CLOSE}`);
    expect(two.status).toBe(400);
    expect((await raw('GET /livez HTTP/1.0\r\n\r\n')).status).toBe(200);
    expect((await raw('GET /api/x HTTP/1.0\r\n\r\n')).status).toBe(421);
    const absolute = await raw(`GET http://localhost:99/api/x?y=1 HTTP/1.1\r\nHost: 10.0.0.1\r\n${CLOSE}`);
    expect(absolute.status).toBe(200);
    expect(asked).toEqual(['GET localhost:99/api/x?y=1']);
    const evil = await raw(`GET http://evil.example/api/x HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
    expect(evil.status).toBe(421);
    expect((await raw(`OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`)).status).toBe(400);
  });

  it('has no content where it only reads, and the connection ends with the refusal', async () => {
    for (const content of [
      'Content-Length: 5\r\n\r\nhello',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ]) {
      const answer = await raw(`GET /api/v1/top HTTP/1.1\r\nHost: localhost\r\n${content}`);
      expect(kind(answer)).toEqual([400, 'urn:weir:problem:content_not_allowed']);
      expect(answer.headers.get('connection')).toBe('close');
    }
    expect(asked).toEqual([]);
  });

  it('that changes something comes from no other site', async () => {
    const status = async (headers: string) =>
      (await raw(`DELETE /api/v1/demo HTTP/1.1\r\nHost: localhost:8080\r\n${headers}${CLOSE}`)).status;
    expect(await status('')).toBe(200);
    expect(await status('Origin: http://localhost:8080\r\n')).toBe(200);
    expect(await status('Origin: http://evil.example\r\n')).toBe(403);
    expect(await status('Sec-Fetch-Site: cross-site\r\n')).toBe(403);
  });

  it('reads, of what is answered here: other methods are told which there are', async () => {
    for (const method of ['POST', 'DELETE', 'TRACE', 'PROPFIND', 'OPTIONS']) {
      for (const path of ['/', '/livez', '/metrics', '/assets/app-1a2b.js']) {
        const answer = await raw(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, 'GET, HEAD']);
      }
    }
    const tunnel = await raw('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n');
    expect(tunnel.status).toBe(405);
  });

  it('that expects something or would change the protocol is answered as any other', async () => {
    const head = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';
    expect((await raw(`${head}Expect: 100-continue\r\n${CLOSE}`)).status).toBe(200);
    expect((await raw(`${head}Expect: a-pony\r\n${CLOSE}`)).status).toBe(200);
    expect((await raw(`${head}Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n`)).status).toBe(200);
  });
});

describe('the page', () => {
  it('is served for its own addresses, with its files', async () => {
    for (const path of ['/', '/flows?filter=x', '/exporters/']) {
      const answer = await fetch(`${served.url}${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, '<title>Weir</title>']);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
    const asset = await fetch(`${served.url}/assets/app-1a2b.js`);
    expect([asset.status, await asset.text()]).toEqual([200, 'export {};']);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    const again = await raw(
      `GET /assets/app-1a2b.js HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${asset.headers.get('etag')}\r\n${CLOSE}`,
    );
    expect(again.status).toBe(304);
    expect(asked).toEqual([]);
  });

  it('has nothing but its files', async () => {
    for (const path of [
      '/assets/gone.js',
      '/../../../etc/passwd.txt',
      '/%2e%2e/%2e%2e/etc/hosts.txt',
      '/.secret.txt',
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
      expect([path, kind(answer)]).toEqual([path, [404, 'urn:weir:problem:not_found']]);
    }
    const range = await fetch(`${served.url}/assets/app-1a2b.js`, { headers: { range: 'bytes=100-' } });
    expect([range.status, range.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    const broken = await raw(`GET /assets/%E0%A4%A.js HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
    expect(broken.status).toBe(400);
  });
});

describe('every answer', () => {
  it('has the security headers, also to what is no request', async () => {
    const host = `Host: localhost\r\n${CLOSE}`;
    const requests: Readonly<Record<string, [status: number, request: string]>> = {
      page: [200, `GET / HTTP/1.1\r\n${host}`],
      file: [200, `GET /assets/app-1a2b.js HTTP/1.1\r\n${host}`],
      health: [200, `GET /livez HTTP/1.1\r\n${host}`],
      missing: [404, `GET /gone.txt HTTP/1.1\r\n${host}`],
      method: [405, `POST / HTTP/1.1\r\n${host}`],
      tunnel: [405, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
      'no host': [400, `GET / HTTP/1.1\r\n${CLOSE}`],
      'not HTTP': [400, 'BREW /coffee\r\n\r\n'],
      'a TLS greeting': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      'both lengths': [
        400,
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      'too long': [431, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
    };
    for (const [name, [status, request]] of Object.entries(requests)) {
      const answer = await raw(request);
      expect([name, answer.status]).toEqual([name, status]);
      expect([name, answer.headers.get('content-security-policy')]).toEqual([
        name,
        expect.stringContaining("frame-ancestors 'none'"),
      ]);
      expect([name, answer.headers.get('x-content-type-options')]).toEqual([name, 'nosniff']);
      if (status >= 400) expect([name, JSON.parse(answer.body).status]).toEqual([name, status]);
    }
    expect(await served.figures()).toMatchObject({ closed: { unreadable: 4 } });
  });
});
