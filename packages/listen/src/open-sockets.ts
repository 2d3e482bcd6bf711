// Sockets opened in one process and used in another: a supervisor that holds them, and a collecting process that may die and be started
// again without a datagram being lost that fits the kernel's buffers.
import { libc, libcUnavailable } from '@weir/libc';
import { ListenError } from './errors.ts';
import { openGroup } from './linux/open-group.ts';
import type { Backend } from './listener.ts';
import { resolveBinds } from './resolve.ts';

/** A bound socket as plain values, which can be sent to another thread, or to a process that inherits the descriptor. */
export interface OpenSocket {
  /** In the process that this description is for: one that inherits it may have it under another number. */
  readonly fd: number;
  /** As configured, for messages and stats. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly lane: number;
  /** The lane's second socket of this port: it gets what senders send that would otherwise fill the first one. */
  readonly spare: boolean;
  /** Bytes. */
  readonly receiveBufferGranted: number;
  /** Why the kernel does not choose sockets by source address, when it does not: the name of an error. */
  readonly filterRefused?: string;
}

export interface OpenSocketsOptions {
  /** `host` is an address or a name that resolves; `::` takes IPv4 too. Port 0 lets the system choose. */
  readonly binds: readonly { readonly host: string; readonly port: number }[];
  readonly receiveBufferBytes: number;
  /** Each source address goes to one of them, whatever its source port. */
  readonly lanes: number;
  readonly backend?: 'auto' | Backend;
}

/**
 * Opens the sockets of all lanes, or none. Undefined where only node:dgram works: its sockets cannot be handed on, so each lane opens
 * its own there. Throws ListenError: `port_taken` (also by a program that would share the port), `not_permitted`, `bad_address`,
 * `backend_unavailable`, `socket_failed`.
 */
export async function openSockets(options: OpenSocketsOptions): Promise<OpenSocket[] | undefined> {
  const binds = await resolveBinds(options.binds);
  if (options.backend === 'dgram') return undefined;
  const unavailable = libcUnavailable();
  if (unavailable !== undefined) {
    if (options.backend === 'recvmmsg') throw new ListenError('backend_unavailable', unavailable);
    return undefined;
  }
  const sockets: OpenSocket[] = [];
  try {
    for (const bind of binds) sockets.push(...openGroup(libc(), bind, options));
  } catch (error) {
    closeSockets(sockets);
    throw error;
  }
  return sockets;
}

/** Closes them in this process. Datagrams are still queued and received while another process has them open. */
export function closeSockets(sockets: readonly OpenSocket[]): void {
  for (const { fd } of sockets) libc().close(fd);
}
