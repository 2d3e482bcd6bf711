// The Linux backend: recvmmsg on the sockets of a lane in turn, never blocking, so that the thread's messages and timers run too.
// Only the monotonic clock decides when something happens: the wall clock may jump.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Libc, libc, MSG_DONTWAIT, type ReadableWatch } from '@weir/libc';
import { endpointText, ListenError } from '../errors.ts';
import type { BackendOptions, Listener, ListenerStats, ListenHandler } from '../listener.ts';
import { receiveBufferWarning } from '../receive-buffer.ts';
import { ReceiveRing, SLOTS } from './receive-ring.ts';
import { UdpSocket } from './udp-socket.ts';

/** Longest time between two turns of the event loop while datagrams keep coming. */
const SLICE_MS = 20;
const TICK_MS = 40;
/** How long to let datagrams gather after the queues ran empty: one call then takes dozens instead of one or two. */
const GATHER_MS = 2;
/** Only with a buffer that holds far more than arrives in that time: 1 MiB is about 450 full-sized datagrams. */
const GATHER_BUFFER = 1 << 20;

/** Opens all sockets or none. Throws ListenError. */
export function recvmmsgListener(options: BackendOptions): Listener {
  const system = libc();
  const sockets: UdpSocket[] = [];
  try {
    for (const bind of options.binds) sockets.push(new UdpSocket(system, bind, options));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return new RecvmmsgListener(system, sockets, options);
}

class RecvmmsgListener implements Listener {
  readonly #libc: Libc;
  readonly #sockets: readonly UdpSocket[];
  readonly #ring: ReceiveRing;
  readonly #watches: readonly ReadableWatch[];
  readonly #wanted: number;
  readonly #warnings: string[];
  readonly #gathers: boolean;
  #stopped = false;
  #wake: () => void = () => {};
  #lastTick = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(system: Libc, sockets: readonly UdpSocket[], options: BackendOptions) {
    this.#libc = system;
    this.#sockets = sockets;
    this.#ring = ReceiveRing.acquire(system);
    this.#watches = sockets.map(({ fd }) => system.watch(fd));
    this.#wanted = options.receiveBufferBytes;
    this.#warnings = [...options.warnings, ...openingWarnings(sockets, options.receiveBufferBytes)];
    this.#gathers = sockets.every((socket) => socket.receiveBufferGranted >= GATHER_BUFFER);
  }

  async run(handler: ListenHandler): Promise<void> {
    while (!this.#stopped) {
      const received = this.#slice(handler);
      if (received === 'more') await nextTurn();
      else if (received === 'some') await (this.#gathers ? sleep(GATHER_MS) : nextTurn());
      else await this.#waitReadable();
    }
    await this.#drain(handler);
    this.#tick(handler, performance.now());
  }

  /** Receives until the queues are empty or the slice is over: `more` then, or `some`, or `none` when nothing waited. */
  #slice(handler: ListenHandler): 'more' | 'some' | 'none' {
    const sliceEnd = performance.now() + SLICE_MS;
    let any = false;
    for (;;) {
      let full = false;
      for (const socket of this.#sockets) {
        const count = this.#receive(socket, handler);
        any ||= count > 0;
        full ||= count === SLOTS;
      }
      const now = performance.now();
      if (now - this.#lastTick >= TICK_MS) this.#tick(handler, now);
      if (!full) return any ? 'some' : 'none';
      if (now >= sliceEnd) return 'more';
    }
  }

  /** One call on one socket. Returns the datagrams handed over. */
  #receive(socket: UdpSocket, handler: ListenHandler): number {
    const ring = this.#ring;
    const count = this.#libc.recvmmsg(socket.fd, ring.address, SLOTS, MSG_DONTWAIT, null);
    if (count <= 0) {
      socket.owed = 0;
      if (count < 0) this.#failed(socket);
      return 0;
    }
    ring.take(count, socket.port, Date.now());
    socket.took(count, ring.lastBytes, count < SLOTS);
    if (ring.lastDrops >= 0) socket.drops.observe(ring.lastDrops);
    handler.onBatch(ring.batch);
    return count;
  }

  /** EAGAIN: nothing waits. EINTR: a signal. ENOMEM and ENOBUFS pass. A descriptor that is gone does not. */
  #failed(socket: UdpSocket): void {
    const code = this.#libc.errno();
    if (code === 'EBADF' || code === 'ENOTSOCK' || code === 'EFAULT' || code === 'EINVAL') {
      throw new ListenError('socket_failed', `recvmmsg on ${endpointText(socket.host, socket.port)}: ${code}`);
    }
  }

  #tick(handler: ListenHandler, now: number): void {
    this.#lastTick = now;
    for (const socket of this.#sockets) socket.read();
    handler.onTick(now);
  }

  /** Until a datagram waits, the next tick is due, or `stop`. */
  #waitReadable(): Promise<void> {
    return new Promise((resolve) => {
      let waiting = true;
      const done = () => {
        if (!waiting) return;
        waiting = false;
        clearTimeout(timer);
        for (const watch of this.#watches) watch.stop();
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, TICK_MS);
      this.#wake = done;
      for (const watch of this.#watches) watch.start(done);
    });
  }

  /** Hands over what the kernel had taken by now. Senders that go on do not keep us: of each queue only so much is read as it had. */
  async #drain(handler: ListenHandler): Promise<void> {
    for (const socket of this.#sockets) socket.owe();
    let sliceEnd = performance.now() + SLICE_MS;
    for (const socket of this.#sockets) {
      while (socket.owed > 0) {
        this.#receive(socket, handler);
        const now = performance.now();
        if (now < sliceEnd) continue;
        this.#tick(handler, now);
        await nextTurn();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  stats(): ListenerStats {
    return {
      backend: 'recvmmsg',
      sockets: this.#sockets.map((socket) => ({
        host: socket.host,
        port: socket.port,
        receiveBufferWanted: this.#wanted,
        receiveBufferGranted: socket.receiveBufferGranted,
        kernelDropped: socket.drops.total,
        datagrams: socket.datagrams,
        bytes: socket.bytes,
      })),
      warnings: this.#warnings,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stop();
    for (const watch of this.#watches) watch.close();
    for (const socket of this.#sockets) socket.close();
    this.#ring.release();
  }
}

function openingWarnings(sockets: readonly UdpSocket[], wanted: number): string[] {
  const warnings: string[] = [];
  const short = sockets.filter((socket) => socket.receiveBufferGranted < wanted);
  if (short.length > 0) {
    const granted = Math.min(...short.map((socket) => socket.receiveBufferGranted));
    const endpoints = short.map((socket) => endpointText(socket.host, socket.port));
    warnings.push(receiveBufferWarning(wanted, granted, endpoints)!);
  }
  const refused = sockets.find((socket) => socket.filterRefused !== undefined);
  if (refused !== undefined) {
    warnings.push(
      `the kernel refused to choose lanes by source address (${refused.filterRefused}): an exporter that sends from several ports may be spread over lanes; set listen.lanes: 1 if it uses templates`,
    );
  }
  return warnings;
}
