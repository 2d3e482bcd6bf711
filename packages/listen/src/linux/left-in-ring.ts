// What a process that was killed had taken from the kernel and not finished: read by its successor from memory that both have mapped.
import { AF_INET, AF_INET6 } from '@weir/libc';
import type { DatagramBatch } from '../listener.ts';
import { batchOver, readSlot } from './read-slot.ts';
import {
  filledSlots,
  LENGTH_OF_DATAGRAM_WORD,
  messageWord,
  NAME,
  NAMES_AT,
  PORT_WORD,
  ringFirst,
  SLOT_BYTES,
  SLOTS_AT,
} from './ring-layout.ts';

/**
 * The datagrams of the last call that a killed process made: all of them, also those that its handler had finished, which only its own
 * counters tell (`first` gives their numbers). Undefined when there are none, or the memory is no ring that this version reads; nothing
 * in it is trusted. Valid until a listener is given this memory. Datagrams without a time of the kernel get the present one.
 */
export function leftInRing(memory: ArrayBuffer): DatagramBatch | undefined {
  const first = ringFirst(memory);
  if (first === undefined) return undefined;
  const words = new Uint32Array(memory, 0, SLOTS_AT / 4);
  const port = words[PORT_WORD];
  const count = filledSlots(words);
  if (count === 0 || port === 0 || port > 65_535) return undefined;
  for (let slot = 0; slot < count; slot++) if (!isPlausible(words, slot)) return undefined;
  const batch = batchOver(memory);
  const now = Date.now();
  for (let slot = 0; slot < count; slot++) readSlot(words, slot, batch, now);
  batch.count = count;
  batch.first = first;
  batch.localPort = port;
  return batch;
}

/** The kernel wrote a length that fits the slot, and an address of a family that a UDP socket has; anything else is damage. */
function isPlausible(words: Uint32Array, slot: number): boolean {
  const family = words[(NAMES_AT + slot * NAME) >>> 2] & 0xffff;
  return (
    words[messageWord(slot) + LENGTH_OF_DATAGRAM_WORD] <= SLOT_BYTES && (family === AF_INET || family === AF_INET6)
  );
}
