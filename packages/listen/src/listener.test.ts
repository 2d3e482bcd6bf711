import { createSocket } from 'node:dgram';
import { libcUnavailable } from '@weir/libc';
import { formatAddress, parseAddress } from '@weir/record';
import { afterEach, describe, expect, it } from 'vitest';
import { ListenError } from './errors.ts';
import { type Backend, type DatagramBatch, type Listener, type ListenOptions, openListener } from './listener.ts';
import { assertPortsFree } from './ports-free.ts';

interface Received {
  readonly payload: string;
  readonly peer: string;
  readonly peerPort: number;
  readonly localPort: number;
  readonly time: number;
  readonly truncated: number;
}

function collect(into: Received[], batch: DatagramBatch): void {
  for (let i = 0; i < batch.count; i++) {
    into.push({
      payload: Buffer.from(batch.data.subarray(batch.starts[i], batch.ends[i])).toString('latin1'),
      peer: formatAddress(batch.peers, i * 4),
      peerPort: batch.peerPorts[i],
      localPort: batch.localPort,
      time: batch.times[i],
      truncated: batch.truncated[i],
    });
  }
}

/** A socket that sends and resolves when the kernel has the datagram; on loopback it is then in the receiver's queue. */
async function sender(address = '127.0.0.1', port = 0) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  open.push(() => socket.close());
  return {
    port: socket.address().port,
    send: (data: Uint8Array | string, to: number, host = address.includes(':') ? '::1' : '127.0.0.1') =>
      new Promise<void>((resolve, reject) => {
        socket.send(data, to, host, (error) => (error === null ? resolve() : reject(error)));
      }),
  };
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const backends: Backend[] = libcUnavailable() === undefined ? ['recvmmsg', 'dgram'] : ['dgram'];

