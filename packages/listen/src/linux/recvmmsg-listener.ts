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
import { FloodControl } from './flood-control.ts';
import { floodWarning, openingWarnings, socketStats } from './listener-stats.ts';
import { openForLane } from './open-group.ts';
import { ReceiveRing } from './receive-ring.ts';
import { SLOTS } from './ring-layout.ts';
import { UdpSocket } from './udp-socket.ts';

/** Longest time between two turns of the event loop while datagrams keep coming. */
const SLICE_MS = 20;
const TICK_MS = 40;
/** How often to see whether spare sockets that nothing comes to are still so. */
const LOOK_MS = 1000;
/**
 * Longest time for what waited in the queues before anyone read them: that fills them however evenly it was sent, and is no flood. Until then
 * nobody is diverted.
 */
const CATCH_UP_MS = 5000;
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
  /** As they were given. */
  readonly #given: readonly UdpSocket[];
  /** The first ones of all ports, then the spare ones. */
  readonly #sockets: readonly UdpSocket[];
  readonly #firsts: readonly UdpSocket[];
  readonly #spares: readonly UdpSocket[];
  readonly #ring: ReceiveRing;
  readonly #watches: ReadonlyMap<UdpSocket, ReadableWatch>;
  readonly #wanted: number;
  readonly #warnings: string[];
  readonly #gathers: boolean;
  readonly #floods: FloodControl;
  #began = 0;
  /** Whether what had waited before was read. */
  #caughtUp = false;
  #stopped: 'no' | 'drain' | 'leave' = 'no';
  #wake: () => void = () => {};
  #lastTick = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(system: Libc, sockets: readonly InheritedSocket[], ring: ReceiveRing, options: BackendOptions) {
    this.#libc = system;
    this.#ring = ring;
    this.#given = sockets.map((socket) => new UdpSocket(system, socket, socket.dropsCounted));
    this.#firsts = this.#given.filter(({ spare }) => !spare);
    this.#spares = this.#given.filter(({ spare }) => spare);
    this.#sockets = [...this.#firsts, ...this.#spares];
    this.#watches = new Map(this.#sockets.map((socket) => [socket, system.watch(socket.fd)]));
    this.#wanted = options.receiveBufferBytes;
    this.#warnings = [...options.warnings, ...openingWarnings(this.#firsts, options)];
    this.#gathers = this.#firsts.every((socket) => socket.receiveBufferGranted >= GATHER_BUFFER);
    const { lane, lanes, diverted: memory } = options;
    this.#floods = new FloodControl(system, this.#firsts, this.#spares, { lane, lanes, memory });
  }

  async run(handler: ListenHandler): Promise<void> {
    this.#began = performance.now();
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
      for (const socket of this.#turn()) {
        const count = this.#receive(socket, handler);
        any ||= count > 0;
        full ||= count === SLOTS;
        if (this.#stopped !== 'no') return 'some';
      }
      const now = performance.now();
      if (now - this.#lastTick >= TICK_MS) {
        this.#tick(handler, now);
        if (this.#hasCaughtUp(now)) this.#floods.tick(now);
        any = this.#lookAtSpares(handler, now) || any;
      }
      if (!full) {
        this.#caughtUp = true;
        return any ? 'some' : 'none';
      }
      if (now >= sliceEnd) return 'more';
    }
  }

  #hasCaughtUp(now: number): boolean {
    this.#caughtUp ||= now - this.#began >= CATCH_UP_MS;
    return this.#caughtUp;
  }

  /** While no sender is diverted: a process before this one may have diverted some. */
  #lookAtSpares(handler: ListenHandler, now: number): boolean {
    if (this.#floods.usesSpares) return false;
    const again = now - this.#lookedAt >= LOOK_MS;
    if (again) this.#lookedAt = now;
    let any = false;
    for (const spare of this.#spares) {
      if (again) spare.findBound();
      if (spare.bound) any = this.#receive(spare, handler) > 0 || any;
    }
    return any;
  }

  /** The sockets to read now, each once. What was queued in some before senders moved to the others is read before those. */
  #turn(): readonly UdpSocket[] {
    if (!this.#floods.usesSpares) return this.#firsts;
    if (this.#spares.some(isOwed)) return this.#spares;
    return this.#firsts.some(isOwed) ? this.#firsts : this.#sockets;
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
    this.#floods.count(socket, ring.batch);
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
    for (const socket of this.#sockets) if (socket.bound) socket.read();
    handler.onTick(now);
  }

  /** Until a datagram waits, the next tick is due, or `stop`. */
  #waitReadable(): Promise<void> {
    const sockets = this.#floods.usesSpares ? this.#sockets : this.#firsts;
    return new Promise((resolve) => {
      let waiting = true;
      const done = () => {
        if (!waiting) return;
        waiting = false;
        clearTimeout(timer);
        for (const socket of sockets) this.#watches.get(socket)?.stop();
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, TICK_MS);
      this.#wake = done;
      for (const socket of sockets) this.#watches.get(socket)?.start(done);
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
    const { floods, refused } = this.#floods;
    return {
      backend: 'recvmmsg',
      sockets: socketStats(this.#sockets, this.#wanted),
      dropReadings: this.#given.map((socket) => socket.drops.reading),
      floods,
      warnings: refused === undefined ? this.#warnings : [...this.#warnings, floodWarning(refused)],
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stop();
    for (const watch of this.#watches.values()) watch.close();
    for (const socket of this.#sockets) socket.close();
    this.#ring.release();
  }
}

/** Checks that this process has the socket under its number, and keeps programs that it starts from having it too. */
function inherit(system: Libc, { fd, host, port, spare }: InheritedSocket): void {
  const had = boundPort(system, fd);
  // A spare one is bound when it is needed.
  if ((had === port || (spare && had === 0)) && system.closeOnExec(fd) === 0) return;
  throw new ListenError(
    'socket_failed',
    `descriptor ${fd} of this process is not the socket of ${endpointText(host, port)} that it was said to be`,
  );
}

function isOwed(socket: UdpSocket): boolean {
  return socket.owed > 0;
}
