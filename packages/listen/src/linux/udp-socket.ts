// One UDP socket, opened through the C library because node:dgram hides its file descriptor.

import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '@weir/libc';
import { DropCounter } from '../drop-counter.ts';
import { bindError, endpointText, ListenError } from '../errors.ts';
import type { ResolvedBind } from '../resolve.ts';
import { laneProgram } from './lane-filter.ts';
import { SOCKADDR_BYTES, sockaddr, sockaddrPort } from './sockaddr.ts';

// Indices into the array that SO_MEMINFO gives (<linux/sock_diag.h>), of 9 words.
const MEMINFO_QUEUED = 0;
const MEMINFO_DROPS = 8;
const MEMINFO_WORDS = 9;

/**
 * What a queued datagram takes of the kernel's memory at least, besides its bytes: 576 on 64-bit Linux today (struct sk_buff and
 * skb_shared_info). A lower bound, for other versions.
 */
const DATAGRAM_OVERHEAD = 256;

export interface UdpSocketOptions {
  readonly receiveBufferBytes: number;
  readonly reusePort: boolean;
  readonly lanes: number;
}

export class UdpSocket {
  readonly fd: number;
  readonly host: string;
  readonly family: number;
  port = 0;
  receiveBufferGranted = 0;
  /** Why sources are not kept to one lane, when they are not. */
  filterRefused: string | undefined;
  readonly drops = new DropCounter();
  datagrams = 0;
  bytes = 0;
  /** Bytes of the kernel's memory that the queue took at the last reading; 0 where the kernel does not say. */
  queued = 0;
  /**
   * Bytes of the kernel's memory of what was queued at `owe` and was not yet read, at most. Whoever waits for this to be 0 has been handed
   * everything that had arrived by then, and waits a bounded time although senders go on.
   */
  owed = 0;
  readonly #libc: Libc;
  readonly #one = Uint32Array.of(1);
  readonly #words = new Uint32Array(MEMINFO_WORDS);
  readonly #length = new Uint32Array(1);

  /** Throws ListenError; the descriptor is closed then. */
  constructor(libc: Libc, bind: ResolvedBind, options: UdpSocketOptions) {
    this.#libc = libc;
    this.host = bind.host;
    this.family = bind.family === 4 ? AF_INET : AF_INET6;
    this.fd = libc.socket(this.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw bindError(bind.host, bind.port, libc.errno());
    try {
      this.#open(bind, options);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #open(bind: ResolvedBind, { receiveBufferBytes, reusePort, lanes }: UdpSocketOptions): void {
    // Only `::` means both families; a bind to one IPv6 address stays IPv6.
    if (bind.family === 6) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, bind.address === '::' ? 0 : 1, bind);
    if (reusePort || lanes > 1) this.#set(SOL_SOCKET, SO_REUSEPORT, 1, bind);
    this.receiveBufferGranted = this.#growReceiveBuffer(receiveBufferBytes);
    // Neither is there on every kernel or sandbox, and neither is needed to receive.
    this.#trySet(SO_RXQ_OVFL, this.#one);
    this.#trySet(SO_TIMESTAMPNS, this.#one);
    const address = sockaddr(bind.address, bind.family, bind.port);
    if (this.#libc.bind(this.fd, address, address.length) < 0) {
      throw bindError(bind.host, bind.port, this.#libc.errno());
    }
    if (lanes > 1 && !this.#attach(laneProgram(lanes))) this.filterRefused = this.#libc.errno();
    const name = new Uint8Array(SOCKADDR_BYTES);
    this.#length[0] = SOCKADDR_BYTES;
    this.port = this.#libc.getsockname(this.fd, name, this.#length) < 0 ? bind.port : sockaddrPort(name);
  }

  #set(level: number, option: number, value: number, bind: ResolvedBind): void {
    if (this.#libc.setsockopt(this.fd, level, option, Uint32Array.of(value), 4) < 0) {
      const at = endpointText(bind.host, bind.port);
      throw new ListenError('socket_failed', `setsockopt ${option} for ${at}: ${this.#libc.errno()}`);
    }
  }

  #trySet(option: number, value: Uint32Array): boolean {
    return this.#libc.setsockopt(this.fd, SOL_SOCKET, option, value, value.byteLength) === 0;
  }

  /**
   * SO_RCVBUFFORCE passes net.core.rmem_max but needs CAP_NET_ADMIN; SO_RCVBUF is cut to it silently. Returns bytes granted:
   * the kernel reports twice what it was asked for, the second half being for its own bookkeeping (socket(7)).
   */
  #growReceiveBuffer(wanted: number): number {
    const value = Uint32Array.of(wanted);
    if (!this.#trySet(SO_RCVBUFFORCE, value)) this.#trySet(SO_RCVBUF, value);
    this.#length[0] = 4;
    this.#libc.getsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, this.#words, this.#length);
    return this.#words[0] / 2;
  }

  /** struct sock_fprog: count, padding, pointer to the instructions, which the kernel copies during the call. */
  #attach(program: Uint8Array): boolean {
    const { address, memory } = this.#libc.allocate(program.length + 16);
    new Uint8Array(memory).set(program, 16);
    const view = new DataView(memory);
    view.setUint16(0, program.length / 8, true);
    view.setBigUint64(8, address + 16n, true);
    const fprog = new Uint8Array(memory, 0, 16);
    return this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog, 16) === 0;
  }

  /**
   * Asks the kernel for the length of the queue, and for its drop counter, which knows of drops after the last datagram too. False on
   * kernels and in sandboxes that do not tell.
   */
  read(): boolean {
    this.#length[0] = MEMINFO_WORDS * 4;
    const failed = this.#libc.getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, this.#words, this.#length) < 0;
    if (failed || this.#length[0] < MEMINFO_WORDS * 4) return false;
    this.queued = this.#words[MEMINFO_QUEUED];
    this.drops.observe(this.#words[MEMINFO_DROPS]);
    return true;
  }

  /** From now on `owed` says what of the present queue is left. */
  owe(): void {
    this.owed = this.read() ? this.queued : this.receiveBufferGranted * 2;
  }

  /** After reading `count` datagrams of `bytes` together; `emptied` when no more waited. */
  took(count: number, bytes: number, emptied: boolean): void {
    this.datagrams += count;
    this.bytes += bytes;
    if (this.owed > 0) this.owed = emptied ? 0 : Math.max(0, this.owed - bytes - count * DATAGRAM_OVERHEAD);
  }

  close(): void {
    this.#libc.close(this.fd);
  }
}
