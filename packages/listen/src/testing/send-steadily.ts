// Sends datagrams of 64 bytes from 127.0.0.1 to a port of this machine as fast as it can until it is killed.
//
//     node send-from.ts PORT
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

const port = Number(process.argv[2]);
const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
const payload = Buffer.alloc(64, 'w');
for (;;) {
  for (let burst = 0; burst < 64; burst++) socket.send(payload, port, '127.0.0.1', () => {});
  await nextTurn();
}
