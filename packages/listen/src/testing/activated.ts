// A program that systemd starts with sockets: it takes them, receives on each UDP socket until `expected` datagrams came, and answers one
// connection of the TCP socket, if there is one, with "the page". Says `ready` once it has the sockets, then prints an ActivatedOutcome.
//
//     node activated.ts EXPECTED LANES
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ListenError } from '../errors.ts';
import { type ActivatedSockets, activatedSockets } from '../linux/activated-sockets.ts';
import { openListener } from '../listener.ts';

export interface ActivatedOutcome {
  readonly error?: { readonly code: string; readonly message: string };
  readonly activated?: ActivatedSockets;
  /** By lane. */
  readonly received?: readonly string[][];
  /** Variables that a child would still see. */
  readonly variables: readonly string[];
  /** Sockets that a child would still have, besides its input and outputs. */
  readonly inherited: readonly string[];
}

const [expected, lanes] = process.argv.slice(2).map(Number);
const receiveBufferBytes = 1 << 20;

function taken(): ActivatedSockets | ListenError | undefined {
  try {
    return activatedSockets(process.env, process.pid, { receiveBufferBytes, lanes });
  } catch (error) {
    if (error instanceof ListenError) return error;
    throw error;
  }
}

async function receive({ sockets, page }: ActivatedSockets): Promise<string[][]> {
  const received: string[][] = Array.from({ length: lanes }, () => []);
  const options = { sockets, receiveBufferBytes, reusePort: false, lanes };
  const listeners = await Promise.all(received.map((_, lane) => openListener({ ...options, lane })));
  const running = listeners.map((listener, lane) =>
    listener.run({
      onBatch: ({ count, data, starts, ends }) => {
        for (let i = 0; i < count; i++) received[lane].push(Buffer.from(data.subarray(starts[i], ends[i])).toString());
        if (received.flat().length >= expected) for (const one of listeners) one.stop();
      },
      onTick: () => {},
    }),
  );
  if (page !== undefined) {
    const server = createServer((connection) => connection.end('the page')).listen({ fd: page.fd });
    await once(server, 'connection');
    server.close();
  }
  if (expected === 0) for (const listener of listeners) listener.stop();
  await Promise.all(running);
  return received;
}

const result = taken();
const activated = result instanceof ListenError ? undefined : result;
process.stdout.write('ready\n');
const received = activated === undefined ? undefined : await receive(activated);
// What a program that this one starts has.
const child = spawnSync('sh', ['-c', 'ls -l /proc/self/fd'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
const outcome: ActivatedOutcome = {
  ...(result instanceof ListenError ? { error: { code: result.code, message: result.message } } : {}),
  ...(activated === undefined ? {} : { activated }),
  ...(received === undefined ? {} : { received }),
  variables: Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')),
  inherited: child.stdout.split('\n').filter((line) => / ([3-9]|\d\d+) -> socket:/.test(line)),
};
process.stdout.write(JSON.stringify(outcome));
process.exit();
