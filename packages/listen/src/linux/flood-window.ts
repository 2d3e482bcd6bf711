// A stretch of time in which sockets filled: how many datagrams arrived, and who sent what was read.
import type { DatagramBatch } from '../listener.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import type { UdpSocket } from './udp-socket.ts';

/** What a queued datagram takes of the kernel's memory besides its bytes, about (struct sk_buff and skb_shared_info). */
const OVERHEAD = 576;

export interface Sender {
  /** Four words, as in DatagramBatch. */
  readonly address: Uint32Array;
  /** Part of what was read. */
  readonly part: number;
}

/** Of the sockets that everyone's datagrams come to, or of the spare ones. */
export class FloodWindow {
  readonly #sockets: readonly UdpSocket[];
  readonly #hitters = new HeavyHitters();
  #before: Totals = { dropped: 0, queued: 0, datagrams: 0, bytes: 0 };

  constructor(sockets: readonly UdpSocket[]) {
    this.#sockets = sockets;
  }

  open(): void {
    this.#hitters.clear();
    this.#before = totals(this.#sockets);
  }

  count(batch: DatagramBatch): void {
    this.#hitters.count(batch);
  }

  get read(): number {
    return this.#hitters.total;
  }

  /** Read, dropped by the kernel, or added to the queues: these are counted in bytes, so it is an estimate. */
  get arrived(): number {
    const { dropped, queued, datagrams, bytes } = totals(this.#sockets);
    const before = this.#before;
    const length = datagrams > before.datagrams ? (bytes - before.bytes) / (datagrams - before.datagrams) : 0;
    const added = Math.max(0, queued - before.queued) / (length + OVERHEAD);
    return this.#hitters.total + dropped - before.dropped + added;
  }

  /** The heaviest first; none who sent less than one in 33. */
  senders(): Sender[] {
    const { addresses, counts, total } = this.#hitters;
    return this.#hitters.ranked().map((counter) => ({
      address: addresses.slice(counter * 4, counter * 4 + 4),
      part: counts[counter] / total,
    }));
  }
}

interface Totals {
  readonly dropped: number;
  readonly queued: number;
  readonly datagrams: number;
  readonly bytes: number;
}

function totals(sockets: readonly UdpSocket[]): Totals {
  const sum = (of: (socket: UdpSocket) => number) => sockets.reduce((total, socket) => total + of(socket), 0);
  return {
    dropped: sum(({ drops }) => drops.total),
    queued: sum(({ queued }) => queued),
    datagrams: sum(({ datagrams }) => datagrams),
    bytes: sum(({ bytes }) => bytes),
  };
}
