// How the memory is laid out that recvmmsg fills: a header of ours, then message headers, addresses, control data and slots. Layouts of
// the kernel's structures are those of 64-bit little-endian Linux.

/** Datagrams per call. More gained nothing; their first 1.5 kB fit the second-level cache together. */
export const SLOTS = 256;
/** The longest UDP payload is 65,507 bytes over IPv4 and 65,527 over IPv6 (but for jumbograms, which no network sends). */
export const SLOT_BYTES = 65_536;
/** Slots start 1,600 bytes apart modulo 64 kB: a stride of a power of two would put all of them into the same few cache sets. */
export const SLOT_STRIDE = SLOT_BYTES + 1_600;

// Our header, in words but for the running number, a double: it lets another process read what this one left (left-in-ring.ts).
export const MAGIC_WORD = 0;
export const LENGTH_WORD = 1;
/** Index into the memory as doubles. */
export const FIRST_DOUBLE = 1;
export const PORT_WORD = 4;
/** Datagrams that have been taken and are not finished; 0 also while recvmmsg runs, which may already have filled slots. */
export const COUNT_WORD = 5;
/** "WRR" and the version of this layout. */
export const MAGIC = 0x57525201;
const OWN_HEADER = 64;

/** struct mmsghdr: msg_name 0, msg_namelen 8, msg_iov 16, msg_iovlen 24, msg_control 32, msg_controllen 40, msg_flags 48, msg_len 56. */
export const MESSAGE = 64;
export const NAME_LENGTH_WORD = 2;
export const CONTROL_LENGTH_WORD = 10;
export const FLAGS_WORD = 12;
export const LENGTH_OF_DATAGRAM_WORD = 14;
export const IOVEC = 16;
/**
 * Room for a sockaddr, and what `msg_namelen` says before a call: with every datagram the kernel writes the length of the sender's
 * address there, which is 16 or 28 bytes.
 */
export const NAME = 32;
/** Two control messages: a timespec in 32 bytes, a u32 in 24. */
export const CONTROL = 64;

export const MESSAGES_AT = OWN_HEADER;
export const IOVECS_AT = MESSAGES_AT + SLOTS * MESSAGE;
export const NAMES_AT = IOVECS_AT + SLOTS * IOVEC;
export const CONTROLS_AT = NAMES_AT + SLOTS * NAME;
export const SLOTS_AT = CONTROLS_AT + SLOTS * CONTROL;
/** 17 MB, of which only used pages exist. */
export const RING_BYTES = SLOTS_AT + SLOTS * SLOT_STRIDE;

/** Index into the memory as words. */
export function messageWord(slot: number): number {
  return (MESSAGES_AT + slot * MESSAGE) >>> 2;
}

/** Slots that hold datagrams, from the first on: what was said, or else found, if the process did not come to say it. */
export function filledSlots(words: Uint32Array): number {
  if (words[COUNT_WORD] !== 0) return Math.min(words[COUNT_WORD], SLOTS);
  let slot = 0;
  while (slot < SLOTS && words[messageWord(slot) + NAME_LENGTH_WORD] !== NAME) slot++;
  return slot;
}

/**
 * The running number of the first slot's datagram; undefined where the memory is new, damaged, or of a version with another layout.
 */
export function ringFirst(memory: ArrayBuffer): number | undefined {
  if (memory.byteLength < RING_BYTES) return undefined;
  const words = new Uint32Array(memory, 0, OWN_HEADER / 4);
  const first = new Float64Array(memory, 0, OWN_HEADER / 8)[FIRST_DOUBLE];
  const ours = words[MAGIC_WORD] === MAGIC && words[LENGTH_WORD] === RING_BYTES;
  // Far from where doubles no longer tell whole numbers apart.
  return ours && Number.isInteger(first) && first >= 0 && first < 2 ** 52 ? first : undefined;
}
