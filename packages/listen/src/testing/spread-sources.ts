// Run in a network namespace of its own, where addresses can be had freely: lanes on one port, and senders at many addresses. Prints
// for every source how many of its datagrams each lane got, as JSON.
//
//     node spread-sources.ts <address to listen on> <address to send to> <lanes> <datagrams a source> <source>…
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { formatAddress } from '@weir/record';
import { type Listener, openListener } from '../listener.ts';

export interface Spread {
  readonly warnings: readonly string[];
  /** Datagrams a lane, by source address. */
  readonly sources: Readonly<Record<string, readonly number[]>>;
}

const [host, target, laneCount, count, ...sources] = process.argv.slice(2);
const lanes = Number(laneCount);

const commands = ['link set lo up', ...sources.map((source) => `address add ${source} dev lo nodad`)];
const input = commands.map((line) => (line.includes(':') ? line : line.replace(' nodad', ''))).join('\n');
const configured = spawnSync('ip', ['-batch', '-'], { input, encoding: 'utf8' });
if (configured.status !== 0) throw new Error(configured.stderr);

async function open(port: number, lane: number): Promise<Listener> {
  const binds = [{ host, port }];
  return openListener({ binds, receiveBufferBytes: 1 << 20, reusePort: true, lane, lanes, backend: 'recvmmsg' });
}

async function send(source: string, port: number): Promise<void> {
  // A socket each: every datagram comes from another port.
  const socket = createSocket(source.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, source);
  await once(socket, 'listening');
  const to = target.includes(':') === source.includes(':') ? target : '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    socket.send('x', port, to, (error) => (error === null ? resolve() : reject(error)));
  });
  socket.close();
}

const listeners = [await open(0, 0)];
const { port } = listeners[0].stats().sockets[0];
for (let lane = 1; lane < lanes; lane++) listeners.push(await open(port, lane));

const seen: Record<string, number[]> = {};
const running = listeners.map((listener, lane) =>
  listener.run({
    onBatch: (batch) => {
      for (let i = 0; i < batch.count; i++) {
        seen[formatAddress(batch.peers, i * 4)] ??= new Array<number>(lanes).fill(0);
        seen[formatAddress(batch.peers, i * 4)][lane]++;
      }
    },
    onTick: () => {},
  }),
);
for (const source of sources) for (let i = 0; i < Number(count); i++) await send(source, port);
for (const listener of listeners) listener.stop();
await Promise.all(running);
const warnings = listeners.flatMap((listener) => listener.stats().warnings);
for (const listener of listeners) listener.close();
process.stdout.write(JSON.stringify({ warnings, sources: seen } satisfies Spread));
