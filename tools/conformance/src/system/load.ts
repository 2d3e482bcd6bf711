// Flows that can be told apart for ever: NetFlow v5 whose byte counter is the number of the flow.
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const HEADER = 24;
const RECORD = 48;
export const FLOWS_PER_DATAGRAM = 30;

/** Flows a second where nobody says otherwise. */
const RATE = 60_000;
/** Datagrams of one exporter that are handed to the kernel together. */
const BURST = 20;
const TURN_MS = 5;
/** A sender that was kept waiting does not make up for more than this, in milliseconds. */
const MAKES_UP_MS = 100;

interface Exporter {
  readonly address: string;
  readonly socket: Socket;
  datagrams: number;
}

/** Sends numbered flows to a collector on loopback, 1, 2, 3, … */
export class Load {
  readonly #exporters: readonly Exporter[];
  readonly #port: number;
  #sent = 0;
  #turn = 0;
  #sending: Promise<void> | undefined;
  #stopping = false;

  /** From 127.0.0.1, or else from as many addresses as there are to be exporters: 127.0.0.2, 127.0.0.3, … */
  constructor(port: number, exporters = 1) {
    this.#port = port;
    this.#exporters = Array.from({ length: exporters }, (_, index) => {
      const address = `127.0.0.${exporters === 1 ? 1 : index + 2}`;
      const socket = createSocket('udp4').bind(0, address);
      // A collector that was just killed refuses; that is what is tested.
      socket.on('error', () => {});
      return { address, socket, datagrams: 0 };
    });
  }

  /** Number of the last flow sent. */
  get last(): number {
    return this.#sent;
  }

  /** Datagrams sent, by the exporter's address. */
  get datagrams(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#exporters.map(({ address, datagrams }) => [address, datagrams]));
  }

  /** Sends `datagrams` datagrams, each handed to the kernel before the next. */
  async send(datagrams: number): Promise<void> {
    for (let left = datagrams; left > 0; left -= BURST) {
      const exporter = this.#exporters[this.#turn++ % this.#exporters.length];
      await Promise.all(Array.from({ length: Math.min(left, BURST) }, () => this.#sendOne(exporter)));
    }
  }

  #sendOne(exporter: Exporter): Promise<void> {
    const datagram = netflow5(this.#sent + 1, exporter.datagrams++ * FLOWS_PER_DATAGRAM, Date.now());
    this.#sent += FLOWS_PER_DATAGRAM;
    return new Promise((resolve) => exporter.socket.send(datagram, this.#port, '127.0.0.1', () => resolve()));
  }

  /** Sends steadily, so many flows a second on a machine that keeps up, until `pause`. */
  start(rate = RATE): void {
    this.#stopping = false;
    const perMs = rate / FLOWS_PER_DATAGRAM / 1000;
    this.#sending = (async () => {
      let due = 0;
      for (let before = performance.now(); !this.#stopping; await sleep(TURN_MS)) {
        const now = performance.now();
        due = Math.min(due + (now - before) * perMs, MAKES_UP_MS * perMs);
        before = now;
        await this.send(Math.floor(due));
        due -= Math.floor(due);
      }
    })();
  }

  async pause(): Promise<void> {
    this.#stopping = true;
    await this.#sending;
  }

  async close(): Promise<void> {
    await this.pause();
    for (const { socket } of this.#exporters) socket.close();
  }
}

/** A full NetFlow v5 message whose flows have the numbers from `first` on, of an exporter that has sent `sequence` flows before. */
function netflow5(first: number, sequence: number, now: number): Uint8Array {
  const data = new Uint8Array(HEADER + FLOWS_PER_DATAGRAM * RECORD);
  const view = new DataView(data.buffer);
  view.setUint16(0, 5);
  view.setUint16(2, FLOWS_PER_DATAGRAM);
  view.setUint32(4, 3_600_000);
  view.setUint32(8, Math.floor(now / 1000));
  view.setUint32(16, sequence);
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
