import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libc, libcUnavailable, type MappedFile, MSG_DONTWAIT, mapFile } from '@weir/libc';
import { formatAddress } from '@weir/record';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type DatagramBatch, openListener } from '../listener.ts';
import { closeSockets, openSockets } from '../open-sockets.ts';
import { Receiver } from '../testing/receivers.ts';
import { bindSocket } from './bind-socket.ts';
import { leftInRing } from './left-in-ring.ts';
import { ReceiveRing } from './receive-ring.ts';
import { RING_BYTES, SLOT_BYTES, SLOTS, SLOTS_AT } from './ring-layout.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function ringFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-ring-'));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  return join(dir, 'ring');
}

function map(path: string, bytes = RING_BYTES): MappedFile {
  const mapped = mapFile(path, bytes);
  cleanups.push(() => mapped.close());
  return mapped;
}

/** Sends each payload from one socket; on loopback they then wait in the receiver's queue. Resolves with the sender's port. */
async function send(address: string, port: number, payloads: readonly Uint8Array[]): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  cleanups.push(() => socket.close());
  for (const payload of payloads) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  }
  return socket.address().port;
}

function bind(address: string) {
  const family = address.includes(':') ? 6 : 4;
  const options = { receiveBufferBytes: 4 << 20, reusePort: false };
  const socket = bindSocket(libc(), { host: address, address, family, port: 0 }, options);
  cleanups.push(() => libc().close(socket.fd));
  return socket;
}

function payloads({ count, data, starts, ends }: DatagramBatch): string[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(data.subarray(starts[i], ends[i])).toString('latin1'));
}

