// flow_id: the high word is the same for both directions of a conversation, which joins halves and keys shards; the low word
// is of this direction and start second, so that the pair tells apart conversations that follow each other on the same ports.
import { mix, mixAddress } from './hash.ts';

/** One word for an address: itself for IPv4, a hash for IPv6. */
export function foldAddress(ipv4: boolean, w0: number, w1: number, w2: number, w3: number): number {
  return ipv4 ? w3 | 0 : mixAddress(1, w0, w1, w2, w3);
}

/** High word: symmetric in the two ends (sum and exclusive-or of the ends' hashes are). `src` and `dst` are folded addresses. */
export function conversationWord(src: number, srcPort: number, dst: number, dstPort: number, proto: number): number {
  const s = mix(src ^ Math.imul(srcPort + 1, 0x9e3779b1));
  const d = mix(dst ^ Math.imul(dstPort + 1, 0x9e3779b1));
  return mix(mix((s + d + proto) | 0) ^ Math.imul(s ^ d, 0x27d4eb2f));
}

/**
 * Low word: of the direction and the start second. It mixes addresses and ports in another way than the high word,
 * so that two flows that share one by chance do not share the other.
 */
export function directionWord(
  src: number,
  srcPort: number,
  dst: number,
  dstPort: number,
  proto: number,
  startSecond: number,
): number {
  const ends = mix((src + Math.imul((srcPort << 16) | dstPort, 0x85ebca77)) | 0);
  return mix((ends ^ Math.imul(dst, 0xc2b2ae3d)) + Math.imul(startSecond * 256 + proto, 0x165667b1));
}
