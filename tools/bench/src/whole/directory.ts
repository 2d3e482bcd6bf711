// The directory of one run, and ports that nobody uses.
import { createSocket } from 'node:dgram';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Bytes of all files below a directory. Files that vanish meanwhile count nothing. */
export function bytesBelow(directory: string): number {
  let total = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    try {
      const stat = statSync(join(directory, name));
      if (stat.isFile()) total += stat.size;
    } catch {
      // Merged away or loaded between listing and looking.
    }
  }
  return total;
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
