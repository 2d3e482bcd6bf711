// The memory that recvmmsg fills: one allocation that holds message headers, addresses, control data and slots, and the reading
// of what the kernel wrote there into a DatagramBatch. Layouts are those of 64-bit little-endian Linux.

import { AF_INET, type Libc, MSG_TRUNC, SO_RXQ_OVFL, SO_TIMESTAMPNS, SOL_SOCKET } from '@weir/libc';
import type { DatagramBatch } from '../listener.ts';
import { SOCKADDR_BYTES } from './sockaddr.ts';

/** Datagrams a call. More gained nothing; their first 1.5 kB fit the second-level cache together. */
export const SLOTS = 256;
/** The longest UDP payload is 65,507 bytes over IPv4 and 65,527 over IPv6 (but for jumbograms, which no network sends). */
const SLOT_BYTES = 65_536;
/** Slots start 1,600 bytes apart modulo 64 kB: a stride of a power of two would put all of them into the same few cache sets. */
const SLOT_STRIDE = SLOT_BYTES + 1_600;
/** struct mmsghdr: msg_name 0, msg_namelen 8, msg_iov 16, msg_iovlen 24, msg_control 32, msg_controllen 40, msg_flags 48, msg_len 56. */
const HEADER = 64;
const IOVEC = 16;
const NAME = 32;
/** Two control messages: a timespec in 32 bytes, a u32 in 24. */
const CONTROL = 64;
const CMSG_HEADER = 16;

const HEADERS_AT = 0;
const IOVECS_AT = HEADERS_AT + SLOTS * HEADER;
const NAMES_AT = IOVECS_AT + SLOTS * IOVEC;
const CONTROLS_AT = NAMES_AT + SLOTS * NAME;
const SLOTS_AT = CONTROLS_AT + SLOTS * CONTROL;
const TOTAL = SLOTS_AT + SLOTS * SLOT_STRIDE;

/** Rings of closed listeners in this thread, used again: their memory is never freed (17 MB, of which only used pages exist). */
const idle: ReceiveRing[] = [];

export class ReceiveRing {
  readonly address: bigint;
  readonly batch: DatagramBatch;
  /** The drop counter on the last datagram of the last `take` that carried one; -1 when none did. */
  lastDrops = -1;
  /** Payload bytes of the last `take`. */
  lastBytes = 0;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  static acquire(libc: Libc): ReceiveRing {
    return idle.pop() ?? new ReceiveRing(libc, SLOT_BYTES);
  }

  /** A ring that takes no more than `slotBytes` of a datagram. Do not release it: `acquire` gives out rings of the full length. */
  static ofSlots(libc: Libc, slotBytes: number): ReceiveRing {
    return new ReceiveRing(libc, slotBytes);
  }

  private constructor(libc: Libc, slotBytes: number) {
    const { address, memory } = libc.allocate(TOTAL);
    this.address = address;
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory, 0, SLOTS_AT / 4);
    const view = new DataView(memory);
    const starts = new Uint32Array(SLOTS);
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = HEADERS_AT + slot * HEADER;
      const iovec = IOVECS_AT + slot * IOVEC;
      view.setBigUint64(header, address + BigInt(NAMES_AT + slot * NAME), true);
      view.setBigUint64(header + 16, address + BigInt(iovec), true);
      view.setBigUint64(header + 24, 1n, true);
      view.setBigUint64(header + 32, address + BigInt(CONTROLS_AT + slot * CONTROL), true);
      view.setBigUint64(iovec, address + BigInt(SLOTS_AT + slot * SLOT_STRIDE), true);
      view.setBigUint64(iovec + 8, BigInt(slotBytes), true);
      starts[slot] = SLOTS_AT + slot * SLOT_STRIDE;
    }
    this.#ready(SLOTS);
    this.batch = {
      count: 0,
      data: this.#bytes,
      starts,
      ends: new Uint32Array(SLOTS),
      peers: new Uint32Array(SLOTS * 4),
      peerPorts: new Uint16Array(SLOTS),
      times: new Float64Array(SLOTS),
      truncated: new Uint8Array(SLOTS),
      localPort: 0,
    };
  }

  /** Gives the memory back for the next listener in this thread. */
  release(): void {
    idle.push(this);
  }

  /** The kernel shortened these to what it used. */
  #ready(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const header = (HEADERS_AT + slot * HEADER) >>> 2;
      this.#words[header + 2] = SOCKADDR_BYTES;
      this.#words[header + 10] = CONTROL;
    }
  }

  /** Reads what recvmmsg wrote about the first `count` slots into `batch`, then makes them ready for the next call. */
  take(count: number, localPort: number, nowMs: number): void {
    const { batch } = this;
    const words = this.#words;
    batch.count = count;
    batch.localPort = localPort;
    this.lastDrops = -1;
    let total = 0;
    for (let slot = 0; slot < count; slot++) {
      const header = (HEADERS_AT + slot * HEADER) >>> 2;
      const length = words[header + 14];
      total += length;
      batch.ends[slot] = batch.starts[slot] + length;
      batch.truncated[slot] = (words[header + 12] & MSG_TRUNC) >>> 5;
      this.#readPeer(slot);
      batch.times[slot] = nowMs;
      this.#readControl(slot, words[header + 10]);
    }
    this.lastBytes = total;
    this.#ready(count);
  }

  #readPeer(slot: number): void {
    const { peers, peerPorts } = this.batch;
    const words = this.#words;
    const name = (NAMES_AT + slot * NAME) >>> 2;
    const first = words[name];
    // The port lies in the upper half in network order: its bytes come swapped.
    peerPorts[slot] = ((first >>> 24) | ((first >>> 8) & 0xff00)) & 0xffff;
    const at = slot * 4;
    if ((first & 0xffff) === AF_INET) {
      peers[at] = 0;
      peers[at + 1] = 0;
      peers[at + 2] = 0xffff0000;
      peers[at + 3] = words[name + 1];
    } else {
      peers[at] = words[name + 2];
      peers[at + 1] = words[name + 3];
      peers[at + 2] = words[name + 4];
      peers[at + 3] = words[name + 5];
    }
  }

  /** struct cmsghdr: length (u64, header included), level, type; then the data, the next at a multiple of 8. */
  #readControl(slot: number, length: number): void {
    const words = this.#words;
    const start = CONTROLS_AT + slot * CONTROL;
    const end = start + Math.min(length, CONTROL);
    for (let at = start; at + CMSG_HEADER < end; ) {
      const word = at >>> 2;
      const size = words[word];
      if (size < CMSG_HEADER || at + size > end) return;
      if (words[word + 2] === SOL_SOCKET) {
        const type = words[word + 3];
        if (type === SO_TIMESTAMPNS) {
          const seconds = words[word + 5] * 0x1_0000_0000 + words[word + 4];
          this.batch.times[slot] = seconds * 1000 + words[word + 6] / 1e6;
        } else if (type === SO_RXQ_OVFL) this.lastDrops = words[word + 4];
      }
      at += (size + 7) & ~7;
    }
  }
}
