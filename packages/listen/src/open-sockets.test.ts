import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { libcUnavailable } from '@weir/libc';
import { afterEach, describe, expect, it } from 'vitest';
import { ListenError } from './errors.ts';
import { openListener } from './listener.ts';
import { closeSockets, type OpenSocket, openSockets } from './open-sockets.ts';
import { numberedSender } from './testing/numbered.ts';
import { Receiver } from './testing/receivers.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function seenFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-seen-'));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  return join(dir, 'seen');
}

async function open(lanes = 1, port = 0, receiveBufferBytes = 4 << 20): Promise<OpenSocket[]> {
  const sockets = await openSockets({ binds: [{ host: '127.0.0.1', port }], receiveBufferBytes, lanes });
  cleanups.push(() => closeSockets(sockets!));
  return sockets!;
}

async function sender(port: number, bytes?: number) {
  const numbered = await numberedSender(port, '127.0.0.1', bytes);
  cleanups.push(() => numbered.close());
  return numbered;
}

/** How often each of the first `count` numbers was handed over: by how many numbers. */
function timesSeen(file: string, count: number): Record<number, number> {
  const times: Record<number, number> = {};
  for (const seen of readFileSync(file).subarray(0, count)) times[seen] = (times[seen] ?? 0) + 1;
  return times;
}

async function start(sockets: OpenSocket[], seen: string, more: Partial<Parameters<typeof Receiver.start>[0]> = {}) {
  const started = await Receiver.start({ sockets, lane: 0, lanes: 1, seen, numbers: 65_536, cost: 0, ...more });
  cleanups.push(() => started.receiver.process.kill('SIGKILL'));
  return started;
}

