// The portable backend: node:dgram behind the interface of the Linux one. One datagram a call, no drop counter, no kernel timestamps.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { parseAddress } from '@weir/record';
import { bindError, endpointText, ListenError } from './errors.ts';
import type { BackendOptions, DatagramBatch, Listener, ListenerStats, ListenHandler, StopOptions } from './listener.ts';
import { receiveBufferWarning } from './receive-buffer.ts';
import type { ResolvedBind } from './resolve.ts';

const SLOTS = 256;
/** Datagrams of a batch lie one after the other; full when another of the greatest length might not fit. */
const DATA_BYTES = 1 << 20;
/** What Node reads at most of a datagram; the longest UDP payload is shorter, so none is ever cut. */
const LONGEST_DATAGRAM = 65_536;
const TICK_MS = 25;
/** The longest a stop may take while senders go on: how much was queued at the stop nobody can say here. */
const DRAIN_MS = 10_000;
/** Addresses of peers kept in words, so that text is parsed once an exporter and not once a datagram. */
const PEERS_CAP = 4096;

interface Bound {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
  readonly receiveBufferGranted: number;
  datagrams: number;
  bytes: number;
  /** Read before `run` and thrown away for want of room. */
  dropped: number;
}

/** Opens all sockets or none. Throws ListenError. */
export async function dgramListener(options: BackendOptions): Promise<Listener> {
  const bound: Bound[] = [];
  try {
    for (const bind of options.binds) bound.push(await open(bind, options));
  } catch (error) {
    for (const { socket } of bound) socket.close();
    throw error;
  }
  return new DgramListener(bound, options);
}

