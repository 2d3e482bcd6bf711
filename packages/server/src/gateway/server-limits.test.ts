// What callers who are slow, silent, many or do not read cost: their own connection, and nobody else's answer.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS, received, type Served, serve } from './testdata/served.ts';

let served: Served;
const start = async (...args: Parameters<typeof serve>) => {
  served = await serve(...args);
};
afterEach(() => served.close());

const HEAD = 'Host: localhost\r\n\r\n';
const livez = async (from?: string): Promise<number> => {
  const socket = await served.connect(from);
  socket.write(`GET /livez HTTP/1.1\r\nConnection: close\r\n${HEAD}`);
  return Number((await received(socket)).split(' ')[1]);
};

/** Connections that send nothing, in the order in which they were opened. */
async function silent(count: number, from?: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(await served.connect(from));
  return sockets;
}

const isOpen = (socket: Socket) => !socket.destroyed && !socket.readableEnded;
/** Lets what the gateway has closed arrive. */
async function stillOpen(sockets: readonly Socket[]): Promise<boolean[]> {
  for (const socket of sockets) socket.resume();
  await sleep(100);
  return sockets.map(isOpen);
}

/** The storing process holds every answer back. */
function holding(): {
  readonly store: (request: object, response: ServerResponse) => void;
  readonly held: ServerResponse[];
} {
  const held: ServerResponse[] = [];
  return { store: (_, response) => void held.push(response), held };
}

describe('a connection', () => {
  it('that says nothing is told 408 after the time for a head, and closed', async () => {
    await start(undefined, { limits: { ...LIMITS, headerMs: 200 } });
    const answer = await received(await served.connect());
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('\r\nx-content-type-options: nosniff\r\n');
    expect(answer).toContain('"type":"urn:weir:problem:request_timeout"');
    expect((await served.figures()).closed).toMatchObject({ request_timeout: 1 });
  });

  it('that sends its head byte by byte is told 408 after the same time, however often it sends', async () => {
    await start(undefined, { limits: { ...LIMITS, headerMs: 300 } });
    const socket = await served.connect();
    socket.write('GET / HTTP/1.1\r\nX: ');
    const dripping = setInterval(() => socket.write('a'), 20);
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(dripping);
  });

  it('that begins its second request and does not end it is closed as well', async () => {
    await start(undefined, { limits: { ...LIMITS, headerMs: 300 } });
    const socket = await served.connect();
    socket.write(`GET /livez HTTP/1.1\r\n${HEAD}GET /livez HT`);
    const answers = await received(socket);
    expect(answers).toMatch(/^HTTP\/1\.1 200 /);
    expect(answers).toContain('\r\n\r\nok\nHTTP/1.1 408 ');
  });

  it('whose content does not come is closed after the time for a request, and its request at the storing process with it', async () => {
    const { store, held } = holding();
    await start(store, { limits: { ...LIMITS, requestMs: 300 } });
    const socket = await served.connect();
    const ended = received(socket);
    socket.write(`POST /api/x HTTP/1.1\r\nContent-Length: 10\r\n${HEAD}half`);
    while (held.length === 0) await sleep(5);
    const gone = once(held[0], 'close');
    await ended;
    await gone;
    expect((await served.figures()).closed).toMatchObject({ request_timeout: 1 });
  });

  it('without a next request is closed after the time for idling', async () => {
    await start(undefined, { limits: { ...LIMITS, idleMs: 200 } });
    const socket = await served.connect();
    socket.write(`GET /livez HTTP/1.1\r\n${HEAD}`);
    expect(await received(socket)).toMatch(/ok\n$/);
    expect((await served.figures()).closed).toMatchObject({ idle_timeout: 1 });
  });

  it('that does not read its answer is closed after the time for idling, and the answer ended', async () => {
    const ended = Promise.withResolvers<void>();
    await start(
      (_, response) => {
        response.once('close', () => ended.resolve());
        const fill = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          response.once('drain', fill);
        };
        fill();
      },
      { limits: { ...LIMITS, idleMs: 300 } },
    );
    const socket = await served.connect();
    socket.pause();
    socket.write(`GET /api/x HTTP/1.1\r\n${HEAD}`);
    await ended.promise;
    expect((await served.figures()).closed).toMatchObject({ idle_timeout: 1 });
  });

  it('that waits for an answer is left alone for as long as that takes', async () => {
    const { store, held } = holding();
    await start(store, { limits: { ...LIMITS, headerMs: 100, requestMs: 100, idleMs: 100 } });
    const socket = await served.connect();
    const answer = received(socket);
    socket.write(`GET /api/x HTTP/1.1\r\nConnection: close\r\n${HEAD}`);
    while (held.length === 0) await sleep(5);
    await sleep(500);
    held[0].end('late');
    expect(await answer).toMatch(/late/);
  });

  it('has its stream of events for as long as events come', async () => {
    await start(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let count = 0;
        const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 50);
        response.once('close', () => clearInterval(timer));
      },
      { limits: { ...LIMITS, headerMs: 200, requestMs: 200, idleMs: 200 } },
    );
    const socket = await served.connect();
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.write(`GET /api/v1/flows/tail HTTP/1.1\r\n${HEAD}`);
    while (!text.includes('data: 15\n')) {
      await sleep(20);
      expect(isOpen(socket)).toBe(true);
    }
  });

  it('that pipelines without end is closed', async () => {
    const { store } = holding();
    await start(store);
    const socket = await served.connect();
    socket.write(`GET /api/x HTTP/1.1\r\n${HEAD}`.repeat(1000));
    await received(socket);
    expect(await served.figures()).toMatchObject({ connections: 0, forwarding: 0 });
  });
});

