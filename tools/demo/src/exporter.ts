// An exporter: a socket with the node's own source address, and the protocols that speak through it.
import { createSocket, type Socket } from 'node:dgram';
import { DemoError } from './errors.ts';
import type { Random } from './random.ts';
import type { Speaker } from './speaker.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** `host:port`. The demo's exporters have IPv4 addresses, so the target must have one. Throws DemoError `bad_target`. */
export function parseTarget(text: string): Target {
  const match = /^([^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  const host = match?.[1];
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new DemoError(
      'bad_target',
      `the demo cannot send to "${text}"; it can to an IPv4 target such as 127.0.0.1:2055`,
    );
  }
  return { host, port };
}

export class ExporterSocket {
  readonly #socket: Socket;
  readonly #loss: number;
  readonly #random: Random;
  sent = 0;
  /** Datagrams that were made and then not sent, on purpose. */
  lost = 0;

  private constructor(socket: Socket, loss: number, random: Random) {
    this.#socket = socket;
    this.#loss = loss;
    this.#random = random;
  }

  /** Takes a port of the source address. `loss` is the share of datagrams that it loses. Throws DemoError `no_address`. */
  static async open(address: string, loss: number, random: Random): Promise<ExporterSocket> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) =>
        reject(new DemoError('no_address', `the demo cannot send from ${address}: ${error.message}`)),
      );
      socket.bind({ address, port: 0 }, resolve);
    });
    // A collector that is not there answers with ICMP, which comes back as an error of a later send. The demo goes on.
    socket.removeAllListeners('error').on('error', () => {});
    return new ExporterSocket(socket, loss, random);
  }

  send(speaker: Speaker, target: Target, now: number): void {
    for (const datagram of speaker.flush(now)) {
      if (this.#random.chance(this.#loss)) {
        this.lost++;
        continue;
      }
      this.sent++;
      this.#socket.send(datagram, target.port, target.host, () => {});
    }
  }

  close(): void {
    this.#socket.close();
  }
}