describe.each(backends)('a listener on %s', (backend) => {
  async function listen(options: Partial<ListenOptions> = {}): Promise<Listener> {
    const listener = await openListener({
      binds: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 1 << 20,
      reusePort: false,
      lane: 0,
      lanes: 1,
      backend,
      ...options,
    });
    open.push(() => listener.close());
    return listener;
  }

  function start(listener: Listener) {
    const received: Received[] = [];
    const ticks: number[] = [];
    const done = listener.run({ onBatch: (batch) => collect(received, batch), onTick: (now) => ticks.push(now) });
    return { received, ticks, done };
  }

  it('hands over each datagram as it was sent, from none to the greatest length UDP has', async () => {
    const listener = await listen();
    const { port } = listener.stats().sockets[0];
    const { received, done } = start(listener);
    const from = await sender();
    const greatest = Buffer.alloc(65_507, 'w');
    greatest[65_506] = 0x21;
    for (const payload of ['', 'x', 'flows', greatest]) await from.send(payload, port);
    listener.stop();
    await done;
    expect(received.map(({ payload }) => payload)).toEqual(['', 'x', 'flows', greatest.toString('latin1')]);
    expect(received.every(({ truncated }) => truncated === 0)).toBe(true);
  });

  it('hands over the greatest length that UDP has over IPv6 uncut', async () => {
    const listener = await listen({ binds: [{ host: '::1', port: 0 }], receiveBufferBytes: 4 << 20 });
    const { port } = listener.stats().sockets[0];
    const { received, done } = start(listener);
    const greatest = Buffer.alloc(65_527, 'w');
    greatest[65_526] = 0x21;
    const from = await sender('::1');
    for (const payload of [greatest, 'flows', greatest]) await from.send(payload, port);
    listener.stop();
    await done;
    const whole = greatest.toString('latin1');
    expect(received.map(({ payload }) => payload)).toEqual([whole, 'flows', whole]);
    expect(received.map(({ truncated }) => truncated)).toEqual([0, 0, 0]);
  });

  it('says who sent, to which port and about when', async () => {
    const listener = await listen({
      binds: [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.1', port: 0 },
      ],
    });
    const [first, second] = listener.stats().sockets.map(({ port }) => port);
    const { received, done } = start(listener);
    const one = await sender('127.0.0.1');
    const other = await sender('127.0.0.9');
    const before = Date.now();
    await one.send('a', first);
    await other.send('b', second);
    await one.send('c', second);
    const after = Date.now();
    listener.stop();
    await done;
    const seen = received.map(({ payload, peer, peerPort, localPort }) => ({ payload, peer, peerPort, localPort }));
    expect(seen.sort((a, b) => a.payload.localeCompare(b.payload))).toEqual([
      { payload: 'a', peer: '127.0.0.1', peerPort: one.port, localPort: first },
      { payload: 'b', peer: '127.0.0.9', peerPort: other.port, localPort: second },
      { payload: 'c', peer: '127.0.0.1', peerPort: one.port, localPort: second },
    ]);
    for (const { time } of received) {
      expect(time).toBeGreaterThan(before - 1_000);
      expect(time).toBeLessThan(after + 10_000);
    }
  });

  it('takes IPv4 and IPv6 when bound to ::', async () => {
    const listener = await listen({ binds: [{ host: '::', port: 0 }] });
    const { port } = listener.stats().sockets[0];
    const { received, done } = start(listener);
    await (await sender('127.0.0.1')).send('four', port);
    await (await sender('::1')).send('six', port);
    listener.stop();
    await done;
    expect(received.map(({ payload, peer }) => `${payload} ${peer}`).sort()).toEqual(['four 127.0.0.1', 'six ::1']);
  });

  it('gives an IPv4 peer of an IPv6 socket the words that an IPv4 socket gives it', async () => {
    const words: number[][] = [];
    for (const host of ['127.0.0.1', '::']) {
      const listener = await listen({ binds: [{ host, port: 0 }] });
      const done = listener.run({ onBatch: ({ peers }) => words.push([...peers.subarray(0, 4)]), onTick: () => {} });
      await (await sender('127.0.0.9')).send('x', listener.stats().sockets[0].port);
      listener.stop();
      await done;
    }
    expect(words).toEqual([[...parseAddress('127.0.0.9')], [...parseAddress('127.0.0.9')]]);
  });

  it('takes no IPv4 when bound to an IPv6 address, and leaves the port to IPv4', async () => {
    const listener = await listen({ binds: [{ host: '::1', port: 0 }] });
    const { port } = listener.stats().sockets[0];
    const beside = await listen({ binds: [{ host: '127.0.0.1', port }] });
    const [six, four] = [start(listener), start(beside)];
    await (await sender('127.0.0.1')).send('four', port);
    await (await sender('::1')).send('six', port);
    for (const one of [listener, beside]) one.stop();
    await Promise.all([six.done, four.done]);
    expect(six.received.map(({ payload, peer }) => `${payload} ${peer}`)).toEqual(['six ::1']);
    expect(four.received.map(({ payload, peer }) => `${payload} ${peer}`)).toEqual(['four 127.0.0.1']);
  });

  it('says in its stats what it cannot see or choose', async () => {
    const { warnings } = (await listen({ lanes: 2 })).stats();
    const blind = warnings.filter((text) => text.includes('does not see datagrams that the kernel dropped'));
    const spread = warnings.filter((text) => text.includes('cannot choose lanes by source address'));
    expect([blind.length, spread.length]).toEqual(backend === 'dgram' ? [1, 1] : [0, 0]);
  });

  it('hands over what the kernel already held when it was stopped', async () => {
    const listener = await listen({ receiveBufferBytes: 4 << 20 });
    const { port } = listener.stats().sockets[0];
    const from = await sender();
    for (let i = 0; i < 700; i++) await from.send(`${i}`, port);
    // Node reads in every turn of the event loop, asked or not.
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    const { received, done } = start(listener);
    listener.stop();
    await done;
    // Before `run` node:dgram has nowhere to put more than a batch: what it drops then is counted.
    const expected = backend === 'dgram' ? 256 : 700;
    expect(received.length).toBeGreaterThanOrEqual(expected);
    expect(received.slice(0, expected).map(({ payload }) => payload)).toEqual([...Array(expected).keys()].map(String));
    const [{ datagrams, kernelDropped }] = listener.stats().sockets;
    expect(datagrams).toBe(received.length);
    expect(datagrams + kernelDropped).toBe(700);
  });

  it('hands over several batches in the order of arrival, and counts them', async () => {
    const listener = await listen({ receiveBufferBytes: 4 << 20 });
    const { port } = listener.stats().sockets[0];
    const { received, done } = start(listener);
    const from = await sender();
    for (let i = 0; i < 1_000; i++) await from.send(`${i}`, port);
    listener.stop();
    await done;
    expect(received.map(({ payload }) => payload)).toEqual([...Array(1_000).keys()].map(String));
    const [socket] = listener.stats().sockets;
    expect(socket).toMatchObject({ host: '127.0.0.1', port, datagrams: 1_000, bytes: 2_890, kernelDropped: 0 });
    expect(listener.stats().backend).toBe(backend);
  });

  it('hands over nothing more when it is told to leave the rest', async () => {
    const listener = await listen({ receiveBufferBytes: 4 << 20 });
    const from = await sender();
    let [batches, after] = [0, 0];
    const done = listener.run({
      onBatch: () => {
        if (batches++ === 1) listener.stop({ drain: false });
        else if (batches > 2) after++;
      },
      onTick: () => {},
    });
    const { port } = listener.stats().sockets[0];
    for (let i = 0; i < 1_000; i++) await from.send(`${i}`, port);
    await done;
    // node:dgram has read in the same turn what it cannot leave.
    expect(after).toBeLessThanOrEqual(backend === 'dgram' ? 1 : 0);
    expect(batches).toBeGreaterThan(1);
  });

  it('ticks when nothing arrives', async () => {
    const listener = await listen();
    const ticked = Promise.withResolvers<void>();
    let ticks = 0;
    const done = listener.run({
      onBatch: () => {},
      onTick: () => {
        if (++ticks === 3) ticked.resolve();
      },
    });
    await ticked.promise;
    listener.stop();
    await done;
    expect(ticks).toBeGreaterThanOrEqual(3);
  });

  it('rejects with what the handler throws', async () => {
    const listener = await listen();
    const { port } = listener.stats().sockets[0];
    const done = listener.run({
      onBatch: () => {
        throw new RangeError('the handler broke');
      },
      onTick: () => {},
    });
    const rejected = expect(done).rejects.toThrow('the handler broke');
    await (await sender()).send('x', port);
    await rejected;
  });

  it('says which port is taken and which setting to change', async () => {
    const { port } = (await listen()).stats().sockets[0];
    const error = await listen({ binds: [{ host: '127.0.0.1', port }] }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ code: 'port_taken' });
    expect((error as ListenError).message).toContain(`127.0.0.1:${port} is taken`);
    expect((error as ListenError).message).toContain('listen.ports (--listen-ports)');
  });

  it('leaves no port bound when one of several is taken', async () => {
    const taken = (await listen()).stats().sockets[0].port;
    const free = await listen();
    const { port } = free.stats().sockets[0];
    free.close();
    const both = [
      { host: '127.0.0.1', port },
      { host: '127.0.0.1', port: taken },
    ];
    await expect(listen({ binds: both })).rejects.toMatchObject({ code: 'port_taken' });
    await expect(listen({ binds: [both[0]] })).resolves.toBeDefined();
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('refuses to listen on %s', async (host) => {
    await expect(listen({ binds: [{ host, port: 0 }] })).rejects.toMatchObject({ code: 'bad_address' });
  });

  it.each(['127.0.0.1', '::1', '::'])(
    'sees before lanes start that another program has a port of %s, even one that shares it',
    async (host) => {
      const shared = await listen({ binds: [{ host, port: 0 }], reusePort: true });
      const { port } = shared.stats().sockets[0];
      await expect(assertPortsFree([{ host, port }])).rejects.toMatchObject({ code: 'port_taken' });
      shared.close();
      await new Promise((resolve) => setImmediate(resolve));
      await expect(assertPortsFree([{ host, port }])).resolves.toBeUndefined();
    },
  );
});
