// Who is connected, and who has to go when there are too many.
//
// A connection over a limit does not lose to those that are there: the one that has been idle longest goes, then one whose caller does
// not read its answer. So thousands of silent connections keep nobody out, and a probe is answered whatever others hold open. Only
// where everyone waits for an answer of ours is a new connection refused, and those are few: see slots.ts.
import type { Socket } from 'node:net';
import { networkOf } from './networks.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Whose limit was reached. */
export type Limit = 'limit' | 'limit_per_address';

/**
 * Told of each connection that is closed for a limit. `from` looks for the address that is over it, or that has most connections;
 * `refused` says that the new one was closed and no old one.
 */
export type OnOver = (limit: Limit, from: () => string, refused: boolean) => void;

export interface Connection {
  /** Where it comes from: an IPv4 address, or the /64 of an IPv6 address. */
  readonly from: string;
  /** Requests that are not answered to the end. */
  requests: number;
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
    this.#open.set(socket, { from, requests: 0 });
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

  /** A request has come. */
  busy(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.requests++;
    this.#idle.delete(socket);
    this.#peers.get(connection.from)?.idle.delete(socket);
  }

  /** A request has been answered. */
  done(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || --connection.requests > 0) return;
    this.#idle.add(socket);
    this.#peers.get(connection.from)?.idle.add(socket);
  }

  /** Closes the connection that is missed least; false when all are waiting for us. */
  #makeRoom(idle: ReadonlySet<Socket>, all: Iterable<Socket>, limit: Limit, from: () => string): boolean {
    const [longest] = idle;
    const victim = longest ?? unread(all);
    this.#onOver(limit, from, victim === undefined);
    if (victim === undefined) return false;
    victim.destroy();
    // Its `close` comes later: the room is there now.
    this.#remove(victim);
    return true;
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
