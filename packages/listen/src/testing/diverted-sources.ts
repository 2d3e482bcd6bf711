// Run in a network namespace of its own: one port with lanes and spare sockets, some addresses diverted. Prints which socket got the
// datagram of each source, as JSON: its lane, and whether it is the spare one.
//
//     node diverted-sources.ts LANES DIVERTED,… SOURCE,…
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { libc, MSG_DONTWAIT } from '@weir/libc';
import { formatAddress, parseAddress } from '@weir/record';
import { attachToGroup } from '../linux/classic-bpf.ts';
import { laneProgram } from '../linux/lane-program.ts';
import { ReceiveRing } from '../linux/receive-ring.ts';
import { SLOTS } from '../linux/ring-layout.ts';
import { bindSpare } from '../linux/spare-socket.ts';
import { openSockets } from '../open-sockets.ts';

export type Arrivals = Readonly<Record<string, { readonly lane: number; readonly spare: boolean }>>;

const lanes = Number(process.argv[2]);
const [diverted, sources] = process.argv.slice(3).map((list) => list.split(',').filter((address) => address !== ''));

const commands = ['link set lo up', ...sources.map((source) => `address add ${source} dev lo`)];
const input = commands.map((line) => (line.includes(':') ? `${line} nodad` : line)).join('\n');
const configured = spawnSync('ip', ['-batch', '-'], { input, encoding: 'utf8' });
if (configured.status !== 0) throw new Error(configured.stderr);

const sockets = (await openSockets({ binds: [{ host: '::', port: 0 }], receiveBufferBytes: 1 << 20, lanes }))!;
if (lanes === 1) bindSpare(libc(), sockets[0].fd, sockets[1].fd);
const words = Uint32Array.from(diverted.flatMap((address) => [...parseAddress(address)]));
const refused = attachToGroup(libc(), sockets[0].fd, laneProgram(lanes, words));
if (refused !== undefined) throw new Error(`the kernel refused the program: ${refused}`);

for (const source of sources) {
  const six = source.includes(':');
  const socket = createSocket(six ? 'udp6' : 'udp4');
  socket.bind(0, source);
  await once(socket, 'listening');
  await new Promise<void>((resolve, reject) =>
    socket.send('x', sockets[0].port, six ? '::1' : '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
}

const arrivals: Record<string, { lane: number; spare: boolean }> = {};
const ring = ReceiveRing.acquire(libc());
for (const { fd, port, lane, spare } of sockets) {
  ring.begin(port);
  ring.take(Math.max(0, libc().recvmmsg(fd, ring.messages, SLOTS, MSG_DONTWAIT, null)), 0);
  for (let i = 0; i < ring.batch.count; i++) arrivals[formatAddress(ring.batch.peers, i * 4)] = { lane, spare };
}
process.stdout.write(JSON.stringify(arrivals satisfies Arrivals));
