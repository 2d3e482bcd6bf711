// Flows that can be told apart for ever: NetFlow v5 whose byte counter is the number of the flow.
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const HEADER = 24;
const RECORD = 48;
export const FLOWS_PER_DATAGRAM = 30;

/** Datagrams sent in one go; between goes the sender sleeps. */
const BURST = 20;

/** Sends numbered flows to a collector on loopback, 1, 2, 3, … */
export class Load {
  readonly #socket: Socket = createSocket('udp4');
  readonly #port: number;
  #sent = 0;
  #sending: Promise<void> | undefined;
  #stopping = false;

  constructor(port: number) {
    this.#port = port;
    // A collector that was just killed refuses; that is what is tested.
    this.#socket.on('error', () => {});
  }

  /** Number of the last flow sent. */
  get last(): number {
    return this.#sent;
  }

  /** Sends `datagrams` datagrams, each handed to the kernel before the next. */
  async send(datagrams: number): Promise<void> {
    for (let count = 0; count < datagrams; count++) {
      const datagram = netflow5(this.#sent + 1, Date.now());
      this.#sent += FLOWS_PER_DATAGRAM;
      await new Promise<void>((resolve) => {
        this.#socket.send(datagram, this.#port, '127.0.0.1', () => resolve());
      });
    }
  }

  /** Sends steadily, about 60,000 flows a second on a machine that keeps up, until `pause`. */
  start(): void {
    this.#stopping = false;
    this.#sending = (async () => {
      while (!this.#stopping) {
        await this.send(BURST);
        await sleep(10);
      }
    })();
  }

  async pause(): Promise<void> {
    this.#stopping = true;
    await this.#sending;
  }

  async close(): Promise<void> {
    await this.pause();
    this.#socket.close();
  }
}

/** A full NetFlow v5 message whose flows have the numbers from `first` on. */
function netflow5(first: number, now: number): Uint8Array {
  const data = new Uint8Array(HEADER + FLOWS_PER_DATAGRAM * RECORD);
  const view = new DataView(data.buffer);
  view.setUint16(0, 5);
  view.setUint16(2, FLOWS_PER_DATAGRAM);
  view.setUint32(4, 3_600_000);
  view.setUint32(8, Math.floor(now / 1000));
  view.setUint32(16, first);
  for (let index = 0; index < FLOWS_PER_DATAGRAM; index++) {
    const number = first + index;
    const at = HEADER + index * RECORD;
    view.setUint32(at, 0x0a000000 + (number & 0xffffff));
    view.setUint32(at + 4, 0xc0000201);
    view.setUint32(at + 16, 1);
    view.setUint32(at + 20, number);
    view.setUint32(at + 24, 3_590_000);
    view.setUint32(at + 28, 3_600_000);
    view.setUint16(at + 32, number & 0xffff);
    view.setUint16(at + 34, 443);
    view.setUint8(at + 38, 6);
  }
  return data;
}