describe.runIf(libcUnavailable() === undefined)('what is left in a ring that outlived its process', () => {
  it.each(['127.0.0.1', '::1'])('is read back with senders, ports, times and bytes from %s', async (address) => {
    const path = ringFile();
    const socket = bind(address);
    const from = await send(address, socket.port, [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three')]);
    const ring = ReceiveRing.inMemory(map(path));
    ring.begin(socket.port);
    const before = Date.now() - 60_000;
    // Killed here, the process has not even learnt how many there are.
    expect(libc().recvmmsg(socket.fd, ring.messages, SLOTS, MSG_DONTWAIT, null)).toBe(3);
    const left = leftInRing(map(path).memory)!;
    expect(payloads(left)).toEqual(['one', '', 'three']);
    expect({ count: left.count, first: left.first, localPort: left.localPort }).toEqual({
      count: 3,
      first: 0,
      localPort: socket.port,
    });
    for (let i = 0; i < 3; i++) {
      expect(formatAddress(left.peers, i * 4)).toBe(address);
      expect(left.peerPorts[i]).toBe(from);
      expect(left.times[i]).toBeGreaterThan(before);
      expect(left.truncated[i]).toBe(0);
    }
  });

  it('is nothing when the last batch was finished, and numbers go on from process to process', async () => {
    const path = ringFile();
    const socket = bind('127.0.0.1');
    const numbers: number[] = [];
    for (let round = 0; round < 3; round++) {
      const ring = ReceiveRing.inMemory(map(path));
      for (let call = 0; call < 2; call++) {
        await send('127.0.0.1', socket.port, [Buffer.from('a'), Buffer.from('b')]);
        ring.begin(socket.port);
        ring.take(libc().recvmmsg(socket.fd, ring.messages, SLOTS, MSG_DONTWAIT, null), 0);
        numbers.push(ring.batch.first, ring.batch.first + 1);
        expect(payloads(leftInRing(map(path).memory)!)).toEqual(['a', 'b']);
      }
      if (round > 0) continue;
      ring.begin(socket.port);
      expect(leftInRing(map(path).memory)).toBeUndefined();
    }
    expect(new Set(numbers).size).toBe(12);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers);
  });

  it('is what a process had taken and not finished when it was killed', async () => {
    const path = ringFile();
    const sockets = (await openSockets({
      binds: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 4 << 20,
      lanes: 1,
    }))!;
    cleanups.push(() => closeSockets(sockets));
    const numbered = Array.from({ length: 200 }, (_, number) => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32LE(number);
      return payload;
    });
    await send('127.0.0.1', sockets[0].port, numbered);
    const start = { sockets, lane: 0, lanes: 1, seen: `${path}-seen`, numbers: 1_024, ring: path };
    const { receiver } = await Receiver.start({ ...start, cost: 20 });
    cleanups.push(() => receiver.process.kill('SIGKILL'));
    const seen = new Uint8Array(map(start.seen, start.numbers + 8).memory);
    const finished = new Float64Array(seen.buffer, start.numbers, 1);
    while (finished[0] < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await receiver.kill();
    const left = leftInRing(map(path).memory)!;
    expect(payloads(left)).toEqual(numbered.map((payload) => payload.toString('latin1')));
    const done = finished[0] + 1 - left.first;
    expect(done).toBeLessThan(200);

    const next = await Receiver.start({ ...start, cost: 0 });
    expect(next.left).toBe(200 - done);
    await next.receiver.stop('stop');
    expect([...seen.subarray(0, 200)].filter((times) => times === 0)).toEqual([]);
  });

  it('is nothing after a listener was closed, and no other listener gets the memory', async () => {
    const path = ringFile();
    const options = { receiveBufferBytes: 1 << 20, reusePort: false, lane: 0, lanes: 1 };
    const binds = [{ host: '127.0.0.1', port: 0 }];
    const received: string[] = [];
    const receive = async (ring: MappedFile | undefined, payload: string) => {
      const listener = await openListener({ ...options, binds, ...(ring === undefined ? {} : { ring }) });
      await send('127.0.0.1', listener.stats().sockets[0].port, [Buffer.from(payload)]);
      const running = listener.run({ onBatch: (batch) => received.push(...payloads(batch)), onTick: () => {} });
      listener.stop();
      await running;
      listener.close();
    };
    const ring = map(path);
    await receive(ring, 'in the file');
    expect(leftInRing(ring.memory)).toBeUndefined();
    await receive(undefined, 'elsewhere');
    expect(received).toEqual(['in the file', 'elsewhere']);
    expect(Buffer.from(ring.memory).includes('elsewhere')).toBe(false);
  });

  it('is refused room that is too small', () => {
    const small = map(ringFile(), 65_536);
    expect(() => ReceiveRing.inMemory(small)).toThrow(`a ring needs ${RING_BYTES} bytes of memory, not 65536`);
    expect(leftInRing(small.memory)).toBeUndefined();
  });

  it('is nothing in memory that is new or of another version', () => {
    const { memory } = map(ringFile());
    expect(leftInRing(memory)).toBeUndefined();
    ReceiveRing.inMemory(map(ringFile()));
    new Uint8Array(memory).fill(0xff);
    expect(leftInRing(memory)).toBeUndefined();
  });

  it('is never read outside its slots, whatever is written over the memory', async () => {
    const socket = bind('127.0.0.1');
    await send('127.0.0.1', socket.port, Array(20).fill(Buffer.from('flows')));
    const ring = map(ringFile());
    const receiving = ReceiveRing.inMemory(ring);
    receiving.begin(socket.port);
    libc().recvmmsg(socket.fd, receiving.messages, SLOTS, MSG_DONTWAIT, null);
    const head = new Uint8Array(ring.memory, 0, SLOTS_AT);
    const good = head.slice();
    const damage = fc.record({
      // Half of it in our header and the first messages, where it matters most.
      at: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: SLOTS_AT - 8 })),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    let read = 0;
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 6 }), (damages) => {
        head.set(good);
        for (const { at, bytes } of damages) head.set(bytes, at);
        const left = leftInRing(ring.memory);
        if (left === undefined) return;
        read++;
        expect(left.count).toBeGreaterThan(0);
        expect(left.count).toBeLessThanOrEqual(SLOTS);
        expect(Number.isSafeInteger(left.first) && left.first >= 0).toBe(true);
        expect(left.localPort > 0 && left.localPort < 65_536).toBe(true);
        for (let i = 0; i < left.count; i++) {
          expect(left.starts[i]).toBeGreaterThanOrEqual(SLOTS_AT);
          expect(left.ends[i] - left.starts[i]).toBeGreaterThanOrEqual(0);
          expect(left.ends[i] - left.starts[i]).toBeLessThanOrEqual(SLOT_BYTES);
          expect(left.ends[i]).toBeLessThanOrEqual(RING_BYTES);
          expect(left.truncated[i] === 0 || left.truncated[i] === 1).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});
