// What the kernel wrote about one received datagram, read into a DatagramBatch.
import { AF_INET, MSG_TRUNC, SO_RXQ_OVFL, SO_TIMESTAMPNS, SOL_SOCKET } from '@weir/libc';
import type { DatagramBatch } from '../listener.ts';
import {
  CONTROL,
  CONTROL_LENGTH_WORD,
  CONTROLS_AT,
  FLAGS_WORD,
  LENGTH_OF_DATAGRAM_WORD,
  messageWord,
  NAME,
  NAME_LENGTH_WORD,
  NAMES_AT,
  SLOT_STRIDE,
  SLOTS,
  SLOTS_AT,
} from './ring-layout.ts';

const CMSG_HEADER = 16;

/** A batch over the slots of a ring's memory, with no datagrams yet. */
export function batchOver(memory: ArrayBuffer): DatagramBatch {
  const starts = new Uint32Array(SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) starts[slot] = SLOTS_AT + slot * SLOT_STRIDE;
  return {
    count: 0,
    first: 0,
    data: new Uint8Array(memory),
    starts,
    ends: new Uint32Array(SLOTS),
    peers: new Uint32Array(SLOTS * 4),
    peerPorts: new Uint16Array(SLOTS),
    times: new Float64Array(SLOTS),
    truncated: new Uint8Array(SLOTS),
    localPort: 0,
  };
}

/** Makes a slot ready for the next call: the kernel sets these to what it used. Its datagram can still be read. */
export function readySlot(words: Uint32Array, slot: number): void {
  const message = messageWord(slot);
  words[message + NAME_LENGTH_WORD] = NAME;
  words[message + CONTROL_LENGTH_WORD] = CONTROL;
}

/**
 * Reads one slot; `nowMs` is its time where the kernel gave none. Returns the drop counter that came with the datagram, -1 when none did.
 * `words`: the ring's memory up to the slots.
 */
export function readSlot(words: Uint32Array, slot: number, batch: DatagramBatch, nowMs: number): number {
  const message = messageWord(slot);
  batch.ends[slot] = batch.starts[slot] + words[message + LENGTH_OF_DATAGRAM_WORD];
  batch.truncated[slot] = (words[message + FLAGS_WORD] & MSG_TRUNC) >>> 5;
  batch.times[slot] = nowMs;
  readPeer(words, slot, batch);
  return readControl(words, slot, words[message + CONTROL_LENGTH_WORD], batch);
}

function readPeer(words: Uint32Array, slot: number, { peers, peerPorts }: DatagramBatch): void {
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
function readControl(words: Uint32Array, slot: number, length: number, batch: DatagramBatch): number {
  let drops = -1;
  const start = CONTROLS_AT + slot * CONTROL;
  const end = start + Math.min(length, CONTROL);
  for (let at = start; at + CMSG_HEADER < end; ) {
    const word = at >>> 2;
    const size = words[word];
    if (size < CMSG_HEADER || at + size > end) break;
    if (words[word + 2] === SOL_SOCKET) {
      const type = words[word + 3];
      if (type === SO_TIMESTAMPNS) {
        const seconds = words[word + 5] * 0x1_0000_0000 + words[word + 4];
        batch.times[slot] = seconds * 1000 + words[word + 6] / 1e6;
      } else if (type === SO_RXQ_OVFL) drops = words[word + 4];
    }
    at += (size + 7) & ~7;
  }
  return drops;
}
