// The memory that recvmmsg fills, and the reading of what the kernel wrote there into a DatagramBatch.
import type { Libc, Memory } from '@weir/libc';
import { ListenError } from '../errors.ts';
import type { DatagramBatch } from '../listener.ts';
import { batchOver, readSlot, readySlot } from './read-slot.ts';
import {
  CONTROL,
  CONTROLS_AT,
  COUNT_WORD,
  FIRST_DOUBLE,
  IOVEC,
  IOVECS_AT,
  LENGTH_WORD,
  MAGIC,
  MAGIC_WORD,
  MESSAGE,
  MESSAGES_AT,
  NAME,
  NAMES_AT,
  PORT_WORD,
  RING_BYTES,
  ringFirst,
  SLOT_BYTES,
  SLOT_STRIDE,
  SLOTS,
  SLOTS_AT,
} from './ring-layout.ts';

/** Rings of closed listeners in this thread, used again: their memory is never freed. */
const idle: ReceiveRing[] = [];

export class ReceiveRing {
  /** Of the message headers, for recvmmsg. */
  readonly messages: bigint;
  readonly batch: DatagramBatch;
  /** The drop counter on the last datagram of the last `take` that carried one; -1 when none did. */
  lastDrops = -1;
  /** Payload bytes of the last `take`. */
  lastBytes = 0;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #doubles: Float64Array<ArrayBuffer>;
  readonly #own: boolean;

  /** In memory of this process, which goes back to a pool on `release`. */
  static acquire(libc: Libc): ReceiveRing {
    return idle.pop() ?? new ReceiveRing(libc.allocate(RING_BYTES), SLOT_BYTES, true);
  }

  /**
   * In memory of at least RING_BYTES that someone else holds and that may outlive this process. What was left there is gone then
   * (see `leftInRing`), but running numbers go on. Throws ListenError `socket_failed` when it is too short.
   */
  static inMemory(memory: Memory): ReceiveRing {
    const { byteLength } = memory.memory;
    if (byteLength < RING_BYTES) {
      throw new ListenError('socket_failed', `a ring needs ${RING_BYTES} bytes of memory, not ${byteLength}`);
    }
    return new ReceiveRing(memory, SLOT_BYTES, false);
  }

  /** A ring that takes no more than `slotBytes` of a datagram. */
  static ofSlots(libc: Libc, slotBytes: number): ReceiveRing {
    return new ReceiveRing(libc.allocate(RING_BYTES), slotBytes, false);
  }

  private constructor({ address, memory }: Memory, slotBytes: number, own: boolean) {
    this.#own = own;
    this.messages = address + BigInt(MESSAGES_AT);
    this.#words = new Uint32Array(memory, 0, SLOTS_AT / 4);
    this.#doubles = new Float64Array(memory, 0, SLOTS_AT / 8);
    // Beyond every number that was given: killed in between, whoever had this memory may have finished a batch and not said so.
    const before = ringFirst(memory);
    this.#words[COUNT_WORD] = 0;
    for (let slot = 0; slot < SLOTS; slot++) readySlot(this.#words, slot);
    this.#doubles[FIRST_DOUBLE] = before === undefined ? 0 : before + SLOTS;
    const view = new DataView(memory);
    for (let slot = 0; slot < SLOTS; slot++) {
      const message = MESSAGES_AT + slot * MESSAGE;
      const iovec = IOVECS_AT + slot * IOVEC;
      view.setBigUint64(message, address + BigInt(NAMES_AT + slot * NAME), true);
      view.setBigUint64(message + 16, address + BigInt(iovec), true);
      view.setBigUint64(message + 24, 1n, true);
      view.setBigUint64(message + 32, address + BigInt(CONTROLS_AT + slot * CONTROL), true);
      view.setBigUint64(iovec, address + BigInt(SLOTS_AT + slot * SLOT_STRIDE), true);
      view.setBigUint64(iovec + 8, BigInt(slotBytes), true);
    }
    this.#words[LENGTH_WORD] = RING_BYTES;
    this.#words[MAGIC_WORD] = MAGIC;
    this.batch = batchOver(memory);
  }

  /** All that was taken is finished. Gives the memory back for the next listener in this thread, if it is this process's own. */
  release(): void {
    this.#words[COUNT_WORD] = 0;
    if (this.#own) idle.push(this);
  }

  /**
   * Before a call on a socket of this port: whoever was handed the last batch has finished it. Killed at any moment, the memory says
   * what was taken and not finished, and its port and numbers.
   */
  begin(localPort: number): void {
    this.#words[COUNT_WORD] = 0;
    this.#doubles[FIRST_DOUBLE] += this.batch.count;
    this.#words[PORT_WORD] = localPort;
    this.batch.count = 0;
  }

  /** Reads what recvmmsg wrote about the first `count` slots into `batch`. */
  take(count: number, nowMs: number): void {
    const { batch } = this;
    const words = this.#words;
    words[COUNT_WORD] = count;
    batch.count = count;
    batch.first = this.#doubles[FIRST_DOUBLE];
    batch.localPort = words[PORT_WORD];
    let lastDrops = -1;
    let total = 0;
    for (let slot = 0; slot < count; slot++) {
      const drops = readSlot(words, slot, batch, nowMs);
      readySlot(words, slot);
      if (drops >= 0) lastDrops = drops;
      total += batch.ends[slot] - batch.starts[slot];
    }
    this.lastDrops = lastDrops;
    this.lastBytes = total;
  }
}
