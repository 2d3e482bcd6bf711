import { createSocket } from 'node:dgram';
import { libc, libcUnavailable, MSG_DONTWAIT } from '@weir/libc';
import { formatAddress } from '@weir/record';
import { afterEach, describe, expect, it } from 'vitest';
import { bindSocket } from './bind-socket.ts';
import { ReceiveRing } from './receive-ring.ts';
import { SLOTS } from './ring-layout.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Sends payloads in order from one socket to the address; on loopback they then wait in the receiver's queue. */
async function send(to: { address: string; port: number }, payloads: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
  open.push(() => socket.close());
  for (const payload of payloads) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, to.port, to.address, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

describe.runIf(libcUnavailable() === undefined)('the ring that recvmmsg fills', () => {
  it.each([
    ['127.0.0.1', 4],
    ['::1', 6],
  ] as const)(
    'says which datagrams from %s were longer than their slot, and keeps what fits',
    async (address, family) => {
      const bind = { host: address, address, family, port: 0 };
      const socket = bindSocket(libc(), bind, { receiveBufferBytes: 1 << 20, reusePort: false });
      open.push(() => libc().close(socket.fd));
      const ring = ReceiveRing.ofSlots(libc(), 2_000);
      const lengths = [1_999, 2_000, 2_001, 9_000, 10];
      const payloads = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      await send({ address, port: socket.port }, payloads);

      ring.begin(socket.port);
      const count = libc().recvmmsg(socket.fd, ring.messages, SLOTS, MSG_DONTWAIT, null);
      expect(count).toBe(lengths.length);
      ring.take(count, Date.now());
      const { data, starts, ends, truncated, peers } = ring.batch;
      expect([...truncated.subarray(0, count)]).toEqual([0, 0, 1, 1, 0]);
      for (const [slot, payload] of payloads.entries()) {
        expect(Buffer.from(data.subarray(starts[slot], ends[slot])).equals(payload.subarray(0, 2_000))).toBe(true);
        expect(formatAddress(peers, slot * 4)).toBe(address);
      }
      expect(ring.lastBytes).toBe(1_999 + 3 * 2_000 + 10);

      // A slot that was too short for one datagram is not marked for the next.
      await send(
        { address, port: socket.port },
        [10, 20, 30].map((length) => Buffer.alloc(length)),
      );
      ring.begin(socket.port);
      const again = libc().recvmmsg(socket.fd, ring.messages, SLOTS, MSG_DONTWAIT, null);
      ring.take(again, Date.now());
      expect([...ring.batch.truncated.subarray(0, again)]).toEqual([0, 0, 0]);
    },
  );
});
