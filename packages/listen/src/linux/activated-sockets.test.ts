import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libc, libcUnavailable, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from '@weir/libc';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { closeSockets, openSockets } from '../open-sockets.ts';
import type { ActivatedOutcome } from '../testing/activated.ts';
import { activatedSockets } from './activated-sockets.ts';
import { bindSocket } from './bind-socket.ts';

const SCRIPT = fileURLToPath(new URL('../testing/activated.ts', import.meta.url));
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', SCRIPT];
const noSystemd =
  libcUnavailable() ??
  (spawnSync('systemd-socket-activate', ['--version']).status === 0 ? undefined : 'needs systemd-socket-activate');

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

/** Ports of 127.0.0.1 that nobody has, of UDP. */
async function freePorts(count: number): Promise<number[]> {
  const binds = Array.from({ length: count }, () => ({ host: '127.0.0.1', port: 0 }));
  const sockets = (await openSockets({ binds, receiveBufferBytes: 1, lanes: 1 }))!;
  closeSockets(sockets);
  return sockets.filter(({ spare }) => !spare).map(({ port }) => port);
}

/** Waits until systemd-socket-activate says on its error output that it listens there. */
async function says(child: ChildProcess, address: string): Promise<void> {
  let text = '';
  for await (const data of child.stderr!.iterator({ destroyOnReturn: false })) {
    text += String(data);
    if (text.includes(`Listening on ${address}`)) return;
  }
  throw new Error(`it ended and said: ${text}`);
}

async function outcome(child: ChildProcess): Promise<ActivatedOutcome> {
  cleanups.push(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout?.on('data', (data: Buffer) => {
    out += String(data);
  });
  await once(child, 'close');
  return JSON.parse(out.replace('ready\n', '')) as ActivatedOutcome;
}

async function send(port: number, text: string, from = '127.0.0.1'): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  await new Promise((resolve) => socket.send(text, port, '127.0.0.1', resolve));
  socket.close();
}

interface Started {
  readonly ready: Promise<unknown>;
  readonly done: Promise<ActivatedOutcome>;
}

/** Starts the program as sd_listen_fds(3) says: descriptors from 3 on, LISTEN_PID its own number. */
function start(fds: readonly (number | 'ignore')[], expected: number, lanes: number, env: NodeJS.ProcessEnv): Started {
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...NODE, String(expected), String(lanes)], {
    stdio: ['ignore', 'pipe', 'inherit', ...fds],
    env: { ...process.env, LISTEN_FDS: String(fds.length), ...env },
  });
  return { ready: once(child.stdout!, 'data'), done: outcome(child) };
}

function activate(fds: readonly (number | 'ignore')[], env: NodeJS.ProcessEnv = {}): Promise<ActivatedOutcome> {
  return start(fds, 0, 1, env).done;
}

function udp(address = '127.0.0.1', port = 0, reusePort = false): { fd: number; port: number } {
  const family = address.includes(':') ? 6 : 4;
  const bound = bindSocket(libc(), { host: address, address, family, port }, { receiveBufferBytes: 65_536, reusePort });
  cleanups.push(() => libc().close(bound.fd));
  return bound;
}

function socket(domain: number, type: number, protocol = 0): number {
  const fd = libc().socket(domain, type | SOCK_CLOEXEC, protocol);
  cleanups.push(() => libc().close(fd));
  return fd;
}

