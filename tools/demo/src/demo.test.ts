import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { runDemo } from './demo.ts';
import { DemoError } from './errors.ts';
import { parseTarget } from './exporter.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A socket on loopback, and what it received: source address and first four bytes of each datagram. */
async function collector(): Promise<{ target: string; received: { from: string; head: number }[] }> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  const received: { from: string; head: number }[] = [];
  socket.on('message', (message, peer) => received.push({ from: peer.address, head: message.readUInt32BE(0) }));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { target: `127.0.0.1:${socket.address().port}`, received };
}

describe('the running demo', () => {
  it('sends each protocol to its target from addresses of its own, until it is told to stop', async () => {
    const [v5, v9, ipfix, sflow] = await Promise.all([collector(), collector(), collector(), collector()]);
    const stop = new AbortController();
    const targets = { netflow5: v5.target, netflow9: v9.target, ipfix: ipfix.target, sflow: sflow.target };
    const run = runDemo({ targets, signal: stop.signal, rate: 0.2 });
    const all = [v5, v9, ipfix, sflow];
    await expect.poll(() => all.every(({ received }) => received.length > 5), { timeout: 15_000 }).toBe(true);
    stop.abort();
    await run;
    const sources = ({ received }: (typeof all)[number]) => [...new Set(received.map(({ from }) => from))].sort();
    expect(sources(v5)[0]).toBe('127.0.10.1');
    expect(sources(v9)).toContain('127.0.10.2');
    expect(sources(ipfix)).toEqual(['127.0.10.3', '127.0.10.5']);
    expect(sources(sflow)).toContain('127.0.10.4');
    const versions = ({ received }: (typeof all)[number]) => new Set(received.map(({ head }) => head >>> 16 || head));
    expect(all.map(versions)).toEqual([new Set([5]), new Set([9]), new Set([10]), new Set([5])]);
  });

  it('names a target that is none', async () => {
    for (const text of ['127.0.0.1', '127.0.0.1:0', '[::1]:2055', ':2055']) {
      expect(() => parseTarget(text)).toThrow(DemoError);
    }
    expect(parseTarget('127.0.0.1:2055')).toEqual({ host: '127.0.0.1', port: 2055 });
  });
});
