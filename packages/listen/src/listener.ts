// What a lane receives with: the interface that both backends stand behind, and the choice between them.
import { libcUnavailable, type Memory } from '@weir/libc';
import { dgramListener } from './dgram-listener.ts';
import { ListenError } from './errors.ts';
import { recvmmsgListener } from './linux/recvmmsg-listener.ts';
import type { OpenSocket } from './open-sockets.ts';
import { type ResolvedBind, resolveBinds } from './resolve.ts';

/** Datagrams of one local port, as they lie in the receive slots. Valid only during `onBatch`: the slots are used again. */
export interface DatagramBatch {
  count: number;
  /** Running number of datagram 0: later ones have greater numbers, also those that a later process takes in the same memory. */
  first: number;
  /** All slots; datagram `i` is `data[starts[i], ends[i])`. Bytes outside are of earlier datagrams. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Four words a datagram, as in address columns: IPv4 as ::ffff:a.b.c.d. */
  readonly peers: Uint32Array;
  readonly peerPorts: Uint16Array;
  /** When the kernel took the datagram, ms since 1970; without kernel timestamps, when it was read. */
  readonly times: Float64Array;
  /** 1 where the datagram was longer than its slot and was cut. */
  readonly truncated: Uint8Array;
  localPort: number;
}

export interface ListenHandler {
  onBatch(batch: DatagramBatch): void;
  /**
   * At least every 50 ms while the thread is not blocked elsewhere, also when nothing arrives. `nowMs`: milliseconds of performance.now()
   * in this thread, a clock that is never set.
   */
  onTick(nowMs: number): void;
}

/** Of one address and port, which may be two sockets (see OpenSocket). */
export interface SocketStats {
  readonly host: string;
  readonly port: number;
  /** Bytes. The kernel's own bookkeeping counts against it: a datagram of 1.5 kB takes about 2.3 kB. */
  readonly receiveBufferWanted: number;
  readonly receiveBufferGranted: number;
  /**
   * Datagrams that the kernel dropped here since the socket was opened, or beyond what InheritedSocket says was counted. dgram cannot see
   * those (its warnings say so): there it is what it had to drop itself before `run`.
   */
  readonly kernelDropped: number;
  /** Of these: of senders that flood, which are kept apart from the others. */
  readonly floodDropped: number;
  readonly datagrams: number;
  /** UDP payload bytes. */
  readonly bytes: number;
}

/** A sender that had a large part in filling a socket. */
export interface Flood {
  readonly address: string;
  /** Part of all datagrams that came to this lane, 0 to 1, those that the kernel dropped among them. An estimate. */
  readonly share: number;
  /** Whether its datagrams are kept apart, so that only they are dropped. */
  readonly diverted: boolean;
}

export type Backend = 'recvmmsg' | 'dgram';

export interface ListenerStats {
  readonly backend: Backend;
  readonly sockets: readonly SocketStats[];
  /** The kernel's drop counter (u32) for each socket of `ListenOptions.sockets` of this lane, in their order: see InheritedSocket. */
  readonly dropReadings: readonly number[];
  /** Who filled the sockets of late, the heaviest first; empty when nothing was dropped for ten seconds. */
  readonly floods: readonly Flood[];
  /** Sentences for the operator: what the system refused and what to do about it. */
  readonly warnings: readonly string[];
}

export interface StopOptions {
  /**
   * True, the default: hand over all datagrams that arrived before now. False: leave them in the kernel to another process that has the
   * sockets too; where sockets are not shared they are lost.
   */
  readonly drain?: boolean;
}

export interface Listener {
  /**
   * Hands over datagrams until `stop`, then what the kernel had taken before it, and resolves. Rejects with what the
   * handler throws, or a ListenError `socket_failed`. Does not block the thread's event loop for longer than a batch.
   */
  run(handler: ListenHandler): Promise<void>;
  /** Ends `run`. */
  stop(options?: StopOptions): void;
  stats(): ListenerStats;
  /** Closes the sockets in this process. Call when `run` has resolved. */
  close(): void;
}

/** A socket that another process opened, under its number in this one. */
export interface InheritedSocket extends OpenSocket {
  /**
   * The kernel's drop counter (u32, `ListenerStats.dropReadings`) up to which someone before has counted: the kernel counts from the
   * opening on. 0 when left out: nobody has.
   */
  readonly dropsCounted?: number;
}

export interface ListenOptions {
  /**
   * Sockets to open, unless there are `sockets`. `host` is an address or a name that resolves; `::` takes IPv4 too. Port 0 lets the
   * system choose (see `stats`).
   */
  readonly binds?: readonly { readonly host: string; readonly port: number }[];
  /** Sockets of `openSockets` or `activatedSockets`; those of other lanes are left alone. The listener closes its own. */
  readonly sockets?: readonly InheritedSocket[];
  readonly receiveBufferBytes: number;
  /** Let other sockets share the ports of `binds` (SO_REUSEPORT). Implied by more than one lane. */
  readonly reusePort: boolean;
  readonly lane: number;
  /** With more than one, each source address goes to one lane, whatever its source port. */
  readonly lanes: number;
  /** `auto`: recvmmsg where it works, else dgram. */
  readonly backend?: 'auto' | Backend;
  /**
   * Memory of at least RING_BYTES to receive into, which outlives this process: see `leftInRing`. Must stay until `close`, which says
   * there that nothing is left. Not used by dgram.
   */
  readonly ring?: Memory;
  /** From `divertedMemory`, the same for all lanes of a process: without it lanes that share ports do not divert floods. */
  readonly diverted?: SharedArrayBuffer;
}

export interface BackendOptions extends Omit<ListenOptions, 'binds' | 'backend'> {
  readonly binds: readonly ResolvedBind[];
  readonly warnings: readonly string[];
}

/**
 * Opens the sockets of one lane, or uses those that are open. Throws ListenError: `port_taken`, `not_permitted`, `bad_address`,
 * `backend_unavailable`, `socket_failed`; of what it opened nothing stays open then.
 */
export async function openListener(options: ListenOptions): Promise<Listener> {
  const binds = await resolveBinds(options.sockets === undefined ? (options.binds ?? []) : []);
  const backend = options.backend ?? 'auto';
  const unavailable = backend === 'dgram' ? undefined : libcUnavailable();
  if (backend === 'recvmmsg' && unavailable !== undefined) throw new ListenError('backend_unavailable', unavailable);
  if (options.sockets !== undefined && (backend === 'dgram' || unavailable !== undefined)) {
    throw new ListenError('backend_unavailable', unavailable ?? 'node:dgram cannot receive on sockets that are open');
  }
  if (backend === 'dgram' || unavailable !== undefined) {
    const warnings =
      backend === 'auto' && unavailable !== undefined ? [`receiving with node:dgram: ${unavailable}`] : [];
    return dgramListener({ ...options, binds, warnings });
  }
  return recvmmsgListener({ ...options, binds, warnings: [] });
}
