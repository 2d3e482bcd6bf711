// Integer hashing for tables and ids: no allocation, no BigInt.

/** Finaliser of MurmurHash3 (32 bit): a bijection in which every input bit moves every output bit with probability about a half. */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The four words of an address hashed into one, from a seed. */
export function mixAddress(seed: number, w0: number, w1: number, w2: number, w3: number): number {
  // For IPv4 the first three words are always the same, so that what is left is a bijection of the last.
  return mix(Math.imul(mix(Math.imul(mix(seed ^ w0) ^ w1, 0x9e3779b1)) ^ w2, 0x27d4eb2f) ^ w3);
}
