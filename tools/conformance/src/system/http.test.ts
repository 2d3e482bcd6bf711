// The page and the API under what callers do to them, while Weir goes on receiving and storing.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLOWS_PER_DATAGRAM, Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Queries } from './queries.ts';
import { Weir } from './weir.ts';

let folder: string;
let httpPort: number;
let udpPort: number;
let weir: Weir | undefined;
let load: Load | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-http-'));
  [httpPort, udpPort] = [await freeTcpPort(), await freeUdpPort()];
});
afterEach(async () => {
  await load?.close();
  await weir?.stop();
  [load, weir] = [undefined, undefined];
  rmSync(folder, { recursive: true, force: true });
});

async function start(more: Partial<ConstructorParameters<typeof Weir>[0]> = {}): Promise<Weir> {
  weir = new Weir({ folder, udpPorts: [udpPort], httpPort, ...more });
  load = new Load(udpPort);
  await weir.ready();
  return weir;
}

async function connected(): Promise<Socket> {
  const socket = connect(httpPort, '127.0.0.1');
  // Closed by Weir to make room.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const softLimit = (pid: number | undefined) =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]);

describe('weir serve', () => {
  it('receives, stores and answers while 1,500 connections say nothing, where each process may open 1,024 files', async () => {
    const running = await start({ openFiles: 1024 });
    const silent: Socket[] = [];
    while (silent.length < 1500) silent.push(await connected());
    for (let round = 1; round <= 3; round++) {
      await load?.send(300);
      await running.settles();
      expect((await running.flows()).flows).toBe(round * 300 * FLOWS_PER_DATAGRAM);
    }
    expect((await running.get('/livez')).status).toBe(200);
    expect((await running.get('/readyz')).body).toBe('ready\n');
    const { warnings } = await running.ask<{ warnings: string[] }>('/api/v1/status');
    expect(warnings).toEqual([expect.stringMatching(/^127\.0\.0\.1 has .*more than http\.max_connections/)]);
    const { body } = await running.get('/metrics');
    expect(Number(/^weir_http_connections (\d+)$/m.exec(body)?.[1])).toBeLessThan(1024);
    expect(body).toMatch(/^weir_http_connections_closed_total\{reason="limit(_per_address)?"\} [1-9]/m);
    for (const socket of silent) socket.destroy();
  }, 120_000);

  it('lets each of its processes open as many files as it may, whatever the shell says that it is', async () => {
    const running = await start({ openFiles: 1500 });
    expect(softLimit(running.partPid('store'))).toBe(1500);
    expect(softLimit(running.partPid('collect'))).toBe(1500);
  }, 60_000);

  it('refuses no connection while its storing process dies and comes back: it answers, or says 503 and why', async () => {
    const running = await start();
    const seen = new Map<number, number>();
    let reasons = '';
    let stopping = false;
    const asking = async (path: string) => {
      while (!stopping) {
        const { status, body } = await running.get(path);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (status === 503) reasons = body;
        await sleep(2);
      }
    };
    const callers = ['/livez', '/readyz', '/api/v1/fields', '/api/v1/status', '/'].map(asking);
    for (let kill = 0; kill < 3; kill++) {
      running.killPart('store');
      await running.refuses(/SIGKILL/);
      await running.ready();
    }
    stopping = true;
    await Promise.all(callers);
    expect([...seen.keys()].sort()).toEqual([200, 503]);
    expect(reasons).toMatch(/it is being started again|starting/);
  }, 120_000);

  it('answers probes while 2,000 of 10,000 queries are under way', async () => {
    const running = await start();
    await load?.send(2_000);
    await running.settles();
    const queries = new Queries(httpPort, 2_000, 10_000);
    while (queries.underWay < 2_000) await sleep(5);
    const took: number[] = [];
    let withAll = 0;
    while (!queries.finished) {
      const before = queries.underWay;
      const began = performance.now();
      expect((await running.get('/livez')).status).toBe(200);
      took.push(performance.now() - began);
      // Each that is answered is followed by the next: a few are between the two.
      if (before > 1_900 && queries.underWay > 1_900) withAll++;
      await sleep(5);
    }
    const answers = await queries.answers;
    expect(withAll).toBeGreaterThan(10);
    // A probe that queries delay would wait for one of them, so for as long as those wait for each other.
    expect(Math.max(...took)).toBeLessThan(5_000);
    expect([...answers.keys()].sort()).toEqual([200, 503]);
    expect([...answers.values()].reduce((sum, count) => sum + count)).toBe(10_000);
    expect((await running.get('/readyz')).status).toBe(200);
  }, 180_000);
});