describe('more connections than there may be', () => {
  it('close the one that was idle longest, so that a probe is always answered', async () => {
    await start(undefined, { limits: { ...LIMITS, connections: 20, connectionsPerAddress: 100 } });
    const sockets = await silent(60);
    expect(await livez()).toBe(200);
    // Twenty stay; the probe took the place of one more.
    expect((await stillOpen(sockets)).map(Number).join('')).toBe(`${'0'.repeat(41)}${'1'.repeat(19)}`);
    expect(served.warned).toEqual([
      expect.stringMatching(
        /^127\.0\.0\.1 has most of the connections .* more than http\.max_connections allows: 1 closed/,
      ),
    ]);
    expect(served.gateway.warnings[0]).toMatch(/4[12] closed, the longest idle first$/);
    expect((await served.figures()).closed.limit).toBeGreaterThanOrEqual(41);
  });

  it('of one address close that address’s own', async () => {
    await start(undefined, { limits: { ...LIMITS, connectionsPerAddress: 20 } });
    const others = await silent(15, '127.0.0.2');
    const many = await silent(60, '127.0.0.3');
    expect((await stillOpen(others)).every(Boolean)).toBe(true);
    expect((await stillOpen(many)).filter(Boolean)).toHaveLength(20);
    expect(await livez('127.0.0.3')).toBe(200);
    expect(served.warned).toEqual([
      '127.0.0.3 has more than http.max_connections_per_address allows: 1 closed, the longest idle first',
    ]);
  });

  it('never close one that waits for an answer: where all do, the new one is refused', async () => {
    const { store, held } = holding();
    await start(store, { limits: { ...LIMITS, connections: 5, connectionsPerAddress: 5 } });
    const waiting = await silent(5);
    for (const socket of waiting) socket.write(`GET /api/x HTTP/1.1\r\n${HEAD}`);
    while (held.length < 5) await sleep(5);
    const refused = await received(await served.connect());
    expect(refused).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(refused).toContain('"type":"urn:weir:problem:too_many_connections"');
    expect((await stillOpen(waiting)).every(Boolean)).toBe(true);
    expect(served.gateway.warnings).toEqual([
      '127.0.0.1 has more than http.max_connections_per_address allows: 1 closed, 1 of them at once, as all others waited for answers',
    ]);
    held[0].end();
    await sleep(50);
    expect(await livez()).toBe(200);
  });

  it('close one that does not read its answer before one that waits for it', async () => {
    await start(
      (_, response) => {
        while (response.write(Buffer.alloc(1 << 20)));
        response.end(Buffer.alloc(32 << 20));
      },
      { limits: { ...LIMITS, connections: 5, connectionsPerAddress: 5 } },
    );
    const deaf = await silent(5);
    for (const socket of deaf) {
      socket.pause();
      socket.write(`GET /api/x HTTP/1.1\r\n${HEAD}`);
    }
    // As soon as the first answer has come to a stop.
    await expect.poll(() => livez()).toBe(200);
  });
});

describe('more requests than are passed on at once', () => {
  it('are refused in a moment, while probes are answered', async () => {
    const { store, held } = holding();
    await start(store, { limits: { ...LIMITS, slots: 10, slotsPerAddress: 10 } });
    const statuses: number[] = [];
    const answers = Array.from({ length: 50 }, async () => {
      const { status } = await fetch(`${served.url}/api/v1/top`);
      statuses.push(status);
    });
    while (held.length < 10 || statuses.length < 40) await sleep(5);
    expect((await fetch(`${served.url}/livez`)).status).toBe(200);
    expect([held.length, statuses]).toEqual([10, new Array(40).fill(503)]);
    for (const response of held) response.end('{}');
    await Promise.all(answers);
    expect(statuses.slice(40)).toEqual(new Array(10).fill(200));
  });

  it('of one address leave some to others', async () => {
    const { store, held } = holding();
    await start(store, { limits: { ...LIMITS, slots: 10, slotsPerAddress: 5 } });
    const ask = async (from: string) => {
      const socket = await served.connect(from);
      socket.write(`GET /api/x HTTP/1.1\r\nConnection: close\r\n${HEAD}`);
      return received(socket);
    };
    const many = Array.from({ length: 8 }, () => ask('127.0.0.2'));
    const refused = await Promise.race(many);
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toContain('"type":"urn:weir:problem:too_many_requests"');
    expect(refused).toContain('\r\nretry-after: 2\r\n');
    const other = ask('127.0.0.3');
    while (held.length < 6) await sleep(5);
    for (const response of held) response.end('fine');
    expect(await other).toMatch(/fine/);
  });
});
