// The Linux backend: recvmmsg on the sockets of a lane in turn, never blocking, so that the thread's messages and timers run too.
// Only the monotonic clock decides when something happens: the wall clock may jump.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Libc, libc, MSG_DONTWAIT, type ReadableWatch } from '@weir/libc';
import { endpointText, ListenError } from '../errors.ts';
import type {
  BackendOptions,
  InheritedSocket,
  Listener,
  ListenerStats,
  ListenHandler,
  StopOptions,
} from '../listener.ts';
import { boundPort } from './bind-socket.ts';
import { openingWarnings, socketStats } from './listener-stats.ts';
import { openForLane } from './open-group.ts';
import { ReceiveRing } from './receive-ring.ts';
import { SLOTS } from './ring-layout.ts';
import { UdpSocket } from './udp-socket.ts';

/** Longest time between two turns of the event loop while datagrams keep coming. */
const SLICE_MS = 20;
const TICK_MS = 40;
/** How long to let datagrams gather after the queues ran empty: one call then takes dozens instead of one or two. */
const GATHER_MS = 2;
/** Only with a buffer that holds far more than arrives in that time: 1 MiB is about 450 full-sized datagrams. */
const GATHER_BUFFER = 1 << 20;

/** Uses the lane's sockets of `options.sockets`, else opens its own: all or none. Throws ListenError. */
export function recvmmsgListener(options: BackendOptions): Listener {
  const system = libc();
  const given = options.sockets?.filter(({ lane }) => lane === options.lane);
  for (const socket of given ?? []) inherit(system, socket);
  const inMemory = options.ring === undefined ? undefined : ReceiveRing.inMemory(options.ring);
  const sockets = given ?? openForLane(system, options.binds, options);
  return new RecvmmsgListener(system, sockets, inMemory ?? ReceiveRing.acquire(system), options);
}

class RecvmmsgListener implements Listener {
  readonly #libc: Libc;
  readonly #sockets: readonly UdpSocket[];
  readonly #ring: ReceiveRing;
  readonly #watches: readonly ReadableWatch[];
  readonly #wanted: number;
  readonly #warnings: string[];
  readonly #gathers: boolean;
  #stopped: 'no' | 'drain' | 'leave' = 'no';
  #wake: () => void = () => {};
  #lastTick = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(system: Libc, sockets: readonly InheritedSocket[], ring: ReceiveRing, options: BackendOptions) {
    this.#libc = system;
    this.#ring = ring;
    this.#sockets = sockets.map((socket) => new UdpSocket(system, socket, socket.dropsCounted));
    this.#watches = sockets.map(({ fd }) => system.watch(fd));
    this.#wanted = options.receiveBufferBytes;
    this.#warnings = [...options.warnings, ...openingWarnings(this.#sockets, options.receiveBufferBytes)];
    this.#gathers = this.#sockets.every((socket) => socket.receiveBufferGranted >= GATHER_BUFFER);
  }

  async run(handler: ListenHandler): Promise<void> {
    while (this.#stopped === 'no') {
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
        if (this.#stopped !== 'no') return 'some';
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
    ring.begin(socket.port);
    const count = this.#libc.recvmmsg(socket.fd, ring.messages, SLOTS, MSG_DONTWAIT, null);
    if (count <= 0) {
      socket.owed = 0;
      if (count < 0) this.#failed(socket);
      return 0;
    }
    ring.take(count, Date.now());
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
      while (socket.owed > 0 && this.#stopped === 'drain') {
        this.#receive(socket, handler);
        const now = performance.now();
        if (now < sliceEnd) continue;
        this.#tick(handler, now);
        await nextTurn();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
  }

  stop({ drain = true }: StopOptions = {}): void {
    if (!drain) this.#stopped = 'leave';
    else if (this.#stopped === 'no') this.#stopped = 'drain';
    this.#wake();
  }

  stats(): ListenerStats {
    return {
      backend: 'recvmmsg',
      sockets: socketStats(this.#sockets, this.#wanted),
      dropReadings: this.#sockets.map((socket) => socket.drops.reading),
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

/** Checks that this process has the socket under its number, and keeps programs that it starts from having it too. */
function inherit(system: Libc, { fd, host, port }: InheritedSocket): void {
  if (boundPort(system, fd) === port && system.closeOnExec(fd) === 0) return;
  throw new ListenError(
    'socket_failed',
    `descriptor ${fd} of this process is not the socket of ${endpointText(host, port)} that it was said to be`,
  );
}