describe('sockets that systemd opened', () => {
  if (noSystemd !== undefined) {
    it(noSystemd, (context) => {
      if (process.env.CI === 'true') throw new Error(noSystemd);
      context.skip(noSystemd);
    });
  }

  it.runIf(noSystemd === undefined)('are received on from the datagram that started the program', async () => {
    const [first, second] = await freePorts(2);
    const endpoints = [first, second].flatMap((port) => ['-l', `127.0.0.1:${port}`]);
    const child = spawn('systemd-socket-activate', ['-d', ...endpoints, '--fdname=v9:sflow', ...NODE, '3', '2'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const done = outcome(child);
    await says(child, `127.0.0.1:${second}`);
    await send(first, 'a');
    await send(second, 'b');
    await send(first, 'c');
    const { activated, received, variables, inherited } = await done;
    expect(activated?.sockets).toMatchObject([
      { fd: 3, host: '127.0.0.1', port: first, family: 4, lane: 0, spare: false },
      { fd: 4, host: '127.0.0.1', port: second, family: 4, lane: 1, spare: false },
    ]);
    expect(activated?.sockets[0].receiveBufferGranted).toBeGreaterThanOrEqual(106_496);
    expect(activated?.page).toBeUndefined();
    expect(received).toEqual([['a', 'c'], ['b']]);
    expect({ variables, inherited }).toEqual({ variables: [], inherited: [] });
  });

  it.runIf(noSystemd === undefined)('may be a TCP socket for the page besides', async () => {
    const [flows, page] = await freePorts(2);
    // An address that no connections of other programs have been closed on of late.
    const tcp = ['systemd-socket-activate', '-l', `127.0.77.1:${page}`, ...NODE, '1', '1'];
    const child = spawn('systemd-socket-activate', ['-d', '-l', `127.0.0.1:${flows}`, ...tcp], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const done = outcome(child);
    await says(child, `127.0.0.1:${flows}`);
    await send(flows, 'a');
    await says(child, `127.0.77.1:${page}`);
    expect(await visit(page)).toBe('the page');
    expect(await done).toMatchObject({
      activated: { page: { host: '127.0.77.1', port: page } },
      received: [['a']],
      variables: [],
      inherited: [],
    });
  });
});

describe.runIf(libcUnavailable() === undefined)('sockets passed as sd_listen_fds(3) says', () => {
  it('are told by address and family, and neither passed on nor told to children', async () => {
    const { fd, port } = udp('::1');
    const { activated, variables, inherited } = await activate([fd], { LISTEN_FDNAMES: 'ipfix', LISTEN_PIDFDID: '7' });
    expect(activated?.sockets).toMatchObject([
      { fd: 3, host: '::1', port, family: 6, lane: 0, spare: false },
      { host: '::1', port, family: 6, lane: 0, spare: true },
    ]);
    expect({ variables, inherited }).toEqual({ variables: [], inherited: [] });
    for (const address of ['0.0.0.0', '::']) {
      expect((await activate([udp(address).fd])).activated?.sockets[0].host).toBe(address);
    }
  });

  it('keep each source address in one lane where several share a port', async () => {
    const { fd, port } = udp('127.0.0.1', 0, true);
    const sources = Array.from({ length: 20 }, (_, n) => `127.0.3.${n + 1}`);
    const { ready, done } = start([fd, udp('127.0.0.1', port, true).fd], 80, 2, {});
    await ready;
    for (let round = 0; round < 4; round++) for (const source of sources) await send(port, source, source);
    const { received } = await done;
    for (const source of sources) {
      const byLane = received!.map((lane) => lane.filter((text) => text === source).length);
      expect(byLane.sort(), source).toEqual([0, 4]);
    }
    for (const lane of received!) expect(lane.length).toBeGreaterThan(0);
  });

  it('have spare ones only where a port has one', async () => {
    const { fd, port } = udp('127.0.0.1', 0, true);
    const alone = udp();
    const { activated } = await activate([fd, udp('127.0.0.1', port, true).fd, alone.fd]);
    const found = activated!.sockets.map((socket) => ({ port: socket.port, spare: socket.spare }));
    expect(found).toEqual([
      { port, spare: false },
      { port, spare: false },
      { port: alone.port, spare: false },
      { port: alone.port, spare: true },
    ]);
  });

  it('are another process’s when LISTEN_PID says so', () => {
    const { fd } = udp();
    const env = { LISTEN_PID: String(process.pid + 1), LISTEN_FDS: String(fd), LISTEN_FDNAMES: 'a' };
    expect(activatedSockets(env, process.pid, { receiveBufferBytes: 1, lanes: 1 })).toBeUndefined();
    expect(env).toEqual({});
  });

  it.each([
    [
      'a Unix socket',
      () => socket(1, SOCK_DGRAM),
      'which is no socket of IPv4 or IPv6; in the socket unit, give ports',
    ],
    ['a UDP socket without a port', () => socket(2, SOCK_DGRAM), 'give ListenDatagram= a port'],
    ['a TCP socket that does not listen', () => socket(2, SOCK_STREAM), 'set Accept=no'],
    ['a socket of another protocol', () => socket(2, SOCK_DGRAM, 136), 'which is neither UDP nor TCP'],
    ['a pipe', () => fifo(), 'which is no socket; in the socket unit, leave only ListenDatagram= and ListenStream='],
  ])('are refused with what to change when one is %s', async (_, open, remedy) => {
    const { error } = await activate([udp().fd, open()], { LISTEN_FDNAMES: 'flows:odd' });
    expect(error?.code).toBe('bad_activation');
    expect(error?.message).toContain('systemd passed descriptor 4 (odd), ');
    expect(error?.message).toContain(remedy);
  });

  it('are refused when there are two for the page', async () => {
    const servers = [createServer(), createServer()];
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    for (const server of servers) cleanups.push(() => server.close());
    const fds = servers.map((server) => (server as unknown as { _handle: { fd: number } })._handle.fd);
    const { error } = await activate(fds);
    expect(error?.message).toContain('systemd passed descriptor 4, which is a second TCP socket');
  });

  it('are refused when they are fewer than LISTEN_FDS says', async () => {
    // The number is free, or of a file that Node has opened for itself.
    const { error } = await activate([udp().fd], { LISTEN_FDS: '900' });
    expect(error?.code).toBe('bad_activation');
    expect(error?.message).toContain('descriptor 4');
  });

  it('are never taken from variables of any other form', () => {
    const text = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9]{0,12}[a-z.]?$/)), { nil: undefined });
    const variables = fc.record({ LISTEN_FDS: text, LISTEN_FDNAMES: text, LISTEN_PID: text });
    fc.assert(
      fc.property(variables, fc.boolean(), (given, ours) => {
        const env: NodeJS.ProcessEnv = { ...given, ...(ours ? { LISTEN_PID: '1234' } : {}) };
        // Descriptors of the test itself: classified, never closed or received on.
        if (/^0*[1-9]/.test(env.LISTEN_FDS ?? '') && env.LISTEN_PID === '1234') return;
        try {
          expect(activatedSockets(env, 1234, { receiveBufferBytes: 1, lanes: 1 })).toBeUndefined();
        } catch (error) {
          expect(error).toMatchObject({ name: 'ListenError', code: 'bad_activation' });
        }
        expect(Object.keys(env)).toEqual([]);
      }),
    );
  });
});

function fifo(): number {
  const dir = mkdtempSync(join(tmpdir(), 'weir-fifo-'));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  spawnSync('mkfifo', [join(dir, 'fifo')]);
  const fd = openSync(join(dir, 'fifo'), 'r+');
  cleanups.push(() => closeSync(fd));
  return fd;
}

function visit(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const connection = connect(port, '127.0.77.1');
    connection.on('data', (data) => {
      text += String(data);
    });
    connection.on('end', () => resolve(text));
    connection.on('error', reject);
  });
}
