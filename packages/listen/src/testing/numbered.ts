// Datagrams that begin with a number each, so that a receiver can say which it got.
import { createSocket } from 'node:dgram';

export interface NumberedSender {
  /** Sends the next `count` numbers; resolves when the kernel has all of them. */
  send(count: number): Promise<void>;
  /** Numbers sent so far. */
  readonly sent: number;
  close(): void;
}

export async function numberedSender(port: number, from = '127.0.0.1', bytes = 64): Promise<NumberedSender> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  let sent = 0;
  return {
    async send(count) {
      const all: Promise<void>[] = [];
      for (let i = 0; i < count; i++) {
        const payload = Buffer.alloc(bytes);
        payload.writeUInt32LE(sent++);
        all.push(
          new Promise((resolve, reject) =>
            socket.send(payload, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
          ),
        );
      }
      await Promise.all(all);
    },
    get sent() {
      return sent;
    },
    close: () => socket.close(),
  };
}
