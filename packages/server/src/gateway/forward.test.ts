import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { received, type Served, serve } from './testdata/served.ts';

let served: Served;
const start = async (...args: Parameters<typeof serve>) => {
  served = await serve(...args);
  return served;
};
afterEach(() => served.close());

/** The raw answer to a raw request, on a connection that closes after it. */
async function raw(request: string): Promise<string> {
  const socket = await served.connect();
  socket.write(request);
  return received(socket);
}

describe('a request passed on', () => {
  it('keeps method, path, query, host and its other headers, and the answer keeps status, headers and repeated ones', async () => {
    let seen: IncomingMessage | undefined;
    await start((request, response) => {
      seen = request;
      response.writeHead(422, 'Not So', ['X-One', '1', 'X-Many', 'a', 'X-Many', 'b', 'Content-Length', '2']);
      response.end('no');
    });
    const answer = await raw(
      'GET /api/v1/top?filter=a%20%3D%20b&x=%E0 HTTP/1.1\r\nHost: localhost:8080\r\nX-Own: 7\r\nx-own: 8\r\nConnection: close\r\n\r\n',
    );
    expect(seen?.method).toBe('GET');
    expect(seen?.url).toBe('/api/v1/top?filter=a%20%3D%20b&x=%E0');
    expect(seen?.headers).toMatchObject({ host: 'localhost:8080', 'x-own': '7, 8' });
    expect(answer).toMatch(/^HTTP\/1\.1 422 Not So\r\nX-One: 1\r\nX-Many: a\r\nX-Many: b\r\nContent-Length: 2\r\n/);
    expect(answer).toMatch(/\r\n\r\nno$/);
  });

  it('leaves headers of one hop behind, those that Connection names included, in both directions', async () => {
    let seen: string[] = [];
    await start((request, response) => {
      seen = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      response.writeHead(200, ['Connection', 'x-hop', 'X-Hop', '1', 'Proxy-Authenticate', 'x', 'X-End', '2']);
      response.end('yes');
    });
    const answer = await raw(
      'GET /api/ HTTP/1.1\r\nHost: localhost\r\n' +
        'Connection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nX-Theirs: 2\r\n\r\n',
    );
    expect(seen.sort()).toEqual(['connection', 'host', 'x-theirs']);
    expect(answer.toLowerCase()).toContain('\r\nx-end: 2\r\n');
    for (const name of ['x-hop', 'proxy-authenticate']) expect(answer.toLowerCase()).not.toContain(`${name}:`);
  });

  it('carries content of known length and in chunks', async () => {
    const bodies: string[] = [];
    await start(async (request, response) => {
      bodies.push(`${request.headers['content-length'] ?? 'chunks'}: ${await text(request)}`);
      response.end();
    });
    const head = 'POST /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    await raw(`${head}Content-Length: 5\r\n\r\nhello`);
    await raw(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`);
    await raw(`${head}\r\n`);
    expect(bodies).toEqual(['5: hello', 'chunks: hello', '0: ']);
  });

  it('is asked for by HEAD as by GET, without content in the answer', async () => {
    await start((request, response) => {
      response.writeHead(200, { 'content-length': 5, 'x-method': request.method });
      response.end(request.method === 'HEAD' ? undefined : 'hello');
    });
    const answer = await fetch(`${served.url}/api/x`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('x-method'), answer.headers.get('content-length')]).toEqual([
      200,
      'HEAD',
      '5',
    ]);
    expect(await (await fetch(`${served.url}/api/x`)).text()).toBe('hello');
  });

  it('gets the answer as it comes: a stream of events has its head before its first event', async () => {
    let response: ServerResponse | undefined;
    await start((_, answer) => {
      response = answer;
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.flushHeaders();
    });
    const answer = await fetch(`${served.url}/api/v1/flows/tail`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      response?.write(event);
      expect((await reader?.read())?.value).toBe(event);
    }
    response?.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it.each(['before the answer', 'in the middle of it'])('ends where its caller goes away %s', async (when) => {
    const asked = Promise.withResolvers<ServerResponse>();
    await start((_, response) => {
      if (when !== 'before the answer') response.write('begun');
      asked.resolve(response);
    });
    const caller = new AbortController();
    const answer = fetch(`${served.url}/api/v1/top`, { signal: caller.signal });
    answer.catch(() => {});
    const response = await asked.promise;
    if (when !== 'before the answer') await answer;
    const ended = once(response, 'close');
    caller.abort();
    await ended;
    expect(response.writableFinished).toBe(false);
  });

  it('does not outrun a caller that reads slowly', async () => {
    let written = 0;
    const chunk = Buffer.alloc(65_536);
    await start((_, response) => {
      const more = () => {
        while (!response.destroyed && written < 1000 && response.write(chunk)) written++;
        response.once('drain', () => {
          written++;
          more();
        });
      };
      more();
    });
    const socket = await served.connect();
    socket.pause();
    socket.write('GET /api/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    let before = -1;
    // Until all buffers on the way are full.
    while (written !== before) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(500);
  });

  it('is cut where the storing process dies while it answers: the caller must not take the part for all', async () => {
    await start((_, response) => {
      response.write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    const answer = await fetch(`${served.url}/api/x`);
    await expect(answer.text()).rejects.toThrow();
  });
});

describe('while the storing process is away, a request', () => {
  it('is answered with the reason: a problem to programs, a page that asks again to people', async () => {
    await start(undefined, { away: () => 'store ended (SIGKILL) <again>' });
    const answer = await fetch(`${served.url}/api/v1/top`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await answer.json()).toMatchObject({
      type: 'urn:weir:problem:store_not_ready',
      status: 503,
      detail: expect.stringContaining('store ended (SIGKILL) <again>'),
      instance: '/api/v1/top',
    });
    const page = await fetch(`${served.url}/flows?x=1`, { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    const html = await page.text();
    expect(html).toContain('store ended (SIGKILL) &#60;again&#62;');
    expect(html).toContain('http-equiv="refresh"');
    expect((await fetch(`${served.url}/livez`)).status).toBe(200);
  });

  it('is answered in the same way before anybody noticed that it is gone', async () => {
    await start();
    const answer = await fetch(`${served.url}/api/v1/top`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  it('is asked again where only the kept connection was old, and a request that changes something is not', async () => {
    const requests: string[] = [];
    const seen = new WeakSet<object>();
    const store: RequestListener = (request, response) => {
      requests.push(request.method ?? '');
      // As if it had closed the connection in the moment in which the gateway used it again.
      if (seen.has(request.socket)) request.socket.destroy();
      else response.end('ok');
      seen.add(request.socket);
    };
    await start(store);
    const ask = async (method: string) => (await fetch(`${served.url}/api/x`, { method })).status;
    expect(await ask('GET')).toBe(200);
    expect(await ask('GET')).toBe(200);
    expect(await ask('DELETE')).toBe(503);
    expect(requests).toEqual(['GET', 'GET', 'GET', 'DELETE']);
  });
});