async function open(bind: ResolvedBind, options: BackendOptions): Promise<Bound> {
  const socket = createSocket({
    type: bind.family === 4 ? 'udp4' : 'udp6',
    ipv6Only: bind.family === 6 && bind.address !== '::',
    reusePort: options.reusePort || options.lanes > 1,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: bind.address, port: bind.port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw bindError(bind.host, bind.port, (cause as NodeJS.ErrnoException).code ?? 'unknown error', cause);
  }
  return {
    socket,
    host: bind.host,
    port: socket.address().port,
    receiveBufferGranted: growReceiveBuffer(socket, options.receiveBufferBytes),
    datagrams: 0,
    bytes: 0,
    dropped: 0,
  };
}

/** Linux cuts the request to net.core.rmem_max and reports twice what it granted; other systems refuse what is too great. */
function growReceiveBuffer(socket: Socket, wanted: number): number {
  for (let size = wanted; size >= 65_536; size /= 2) {
    try {
      socket.setRecvBufferSize(Math.floor(size));
      break;
    } catch {
      // Halve it until the system takes it.
    }
  }
  const reported = socket.getRecvBufferSize();
  return process.platform === 'linux' ? reported / 2 : reported;
}

class DgramListener implements Listener {
  readonly #bound: readonly Bound[];
  readonly #wanted: number;
  readonly #warnings: string[];
  readonly #batch: DatagramBatch = {
    count: 0,
    first: 0,
    data: new Uint8Array(DATA_BYTES),
    starts: new Uint32Array(SLOTS),
    ends: new Uint32Array(SLOTS),
    peers: new Uint32Array(SLOTS * 4),
    peerPorts: new Uint16Array(SLOTS),
    times: new Float64Array(SLOTS),
    truncated: new Uint8Array(SLOTS),
    localPort: 0,
  };
  readonly #peers = new Map<string, Uint32Array>();
  #used = 0;
  #flushPlanned = false;
  #stopped: 'no' | 'drain' | 'leave' = 'no';
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #handler: ListenHandler | undefined;
  readonly #early: { bound: Bound; data: Buffer; peer: RemoteInfo }[] = [];
  readonly #settle = Promise.withResolvers<void>();

  constructor(bound: readonly Bound[], options: BackendOptions) {
    this.#bound = bound;
    this.#wanted = options.receiveBufferBytes;
    this.#warnings = [
      ...options.warnings,
      'node:dgram does not see datagrams that the kernel dropped; losses show only in the exporters’ sequence numbers',
    ];
    const short = bound.filter(({ receiveBufferGranted }) => receiveBufferGranted < this.#wanted);
    const granted = Math.min(...short.map(({ receiveBufferGranted }) => receiveBufferGranted));
    const endpoints = short.map(({ host, port }) => endpointText(host, port));
    const warning = receiveBufferWarning(this.#wanted, granted, endpoints);
    if (warning !== undefined) this.#warnings.push(warning);
    if (options.lanes > 1) {
      this.#warnings.push(
        'node:dgram cannot choose lanes by source address: an exporter that sends from several ports may be spread over lanes; set listen.lanes: 1 if it uses templates',
      );
    }
    for (const one of bound) one.socket.on('message', (data, peer) => this.#message(one, data, peer));
  }

  /** Node reads from the bind on, so the first datagrams may come before `run`: a batch of them is kept, others are counted. */
  #message(bound: Bound, data: Buffer, peer: RemoteInfo): void {
    const handler = this.#handler;
    if (handler === undefined) {
      if (this.#stopped !== 'no') return;
      if (this.#early.length < SLOTS) this.#early.push({ bound, data, peer });
      else bound.dropped++;
      return;
    }
    this.#guard(() => this.#take(handler, bound, data, peer));
  }

  #take(handler: ListenHandler, bound: Bound, data: Buffer, peer: RemoteInfo): void {
    const batch = this.#batch;
    if (batch.count > 0 && batch.localPort !== bound.port) this.#flush(handler);
    const slot = batch.count++;
    batch.localPort = bound.port;
    batch.data.set(data, this.#used);
    batch.starts[slot] = this.#used;
    this.#used += data.length;
    batch.ends[slot] = this.#used;
    batch.peers.set(this.#peerWords(peer.address), slot * 4);
    batch.peerPorts[slot] = peer.port;
    batch.times[slot] = Date.now();
    bound.datagrams++;
    bound.bytes += data.length;
    if (batch.count === SLOTS || this.#used > DATA_BYTES - LONGEST_DATAGRAM) this.#flush(handler);
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      setImmediate(() => this.#guard(() => this.#flush(handler)));
    }
  }

  #peerWords(address: string): Uint32Array {
    let words = this.#peers.get(address);
    if (words === undefined) {
      // A link-local peer comes with its zone: fe80::1%eth0.
      words = parseAddress(address.split('%')[0]);
      if (this.#peers.size >= PEERS_CAP) this.#peers.clear();
      this.#peers.set(address, words);
    }
    return words;
  }

  #flush(handler: ListenHandler): void {
    this.#flushPlanned = false;
    const { count } = this.#batch;
    if (count > 0) handler.onBatch(this.#batch);
    this.#batch.first += count;
    this.#batch.count = 0;
    this.#used = 0;
  }

  /** What the handler throws ends `run`, not the thread. */
  #guard(work: () => void): void {
    if (this.#handler === undefined) return;
    try {
      work();
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error?: unknown): void {
    this.#handler = undefined;
    clearInterval(this.#timer);
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }

  run(handler: ListenHandler): Promise<void> {
    this.#handler = handler;
    this.#timer = setInterval(() => this.#guard(() => handler.onTick(performance.now())), TICK_MS);
    for (const { socket, host, port } of this.#bound) {
      socket.on('error', (cause) => {
        const text = `receiving on UDP ${endpointText(host, port)} failed: ${cause.message}`;
        this.#end(new ListenError('socket_failed', text, { cause }));
      });
    }
    for (const { bound, data, peer } of this.#early.splice(0)) this.#message(bound, data, peer);
    if (this.#stopped !== 'no') void this.#finish();
    return this.#settle.promise;
  }

  async #finish(): Promise<void> {
    const handler = this.#handler;
    if (handler === undefined) return;
    await this.#drained();
    this.#guard(() => {
      this.#flush(handler);
      handler.onTick(performance.now());
      this.#end();
    });
  }

  /** Node reads what waits in each turn of the event loop: after three without a datagram the queues are empty. */
  async #drained(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    let quiet = 0;
    let before = -1;
    while (quiet < 3 && this.#stopped === 'drain' && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const total = this.#bound.reduce((sum, { datagrams }) => sum + datagrams, 0);
      quiet = total === before ? quiet + 1 : 0;
      before = total;
    }
  }

  stop({ drain = true }: StopOptions = {}): void {
    const before = this.#stopped;
    if (!drain) this.#stopped = 'leave';
    else if (before === 'no') this.#stopped = 'drain';
    if (before === 'no') void this.#finish();
  }

  stats(): ListenerStats {
    return {
      backend: 'dgram',
      sockets: this.#bound.map(({ host, port, receiveBufferGranted, datagrams, bytes, dropped }) => ({
        host,
        port,
        receiveBufferWanted: this.#wanted,
        receiveBufferGranted,
        kernelDropped: dropped,
        floodDropped: 0,
        datagrams,
        bytes,
      })),
      dropReadings: [],
      floods: [],
      warnings: this.#warnings,
    };
  }

  close(): void {
    this.stop();
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.#bound) socket.close();
  }
}
