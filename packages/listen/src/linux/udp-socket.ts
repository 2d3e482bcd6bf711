// A UDP socket as a lane sees it: an open descriptor, what was read from it, and what the kernel says of its queue.
import { type Libc, SO_MEMINFO, SOL_SOCKET } from '@weir/libc';
import { DropCounter } from '../drop-counter.ts';
import type { OpenSocket } from '../open-sockets.ts';
import { boundPort } from './bind-socket.ts';

// Indices into the array that SO_MEMINFO gives (<linux/sock_diag.h>), of 9 words.
const MEMINFO_QUEUED = 0;
const MEMINFO_DROPS = 8;
const MEMINFO_WORDS = 9;

/** A queue that takes more than this part of its buffer is about to overflow. */
const FULL = 1 / 2;
/**
 * What a queued datagram takes of the kernel's memory at least, besides its bytes: 576 on 64-bit Linux today (struct sk_buff and
 * skb_shared_info). A lower bound, for other versions.
 */
const DATAGRAM_OVERHEAD = 256;

export class UdpSocket {
  readonly fd: number;
  readonly host: string;
  readonly port: number;
  readonly spare: boolean;
  /** False for a spare socket that has not been needed yet: nothing comes to it. */
  bound: boolean;
  readonly receiveBufferGranted: number;
  readonly filterRefused: string | undefined;
  readonly drops: DropCounter;
  datagrams = 0;
  bytes = 0;
  /** Bytes of the kernel's memory that the queue may take, and took at the last reading; 0 where the kernel does not say. */
  readonly buffer: number;
  queued = 0;
  /**
   * Bytes of the kernel's memory of what was queued at `owe` and was not yet read, at most. Whoever waits for this to be 0 has been handed
   * everything that had arrived by then, and waits a bounded time although senders go on.
   */
  owed = 0;
  /** Whether its queue had overflowed between the last two looks at it, or was about to overflow at the last. */
  fills = false;
  /** Whether that was so at any look since someone set this to false. */
  filled = false;
  #dropsBefore = 0;
  readonly #libc: Libc;
  readonly #words = new Uint32Array(MEMINFO_WORDS);
  readonly #length = new Uint32Array(1);

  constructor(libc: Libc, socket: OpenSocket, dropsCounted = 0) {
    this.#libc = libc;
    this.fd = socket.fd;
    this.host = socket.host;
    this.port = socket.port;
    this.spare = socket.spare;
    this.bound = !socket.spare || boundPort(libc, socket.fd) !== 0;
    this.receiveBufferGranted = socket.receiveBufferGranted;
    this.filterRefused = socket.filterRefused;
    this.drops = new DropCounter(dropsCounted);
    this.buffer = socket.receiveBufferGranted * 2;
  }

  /** Sees whether another process that has this socket too, a predecessor that is about to end, has bound it. */
  findBound(): void {
    this.bound ||= boundPort(this.#libc, this.fd) !== 0;
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

  /** After `read`. */
  lookAtQueue(): void {
    this.fills = this.drops.total > this.#dropsBefore || this.queued > this.buffer * FULL;
    this.filled ||= this.fills;
    this.#dropsBefore = this.drops.total;
  }

  /** From now on `owed` says what of the present queue is left. */
  owe(): void {
    this.owed = this.read() ? this.queued : this.buffer;
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
