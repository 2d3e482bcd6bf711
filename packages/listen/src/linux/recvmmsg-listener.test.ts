import { createSocket } from 'node:dgram';
import { libc, libcUnavailable } from '@weir/libc';
import { formatAddress, parseAddress } from '@weir/record';
import { afterEach, describe, expect, it } from 'vitest';
import { type Listener, openListener } from '../listener.ts';
import { openSockets } from '../open-sockets.ts';
import { numberedSender } from '../testing/numbered.ts';
import { attachToGroup } from './classic-bpf.ts';
import { laneProgram } from './lane-program.ts';
import { bindSpare } from './spare-socket.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(port: number, lane: number, lanes: number, receiveBufferBytes = 1 << 20): Promise<Listener> {
  const listener = await openListener({
    binds: [{ host: '127.0.0.1', port }],
    receiveBufferBytes,
    reusePort: lanes > 1,
    lane,
    lanes,
    backend: 'recvmmsg',
  });
  open.push(() => listener.close());
  return listener;
}

function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

async function sendFrom(address: string, count: number, port: number, size = 1): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    await new Promise<void>((resolve) => socket.send(Buffer.alloc(size), port, '127.0.0.1', () => resolve()));
    socket.close();
  }
}

describe.runIf(libcUnavailable() === undefined)('receiving with recvmmsg', () => {
  it('keeps every source address in one lane, whatever its source port, and uses all lanes', async () => {
    const first = await listen(0, 0, 3);
    const { port } = first.stats().sockets[0];
    const lanes = [first, await listen(port, 1, 3), await listen(port, 2, 3)];
    expect(lanes.flatMap((lane) => lane.stats().warnings.filter((text) => text.includes('lanes')))).toEqual([]);
    const seen = lanes.map(() => new Map<string, number>());
    const running = lanes.map((lane, index) =>
      lane.run({
        onBatch: (batch) => {
          for (let i = 0; i < batch.count; i++) {
            const peer = formatAddress(batch.peers, i * 4);
            seen[index].set(peer, (seen[index].get(peer) ?? 0) + 1);
          }
        },
        onTick: () => {},
      }),
    );
    const sources = [...Array(30).keys()].map((i) => `127.0.1.${i + 1}`);
    for (const source of sources) await sendFrom(source, 8, port);
    for (const lane of lanes) lane.stop();
    await Promise.all(running);
    for (const source of sources) expect(seen.map((lane) => lane.get(source) ?? 0).sort()).toEqual([0, 0, 8]);
    for (const lane of seen) expect(lane.size).toBeGreaterThan(3);
  });

  it('counts what the kernel dropped, although no later datagram tells of it', async () => {
    const listener = await listen(0, 0, 1, 16_384);
    const { port } = listener.stats().sockets[0];
    // The socket holds about 32 kB of the kernel's memory: most of these do not fit, and the last ones for sure not.
    await sendFrom('127.0.0.1', 60, port, 4_000);
    const done = listener.run({ onBatch: () => {}, onTick: () => {} });
    listener.stop();
    await done;
    const [socket] = listener.stats().sockets;
    expect(socket.datagrams).toBeGreaterThan(0);
    expect(socket.kernelDropped).toBeGreaterThan(0);
    expect(socket.datagrams + socket.kernelDropped).toBe(60);
  });

  it('goes on after a stop and a start with another listener in the same memory', async () => {
    for (let round = 0; round < 3; round++) {
      const listener = await listen(0, 0, 1);
      const { port } = listener.stats().sockets[0];
      const sizes: number[] = [];
      const done = listener.run({
        onBatch: (batch) => {
          for (let i = 0; i < batch.count; i++) sizes.push(batch.ends[i] - batch.starts[i]);
        },
        onTick: () => {},
      });
      await sendFrom('127.0.0.1', 3, port, 100 + round);
      listener.stop();
      await done;
      listener.close();
      expect(sizes).toEqual([100 + round, 100 + round, 100 + round]);
    }
  });

  it.each([255, 256, 512])('stops when exactly %i datagrams waited', async (waiting) => {
    const listener = await listen(0, 0, 1);
    const from = await numberedSender(listener.stats().sockets[0].port);
    open.push(() => from.close());
    await from.send(waiting);
    const done = listener.run({ onBatch: () => {}, onTick: () => {} });
    listener.stop();
    await done;
    expect(listener.stats().sockets[0].datagrams).toBe(waiting);
  });

  it('stops although senders go on', async () => {
    const listener = await listen(0, 0, 1);
    const { port } = listener.stats().sockets[0];
    const socket = createSocket('udp4');
    let sending = true;
    const again = () => {
      // Not from the callback itself: it comes before the next turn of the event loop, which then never would.
      if (sending) socket.send('x', port, '127.0.0.1', () => setImmediate(again));
      else socket.close();
    };
    again();
    let received = 0;
    const done = listener.run({
      onBatch: (batch) => {
        received += batch.count;
        listener.stop();
      },
      onTick: () => {},
    });
    await done;
    sending = false;
    expect(received).toBeGreaterThan(0);
  });

  it('finds out that another process has bound a spare socket and diverts to it', async () => {
    const sockets = (await openSockets({
      binds: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 1 << 20,
      lanes: 1,
    }))!;
    const [first, spare] = sockets;
    const listener = await openListener({ sockets, receiveBufferBytes: 1 << 20, reusePort: false, lane: 0, lanes: 1 });
    open.push(() => listener.close());
    const received = Promise.withResolvers<void>();
    let count = 0;
    const done = listener.run({
      onBatch: (batch) => {
        count += batch.count;
        if (count === 10) received.resolve();
      },
      onTick: () => {},
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bindSpare(libc(), first.fd, spare.fd)).toBeUndefined();
    expect(attachToGroup(libc(), spare.fd, laneProgram(1, parseAddress('127.0.0.1')))).toBeUndefined();
    const from = await numberedSender(first.port);
    open.push(() => from.close());
    await from.send(10);
    await received.promise;
    listener.stop();
    await done;
    expect(count).toBe(10);
  });

  it('takes nothing for a flood that waited before it began', async () => {
    const sockets = (await openSockets({
      binds: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 1 << 20,
      lanes: 1,
    }))!;
    const from = await numberedSender(sockets[0].port);
    open.push(() => from.close());
    await from.send(6000);
    const listener = await openListener({ sockets, receiveBufferBytes: 1 << 20, reusePort: false, lane: 0, lanes: 1 });
    open.push(() => listener.close());
    let ticks = 0;
    await listener.run({
      // As slow as a lane on a machine that has other work: several ticks come while the queue is still full.
      onBatch: ({ count }) => {
        if (count === 256) busy(60);
        else listener.stop();
      },
      onTick: () => ticks++,
    });
    expect(ticks).toBeGreaterThan(3);
    expect(listener.stats().floods).toEqual([]);
  });
});
