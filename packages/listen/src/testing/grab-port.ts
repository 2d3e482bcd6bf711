// A program that wants a port of 127.0.0.1 for two lanes: it says `loaded`, waits for a line, then says `had`, and keeps it until it is
// killed, or the code of the error.
//
//     node grab-port.ts PORT
import { createInterface } from 'node:readline';
import { ListenError } from '../errors.ts';
import { openSockets } from '../open-sockets.ts';

const port = Number(process.argv[2]);
const say = (word: string) => process.stdout.write(`${word}\n`);
say('loaded');
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    await openSockets({ binds: [{ host: '127.0.0.1', port }], receiveBufferBytes: 1 << 16, lanes: 2 });
    say('had');
  } catch (error) {
    say(error instanceof ListenError ? error.code : String(error));
  }
}
