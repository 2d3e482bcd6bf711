import { createSocket } from 'node:dgram';
import { type Libc, libc, libcUnavailable, MSG_DONTWAIT, SO_ATTACH_REUSEPORT_CBPF } from '@weir/libc';
import { formatAddress } from '@weir/record';
import { afterEach, describe, expect, it } from 'vitest';
import { closeSockets, openSockets } from '../open-sockets.ts';
import { divertedMemory } from './diverted-addresses.ts';
import { FloodControl } from './flood-control.ts';
import { ReceiveRing } from './receive-ring.ts';
import { SLOTS } from './ring-layout.ts';
import { UdpSocket } from './udp-socket.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

const ring = libcUnavailable() === undefined ? ReceiveRing.acquire(libc()) : undefined;

/** The sockets of a port that hold about 300 small datagrams each, of all lanes. */
async function port(lanes = 1): Promise<UdpSocket[]> {
  const binds = [{ host: '127.0.0.1', port: 0 }];
  const open = (await openSockets({ binds, receiveBufferBytes: 1 << 17, lanes }))!;
  cleanups.push(() => closeSockets(open));
  return open.map((socket) => new UdpSocket(libc(), socket));
}

interface LaneOptions {
  readonly lane?: number;
  readonly memory?: SharedArrayBuffer;
  readonly system?: Libc;
  /** Sockets of another port besides. */
  readonly besides?: readonly UdpSocket[];
}

/** One lane's flood control, with its own time: each tick is 50 ms after the one before. */
class Lane {
  readonly control: FloodControl;
  readonly first: UdpSocket;
  readonly spare: UdpSocket;
  readonly #sockets: readonly UdpSocket[];
  now = performance.now();

  constructor(sockets: readonly UdpSocket[], { lane = 0, memory, system = libc(), besides = [] }: LaneOptions = {}) {
    const lanes = sockets.length / 2;
    this.first = sockets[lane];
    this.spare = sockets[lanes + lane];
    this.#sockets = [this.first, this.spare, ...besides];
    const firsts = this.#sockets.filter(({ spare }) => !spare);
    const spares = this.#sockets.filter(({ spare }) => spare);
    this.control = new FloodControl(system, firsts, spares, { lane, lanes, memory });
  }

  tick(after = 50): void {
    this.now += after;
    for (const socket of this.#sockets) socket.read();
    this.control.tick(this.now);
  }

  /** Reads all that waits, and says who sent it. */
  read(socket: UdpSocket): Set<string> {
    const senders = new Set<string>();
    for (;;) {
      ring!.begin(socket.port);
      const count = libc().recvmmsg(socket.fd, ring!.messages, SLOTS, MSG_DONTWAIT, null);
      if (count <= 0) return senders;
      ring!.take(count, 0);
      socket.took(count, ring!.lastBytes, count < SLOTS);
      this.control.count(socket, ring!.batch);
      for (let i = 0; i < count; i++) senders.add(formatAddress(ring!.batch.peers, i * 4));
    }
  }

  /** Lets the address fill the queue again and again until the lane has judged. */
  async flood(from: string, socket = this.first): Promise<void> {
    for (let round = 0; round < 8; round++) {
      await send(from, socket.port, 600);
      this.tick();
      this.read(socket);
    }
    this.tick();
    this.read(this.spare);
  }
}

async function send(from: string, to: number, count = 1): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  const all = Array.from({ length: count }, () => new Promise((resolve) => socket.send('x', to, '127.0.0.1', resolve)));
  await Promise.all(all);
  socket.close();
}

const FLOOD = '127.0.9.1';
const QUIET = '127.0.9.2';

