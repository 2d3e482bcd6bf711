// Keys of dimensions: 64-bit hashes of what they name, the same in every lane and collector without talking.
// The hash is the first 64 bits of MurmurHash3_x86_128 (Austin Appleby, public domain algorithm), seed 0.

/** A 64-bit key as two words. */
export interface Key {
  readonly lo: number;
  readonly hi: number;
}

export const NO_KEY: Key = { lo: 0, hi: 0 };

const encoder = new TextEncoder();

/** Separates the parts of a key, so that ("ab", "c") and ("a", "bc") differ. No Kubernetes name contains it. */
const SEPARATOR = '\u0000';

/** Key of what the parts name, in order. Never the zero key, which means "none". */
export function keyOf(...parts: readonly string[]): Key {
  return hashBytes(encoder.encode(parts.join(SEPARATOR)));
}

/** Key of an entity, by what identifies it: FIELDS "entities: cluster, kind, namespace, name, incarnation". */
export function entityKey(cluster: string, kind: string, namespace: string, name: string, incarnation = ''): Key {
  return keyOf('entity', cluster, kind, namespace, name, incarnation);
}

/** Key of an exporter, by the text of its address. */
export function exporterKey(address: string): Key {
  return keyOf('exporter', address);
}

/** Key of an interface of an exporter. */
export function interfaceKey(exporter: Key, ifIndex: number): Key {
  return keyOf('interface', keyText(exporter), String(ifIndex));
}

/** Key of a text. */
export function stringKey(text: string): Key {
  return keyOf('string', text);
}

/** Decimal text, as ClickHouse prints a UInt64 and as JSON carries it. */
export function keyText(key: Key): string {
  return ((BigInt(key.hi >>> 0) << 32n) | BigInt(key.lo >>> 0)).toString();
}

/** The key that a decimal text means. */
export function keyFromText(text: string): Key {
  const value = BigInt(text);
  return { lo: Number(value & 0xffffffffn), hi: Number((value >> 32n) & 0xffffffffn) };
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** MurmurHash3_x86_128, first 64 bits; zero is moved to one so that a key is never "none". */
export function hashBytes(bytes: Uint8Array): Key {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length & ~15;
  for (let at = 0; at < blocks; at += 16) {
    h1 ^= Math.imul(rotate(Math.imul(view.getUint32(at, true), C1), 15), C2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(view.getUint32(at + 4, true), C2), 16), C3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(view.getUint32(at + 8, true), C3), 17), C4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(view.getUint32(at + 12, true), C4), 18), C1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const tail = [0, 0, 0, 0];
  for (let at = blocks; at < bytes.length; at++) tail[(at - blocks) >> 2] |= bytes[at] << (((at - blocks) & 3) * 8);
  h4 ^= Math.imul(rotate(Math.imul(tail[3], C4), 18), C1);
  h3 ^= Math.imul(rotate(Math.imul(tail[2], C3), 17), C4);
  h2 ^= Math.imul(rotate(Math.imul(tail[1], C2), 16), C3);
  h1 ^= Math.imul(rotate(Math.imul(tail[0], C1), 15), C2);
  h1 ^= bytes.length;
  h2 ^= bytes.length;
  h3 ^= bytes.length;
  h4 ^= bytes.length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = mix(h1);
  h2 = mix(h2);
  h3 = mix(h3);
  h4 = mix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  const lo = h1 >>> 0;
  const hi = h2 >>> 0;
  return lo === 0 && hi === 0 ? { lo: 1, hi: 0 } : { lo, hi };
}
