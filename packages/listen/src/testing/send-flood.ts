// Sends a flood of datagrams, and every so often one datagram from each of some quiet senders. How many it sent stands in a mapped file
// (doubles: of the flood, of the quiet senders, and 1 when it is done), so that whoever receives can be slower by any factor.
//
//     node send-flood.ts PORT FILE COUNT FLOOD,… QUIET,…
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mapFile } from '@weir/libc';

/** Datagrams of the flood between two of a quiet sender. */
const FLOOD_PER_QUIET = 1_000;
const BURST = 64;

const [port, file, count, ...lists] = process.argv.slice(2);
const [flood, quiet] = await Promise.all(lists.map((list) => Promise.all(list.split(',').map(open))));
const sent = new Float64Array(mapFile(file, 24).memory);
const payload = Buffer.alloc(64, 'w');

async function open(address: string): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

function send(socket: Socket, kind: 0 | 1): Promise<void> {
  return new Promise((resolve, reject) => {
    const to = socket.address().family === 'IPv6' ? '::1' : '127.0.0.1';
    socket.send(payload, Number(port), to, (error) => {
      if (error !== null) return reject(error);
      sent[kind]++;
      resolve();
    });
  });
}

let next = 0;
while (sent[0] < Number(count)) {
  await Promise.all(Array.from({ length: BURST }, () => send(flood[next++ % flood.length], 0)));
  if (next % FLOOD_PER_QUIET < BURST) await Promise.all(quiet.map((socket) => send(socket, 1)));
  await nextTurn();
}
sent[2] = 1;
for (const socket of [...flood, ...quiet]) socket.close();
