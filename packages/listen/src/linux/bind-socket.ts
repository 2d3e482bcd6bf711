// Opening one UDP socket through the C library, because node:dgram hides its file descriptor.
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '@weir/libc';
import { bindError, endpointText, ListenError } from '../errors.ts';
import type { ResolvedBind } from '../resolve.ts';
import { SOCKADDR_BYTES, sockaddr, sockaddrPort } from './sockaddr.ts';

export interface BoundSocket {
  readonly fd: number;
  /** Chosen by the system where the bind left it open. */
  readonly port: number;
  /** Bytes. */
  readonly receiveBufferGranted: number;
}

export interface SocketOptions {
  readonly receiveBufferBytes: number;
  readonly reusePort: boolean;
}

/** Throws ListenError; nothing stays open then. Without `reusePort` it succeeds only if nobody else has the port, shared or not. */
export function bindSocket(libc: Libc, bind: ResolvedBind, options: SocketOptions): BoundSocket {
  const { fd, receiveBufferGranted } = unboundSocket(libc, bind, options);
  const address = sockaddr(bind.address, bind.family, bind.port);
  if (libc.bind(fd, address, address.length) < 0) {
    const error = bindError(bind.host, bind.port, libc.errno());
    libc.close(fd);
    throw error;
  }
  return { fd, port: boundPort(libc, fd), receiveBufferGranted };
}

/** All but the bind itself. Throws ListenError; nothing stays open then. */
export function unboundSocket(
  libc: Libc,
  bind: ResolvedBind,
  { receiveBufferBytes, reusePort }: SocketOptions,
): Omit<BoundSocket, 'port'> {
  const fd = libc.socket(bind.family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw bindError(bind.host, bind.port, libc.errno());
  try {
    // Only `::` means both families; a bind to one IPv6 address stays IPv6.
    if (bind.family === 6) setOption(libc, fd, IPPROTO_IPV6, IPV6_V6ONLY, bind.address === '::' ? 0 : 1, bind);
    if (reusePort) sharePort(libc, fd, bind);
    askForDropsAndTimes(libc, fd);
    return { fd, receiveBufferGranted: setReceiveBuffer(libc, fd, receiveBufferBytes) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** 0 for a socket that is not bound. */
export function boundPort(libc: Libc, fd: number): number {
  const name = new Uint8Array(SOCKADDR_BYTES);
  return libc.getsockname(fd, name, Uint32Array.of(SOCKADDR_BYTES)) < 0 ? 0 : sockaddrPort(name);
}

/** Lets sockets that are bound from now on have the port of this one too, if they belong to the same user and ask for it as well. */
export function sharePort(libc: Libc, fd: number, bind: { readonly host: string; readonly port: number }): void {
  setOption(libc, fd, SOL_SOCKET, SO_REUSEPORT, 1, bind);
}

function setOption(
  libc: Libc,
  fd: number,
  level: number,
  option: number,
  value: number,
  { host, port }: { readonly host: string; readonly port: number },
): void {
  if (libc.setsockopt(fd, level, option, Uint32Array.of(value), 4) < 0) {
    const at = endpointText(host, port);
    throw new ListenError('socket_failed', `setsockopt ${option} for ${at}: ${libc.errno()}`);
  }
}

/** Neither is there on every kernel or sandbox, and neither is needed to receive. */
export function askForDropsAndTimes(libc: Libc, fd: number): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, Uint32Array.of(1), 4);
  libc.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, Uint32Array.of(1), 4);
}

/** SO_RCVBUFFORCE passes net.core.rmem_max but needs CAP_NET_ADMIN; SO_RCVBUF is cut to it silently. Returns bytes granted. */
export function setReceiveBuffer(libc: Libc, fd: number, wanted: number): number {
  const value = Uint32Array.of(wanted);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value, 4) < 0) {
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, 4);
  }
  return receiveBuffer(libc, fd);
}

/** The kernel reports twice what it was asked for, the second half being for its own bookkeeping (socket(7)). */
export function receiveBuffer(libc: Libc, fd: number): number {
  const granted = new Uint32Array(1);
  libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, granted, Uint32Array.of(4));
  return granted[0] / 2;
}
