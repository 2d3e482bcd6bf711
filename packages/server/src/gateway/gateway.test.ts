import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { duplicate } from '@weir/libc';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { Gateway, type GatewaySetup } from './gateway.ts';
import { LIMITS } from './testdata/served.ts';

const THREAD = new URL('./testdata/thread.ts', import.meta.url);

let dir: string;
let said: { msg: string; reason?: string }[];
const opened: Gateway[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-gateway-'));
  said = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((gateway) => gateway.close()));
  rmSync(dir, { recursive: true, force: true });
});

async function open(more: Partial<GatewaySetup> = {}): Promise<Gateway> {
  const path = join(dir, 'http.sock');
  const gateway = await Gateway.open({
    http: { ...loadConfig({ env: {}, flags: {} }).http, port: 0 },
    limits: LIMITS,
    dataDir: dir,
    spoolDir: join(dir, 'spool'),
    upstream: { path, remove: () => rmSync(path, { force: true }) },
    log: pino({ base: null }, { write: (line: string) => said.push(JSON.parse(line)) }),
    ...more,
  });
  opened.push(gateway);
  return gateway;
}

/** The answer to a request that waits for as long as it takes. */
async function ask(url: string, path: string): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return text(socket).catch((error: NodeJS.ErrnoException) => `${error.code}`);
}

describe('the gateway thread', () => {
  it.each([
    ['throws', 'out of the blue'],
    ['rejects', 'out of the blue'],
    ['exits', ''],
    ['takes-all-memory', 'memory limit'],
    ['hangs', 'gave no sign of life'],
  ])('ends alone and is started again when it %s; who connects meanwhile waits and is answered', async (what, why) => {
    const gateway = await open({ thread: THREAD, stuckMs: 5000 });
    const before = await ask(gateway.url, '/');
    expect(before).toMatch(/^HTTP\/1\.1 200 OK/);
    await ask(gateway.url, `/${what}`);
    // The port is open all along: a refused connection would not be an answer.
    const after = await ask(gateway.url, '/');
    expect(after).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(after.split('\r\n\r\n')[1]).not.toBe(before.split('\r\n\r\n')[1]);
    expect(said).toEqual([
      expect.objectContaining({
        msg: 'the HTTP thread ended; everything else goes on, starting it again in 50 ms',
        reason: expect.stringContaining(why),
      }),
    ]);
  });

  it('answers for a storing process that comes and goes', async () => {
    const gateway = await open();
    const starting = await fetch(`${gateway.url}/api/v1/fields`);
    expect([starting.status, await starting.text()]).toEqual([503, expect.stringContaining('the store is starting')]);
    const store = createServer((_, response) => response.end('{"fields":[]}')).listen(gateway.upstream);
    await once(store, 'listening');
    gateway.storeIsThere();
    const answers = async () => (await fetch(`${gateway.url}/api/v1/fields`)).text();
    await expect.poll(answers).toBe('{"fields":[]}');
    gateway.storeIsAway('store ended (SIGKILL); it is being started again');
    await expect.poll(answers).toContain('store ended (SIGKILL); it is being started again');
    store.closeAllConnections();
    store.close();
  });

  it('says which port is taken, and the setting', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const http = { ...loadConfig({ env: {}, flags: {} }).http, port };
    await expect(open({ http })).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(`http.port: 127.0.0.1:${port} is taken`),
    });
    await expect(open({ http: { ...http, host: '203.0.113.1' } })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('http.host: cannot listen on 203.0.113.1'),
    });
    other.close();
  });

  it('lets go of the port when it is closed', async () => {
    const gateway = await open();
    const { url } = gateway;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await gateway.close();
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});

describe('a socket that somebody else listens on', () => {
  async function listening(host: string): Promise<{ fd: number; port: number }> {
    const server = createTcpServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { _handle } = server as unknown as { readonly _handle: { readonly fd: number } };
    const fd = duplicate(_handle.fd);
    server.close();
    return { fd, port };
  }

  it('is taken over, in place of the one that the settings name', async () => {
    const { fd, port } = await listening('127.0.0.1');
    const gateway = await open({ inherited: fd });
    expect(gateway.url).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
  });

  it('is refused beyond loopback, as the setting is, unless that is wanted', async () => {
    const refused = await listening('0.0.0.0');
    await expect(open({ inherited: refused.fd })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/at 0\.0\.0\.0, beyond loopback.*http\.insecure: true/),
    });
    const { fd, port } = await listening('0.0.0.0');
    await open({ inherited: fd, http: { ...loadConfig({ env: {}, flags: {} }).http, insecure: true } });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });
});