describe.runIf(libcUnavailable() === undefined)('sockets opened in one process and used in another', () => {
  it('are described by values that can be sent to it', async () => {
    const sockets = await open(2);
    expect(structuredClone(sockets)).toEqual(sockets);
    const [{ port }] = sockets;
    expect(sockets.map(({ lane, spare }) => ({ lane, spare }))).toEqual([
      { lane: 0, spare: false },
      { lane: 1, spare: false },
      { lane: 0, spare: true },
      { lane: 1, spare: true },
    ]);
    for (const socket of sockets) {
      expect(socket).toMatchObject({ host: '127.0.0.1', port, family: 4, receiveBufferGranted: expect.any(Number) });
      expect(socket.filterRefused).toBeUndefined();
    }
  });

  it('lose nothing when the process is killed, nor while none is there', async () => {
    // Room for all that is sent: processes may be killed before they have read much.
    const sockets = await open(1, 0, 16 << 20);
    const seen = seenFile();
    const from = await sender(sockets[0].port);
    const ring = `${seen}-ring`;
    for (let round = 0; round < 5; round++) {
      await from.send(500);
      const { receiver } = await start(sockets, seen, { ring, cost: 0.01 });
      await from.send(2_000);
      await receiver.kill();
      await from.send(500);
    }
    const { receiver } = await start(sockets, seen, { ring });
    expect((await receiver.stop('stop')).sockets[0].kernelDropped).toBe(0);
    const times = timesSeen(seen, from.sent);
    expect(times[0]).toBeUndefined();
    // A number is noted before it is said to be finished: whoever is killed in between notes it twice.
    expect(times[1]).toBeGreaterThanOrEqual(from.sent - 5);
  });

  it('are left with what is queued to a process that goes on', async () => {
    const sockets = await open();
    const seen = seenFile();
    const from = await sender(sockets[0].port);
    const { receiver: first } = await start(sockets, seen, { cost: 0.2 });
    await from.send(3_000);
    const before = await first.stop('leave');
    const { receiver: second } = await start(sockets, seen);
    await from.send(10);
    const after = await second.stop('stop');
    expect(before.sockets[0].datagrams).toBeLessThan(3_000);
    expect(after.sockets[0].datagrams).toBeGreaterThan(10);
    expect(timesSeen(seen, from.sent)).toEqual({ 1: 3_010 });
  });

  it('give each datagram to one of two processes that receive at once', async () => {
    const sockets = await open();
    const seen = seenFile();
    const from = await sender(sockets[0].port);
    const both = [await start(sockets, seen), await start(sockets, seen)];
    for (let round = 0; round < 50; round++) await from.send(200);
    const stats = await Promise.all(both.map(({ receiver }) => receiver.stop('stop')));
    expect(stats.reduce((sum, { sockets: [{ datagrams }] }) => sum + datagrams, 0)).toBe(from.sent);
  });

  it('count for a process what was dropped in its time, not what one before it counted', async () => {
    const sockets = await open(1, 0, 16_384);
    const seen = seenFile();
    const from = await sender(sockets[0].port, 4_000);
    await from.send(60);
    const { receiver: first } = await start(sockets, seen);
    const before = await first.stop('stop');
    const dropped = before.sockets[0].kernelDropped;
    expect(dropped + before.sockets[0].datagrams).toBe(60);
    expect(before.dropReadings).toEqual([dropped, 0]);

    const inherited = sockets.map((socket, i) => ({ ...socket, dropsCounted: before.dropReadings[i] }));
    const { receiver: second } = await start(inherited, seen);
    expect((await second.stats()).sockets[0].kernelDropped).toBe(0);
    second.process.kill('SIGSTOP');
    await from.send(60);
    second.process.kill('SIGCONT');
    const after = await second.stop('stop');
    expect(after.sockets[0].kernelDropped).toBeGreaterThan(0);
    expect(after.sockets[0].kernelDropped + after.sockets[0].datagrams).toBe(60);
    expect(after.dropReadings).toEqual([dropped + after.sockets[0].kernelDropped, 0]);
  });

  it('go on cleanly in a process that was stopped for a while', async () => {
    const sockets = await open();
    const seen = seenFile();
    const from = await sender(sockets[0].port);
    const { receiver } = await start(sockets, seen);
    for (let round = 0; round < 3; round++) {
      await from.send(100);
      receiver.process.kill('SIGSTOP');
      await from.send(1_500);
      receiver.process.kill('SIGCONT');
    }
    await receiver.stop('stop');
    expect(timesSeen(seen, from.sent)).toEqual({ 1: 4_800 });
  });

  it('are refused by name where the descriptor is another', async () => {
    const sockets = await open();
    const [another] = await open();
    for (const fd of [another.fd, 0, 9_999]) {
      const wrong = [{ ...sockets[0], fd }];
      const opening = openListener({ sockets: wrong, receiveBufferBytes: 1, reusePort: false, lane: 0, lanes: 1 });
      await expect(opening).rejects.toThrow(`descriptor ${fd} of this process is not the socket of 127.0.0.1:`);
    }
  });

  it('are not had together with another program, though it would share the port', async () => {
    const shared = await openListener({
      binds: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 1 << 20,
      reusePort: true,
      lane: 0,
      lanes: 1,
    });
    cleanups.push(() => shared.close());
    const { port } = shared.stats().sockets[0];
    const error = await open(2, port).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ code: 'port_taken', message: expect.stringContaining(`127.0.0.1:${port} is taken`) });
  });

  it('are all closed again when one port is taken', async () => {
    const [{ port: taken }] = await open();
    const before = readdirSync('/proc/self/fd').length;
    const binds = [0, taken].map((port) => ({ host: '127.0.0.1', port }));
    await expect(openSockets({ binds, receiveBufferBytes: 1, lanes: 3 })).rejects.toMatchObject({ code: 'port_taken' });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  it('are had by one of many programs that start at the same moment', async () => {
    const sockets = (await openSockets({ binds: [{ host: '127.0.0.1', port: 0 }], receiveBufferBytes: 1, lanes: 1 }))!;
    const [{ port }] = sockets;
    closeSockets(sockets);
    const script = fileURLToPath(new URL('./testing/grab-port.ts', import.meta.url));
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, String(port)], { stdio: 'pipe' }),
    );
    cleanups.push(...children.map((child) => () => child.kill('SIGKILL')));
    const lines = children.map(({ stdout }) => createInterface({ input: stdout })[Symbol.asyncIterator]());
    const answers = () => Promise.all(lines.map(async (line) => (await line.next()).value));
    expect(await answers()).toEqual(children.map(() => 'loaded'));
    for (const { stdin } of children) stdin.write('go\n');
    expect((await answers()).sort()).toEqual(['had', ...Array(5).fill('port_taken')]);
  });

  it('are not opened for node:dgram, which cannot hand them on', async () => {
    const binds = [{ host: '127.0.0.1', port: 0 }];
    expect(await openSockets({ binds, receiveBufferBytes: 1, lanes: 1, backend: 'dgram' })).toBeUndefined();
  });
});
