// The hash of an address in a table that senders fill: seeded and mixed word by word, so that nobody who does not know the seed can
// choose addresses that all fall into one place and make every look-up walk the whole table.

/** MurmurHash3's finaliser: every bit of the input moves every bit of the output with probability about a half. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of the four words of an address, a signed 32-bit number. */
export function hashAddress(seed: number, w0: number, w1: number, w2: number, w3: number): number {
  return mix(mix(mix(mix(seed ^ w0) ^ w1) ^ w2) ^ w3);
}
