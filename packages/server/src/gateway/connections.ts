// Who is connected, and who has to go when there are too many.
//
// A connection over a limit does not lose to those that are there: the one that has been idle longest goes, then one whose caller does
// not read its answer, then one whose request waits for a slot. So thousands of connections, silent or not, keep nobody out, and a probe
// is answered whatever others hold open. Only where the storing process answers everyone is a new one refused; slots.ts bounds those.
import type { Socket } from 'node:net';
import { type Head, mayExceed, tooLong } from './heads.ts';
import { networkOf } from './networks.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Bytes that heads of requests may take which have begun and not ended. */
  readonly headBytes: number;
}

/** Whose limit was reached. */
export type Limit = 'limit' | 'limit_per_address' | 'limit_of_heads';

/**
 * Told of each connection that is closed for a limit. `from` looks for the address that is over it, or that has most connections;
 * `refused` says that the new one was closed and no old one.
 */
export type OnOver = (limit: Limit, from: () => string, refused: boolean) => void;

export interface Connection extends Head {
  /** Where it comes from: an IPv4 address, or the /64 of an IPv6 address. */
  readonly from: string;
  /** Requests that are not answered to the end. */
  requests: number;
  /** Refuses a request that waits for a slot; undefined where none does. */
  giveUp: (() => void) | undefined;
}

interface Peer {
  readonly all: Set<Socket>;
  /** Those without a request, the longest idle first. */
  readonly idle: Set<Socket>;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #onOver: OnOver;
  readonly #open = new Map<Socket, Connection>();
  readonly #idle = new Set<Socket>();
  readonly #peers = new Map<string, Peer>();

  constructor(limits: ConnectionLimits, onOver: OnOver) {
    this.#limits = limits;
    this.#onOver = onOver;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a connection in, or returns false: then the caller refuses it. */
  add(socket: Socket): boolean {
    const from = networkOf(socket.remoteAddress ?? '');
    const peer = this.#peers.get(from) ?? { all: new Set(), idle: new Set() };
    if (peer.all.size >= this.#limits.connectionsPerAddress) {
      if (!this.#makeRoom(peer.idle, peer.all, 'limit_per_address', () => from)) return false;
    } else if (this.#open.size >= this.#limits.connections) {
      if (!this.#makeRoom(this.#idle, this.#open.keys(), 'limit', () => this.#largest())) return false;
    }
    this.#open.set(socket, { from, requests: 0, giveUp: undefined, readUpTo: 0, content: false });
    this.#peers.set(from, peer);
    peer.all.add(socket);
    peer.idle.add(socket);
    this.#idle.add(socket);
    socket.once('close', () => this.#remove(socket));
    return true;
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** A request has come; `content` says whether more of it will. */
  busy(socket: Socket, content: boolean): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.requests++;
    connection.readUpTo = socket.bytesRead;
    connection.content ||= content;
    this.#idle.delete(socket);
    this.#peers.get(connection.from)?.idle.delete(socket);
  }

  /** A request has been answered. */
  done(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || --connection.requests > 0) return;
    if (connection.content) connection.readUpTo = socket.bytesRead;
    connection.content = false;
    this.#idle.add(socket);
    this.#peers.get(connection.from)?.idle.add(socket);
  }

  /** Closes those with the longest heads where heads take too much. To be called often: heads come as fast as the network is. */
  boundHeads(): void {
    const { headBytes } = this.#limits;
    if (!mayExceed(this.#open.size, headBytes)) return;
    for (const socket of tooLong(this.#open, headBytes)) {
      const from = this.#open.get(socket)?.from ?? '';
      this.#onOver('limit_of_heads', () => from, false);
      this.#remove(socket);
      socket.destroy();
    }
  }

  /** Closes the connection that is missed least; false when all are waiting for us. */
  #makeRoom(idle: ReadonlySet<Socket>, all: Iterable<Socket>, limit: Limit, from: () => string): boolean {
    const [longest] = idle;
    const victim = longest ?? unread(all) ?? this.#waiting(all);
    this.#onOver(limit, from, victim === undefined);
    if (victim === undefined) return false;
    const giveUp = this.#open.get(victim)?.giveUp;
    // Its `close` comes later: the room is there now.
    this.#remove(victim);
    if (giveUp === undefined) victim.destroy();
    else giveUp();
    return true;
  }

  /** A connection whose request has not been passed on. */
  #waiting(sockets: Iterable<Socket>): Socket | undefined {
    for (const socket of sockets) if (this.#open.get(socket)?.giveUp !== undefined) return socket;
    return undefined;
  }

  /** The address with most connections. */
  #largest(): string {
    let largest = '';
    let most = 0;
    for (const [from, { all }] of this.#peers) {
      if (all.size <= most) continue;
      most = all.size;
      largest = from;
    }
    return largest;
  }

  #remove(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#open.delete(socket);
    this.#idle.delete(socket);
    const peer = this.#peers.get(connection.from);
    peer?.all.delete(socket);
    peer?.idle.delete(socket);
    if (peer?.all.size === 0) this.#peers.delete(connection.from);
  }
}

/** A connection with an answer that waits for its caller to read. */
function unread(sockets: Iterable<Socket>): Socket | undefined {
  for (const socket of sockets) if (socket.writableLength > 0) return socket;
  return undefined;
}