describe.runIf(libcUnavailable() === undefined)('flood control', () => {
  it('has a flood’s datagrams put into the spare socket, and leaves the others where they were', async () => {
    const lane = new Lane(await port());
    await send(QUIET, lane.first.port, 5);
    await lane.flood(FLOOD);
    await send(FLOOD, lane.first.port, 10);
    await send(QUIET, lane.first.port, 10);
    expect(lane.control.usesSpares).toBe(true);
    expect([lane.read(lane.first), lane.read(lane.spare)]).toEqual([new Set([QUIET]), new Set([FLOOD])]);
    expect(lane.control.floods).toEqual([{ address: FLOOD, share: expect.any(Number), diverted: true }]);
    expect(lane.control.floods[0].share).toBeGreaterThan(0.9);
  });

  it('counts and diverts nothing while nothing fills', async () => {
    const lane = new Lane(await port());
    for (let round = 0; round < 20; round++) {
      await send(FLOOD, lane.first.port, 100);
      lane.tick();
      lane.read(lane.first);
    }
    expect(lane.control.floods).toEqual([]);
    expect(lane.control.usesSpares).toBe(false);
  });

  it('has what was queued in the first socket read before what follows it in the spare one', async () => {
    const lane = new Lane(await port());
    for (let round = 0; round < 8; round++) {
      await send(FLOOD, lane.first.port, 600);
      lane.tick();
      if (lane.control.usesSpares) break;
      lane.read(lane.first);
    }
    expect(lane.first.owed).toBeGreaterThan(0);
    lane.read(lane.first);
    expect(lane.first.owed).toBe(0);
  });

  it('lets a sender back when it has not filled the spare socket for ten seconds', async () => {
    const lane = new Lane(await port());
    await lane.flood(FLOOD);
    for (let round = 0; round < 20; round++) {
      await send(FLOOD, lane.first.port, 5);
      lane.tick(400);
      lane.read(lane.spare);
    }
    expect(lane.control.floods).toHaveLength(1);
    for (let round = 0; round < 10; round++) {
      lane.tick(400);
      lane.read(lane.spare);
    }
    await send(FLOOD, lane.first.port);
    expect([lane.read(lane.first), lane.read(lane.spare)]).toEqual([new Set([FLOOD]), new Set()]);
    expect(lane.control.floods).toEqual([]);
  });

  it('does not put quiet senders beside a flood when the lane did not run for a moment', async () => {
    const lane = new Lane(await port());
    await lane.flood(FLOOD);
    const quiet = Array.from({ length: 10 }, (_, n) => `127.0.7.${n + 1}`);
    for (let round = 0; round < 20; round++) {
      await send(FLOOD, lane.first.port, 600);
      // Every fifth time, what they sent meanwhile has filled the socket.
      if (round % 5 === 0) for (const from of quiet) await send(from, lane.first.port, 50);
      lane.tick();
      lane.read(lane.first);
      lane.read(lane.spare);
    }
    for (const from of quiet) await send(from, lane.first.port);
    expect(lane.read(lane.first)).toEqual(new Set(quiet));
  });

  it('keeps a sender apart for as long as it fills the spare socket', async () => {
    const lane = new Lane(await port());
    await lane.flood(FLOOD);
    for (let round = 0; round < 60; round++) {
      await send(FLOOD, lane.first.port, 400);
      lane.tick(400);
      lane.read(lane.spare);
    }
    expect(lane.control.floods).toEqual([{ address: FLOOD, share: expect.any(Number), diverted: true }]);
    await send(FLOOD, lane.first.port);
    expect(lane.read(lane.spare)).toEqual(new Set([FLOOD]));
  });

  it('learns from what comes to the spare socket whom a process before it diverted', async () => {
    const sockets = await port();
    const before = new Lane(sockets);
    await before.flood(FLOOD);
    // Another process: the program in the kernel is all that it finds.
    const after = new Lane(sockets);
    expect(after.control.usesSpares).toBe(false);
    for (let round = 0; round < 12; round++) {
      await send(FLOOD, after.first.port, 400);
      after.tick();
      after.read(after.spare);
    }
    await after.flood(QUIET);
    await send(FLOOD, after.first.port);
    await send(QUIET, after.first.port);
    expect([after.read(after.first), after.read(after.spare)]).toEqual([new Set(), new Set([FLOOD, QUIET])]);
  });

  it('forgets whom a process before it diverted if nothing comes from there', async () => {
    const sockets = await port();
    await new Lane(sockets).flood(FLOOD);
    const after = new Lane(sockets);
    after.read(after.spare);
    for (let round = 0; round < 60; round++) after.tick(400);
    await send(FLOOD, after.first.port);
    expect([after.read(after.first), after.read(after.spare)]).toEqual([new Set([FLOOD]), new Set()]);
  });

  it('diverts for one lane and leaves what another lane diverts', async () => {
    const sockets = await port(2);
    const memory = divertedMemory(2);
    const lanes = [new Lane(sockets, { lane: 0, memory }), new Lane(sockets, { lane: 1, memory })];
    const floods: string[][] = [[], []];
    for (let host = 1; floods.some((own) => own.length < 3); host++) {
      const address = `127.0.8.${host}`;
      await send(address, sockets[0].port);
      for (const [index, lane] of lanes.entries()) if (lane.read(lane.first).has(address)) floods[index].push(address);
    }
    await lanes[0].flood(floods[0][0]);
    await lanes[1].flood(floods[1][0]);
    for (const address of floods.flat()) await send(address, sockets[0].port);
    for (const [index, lane] of lanes.entries()) {
      expect(lane.read(lane.spare)).toEqual(new Set([floods[index][0]]));
      expect(lane.read(lane.first)).toEqual(new Set(floods[index].slice(1)));
    }
  });

  it('diverts a sender from one port after the other', async () => {
    const [first, second] = [await port(), await port()];
    const lane = new Lane(first, { besides: second });
    await lane.flood(FLOOD);
    await lane.flood(FLOOD, second[0]);
    lane.read(second[1]);
    for (const socket of [first[0], second[0]]) await send(FLOOD, socket.port);
    expect([...first, ...second].map((socket) => lane.read(socket).size)).toEqual([0, 1, 0, 1]);
  });

  it('tells who floods although the kernel refuses to divert, and why it does', async () => {
    const refusing: Libc = {
      ...libc(),
      setsockopt: (fd, level, name, value, length) =>
        name === SO_ATTACH_REUSEPORT_CBPF ? -1 : libc().setsockopt(fd, level, name, value, length),
      errno: () => 'EPERM',
    };
    const lane = new Lane(await port(), { system: refusing });
    await lane.flood(FLOOD);
    expect(lane.control.refused).toBe('EPERM');
    expect(lane.control.floods).toEqual([{ address: FLOOD, share: expect.any(Number), diverted: false }]);
    // The two share the port by now, and the kernel chooses as it likes.
    await send(FLOOD, lane.first.port);
    expect([...lane.read(lane.first), ...lane.read(lane.spare)]).toEqual([FLOOD]);
    expect(lane.control.usesSpares).toBe(true);
  });
});
