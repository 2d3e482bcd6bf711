// flow_id: the high word is the same for both directions of a conversation, which joins halves and keys shards; the low word
// is of this direction and start second, so that the pair tells apart conversations that follow each other on the same ports.
import { type FlowBatch, IPV4_MAPPED_WORD } from '@weir/record';
import { mix, mixAddress } from './hash.ts';

/** One word for the address at word `at`: itself for IPv4, a hash for IPv6. */
function foldAddress(words: Uint32Array, at: number): number {
  const w2 = words[at + 2];
  if (w2 === IPV4_MAPPED_WORD && (words[at] | words[at + 1]) === 0) return words[at + 3] | 0;
  return mixAddress(1, words[at], words[at + 1], w2, words[at + 3]);
}

/** High word: symmetric in the two ends, as the sum and the exclusive-or of their hashes are. `src` and `dst` are folded addresses. */
export function conversationWord(src: number, srcPort: number, dst: number, dstPort: number, proto: number): number {
  const s = mix(src ^ Math.imul(srcPort + 1, 0x9e3779b1));
  const d = mix(dst ^ Math.imul(dstPort + 1, 0x9e3779b1));
  return mix((s + d + Math.imul(s ^ d, 0x27d4eb2e) + proto) | 0);
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
  return mix(((ends ^ Math.imul(dst, 0xc2b2ae3d)) + Math.imul(startSecond, 0x165667b1) + proto) | 0);
}

const WORD = 4294967296;

/** Fills flow_id in the rows [from, to). */
export function fillFlowId(batch: FlowBatch, from: number, to: number): void {
  const srcAddr = batch.core.src_addr;
  const dstAddr = batch.core.dst_addr;
  const srcPorts = batch.core.src_port;
  const dstPorts = batch.core.dst_port;
  const protos = batch.core.proto;
  const starts = batch.core.time_start;
  const ids = batch.core.flow_id;
  for (let row = from; row < to; row++) {
    const src = foldAddress(srcAddr, row * 4);
    const dst = foldAddress(dstAddr, row * 4);
    const srcPort = srcPorts[row];
    const dstPort = dstPorts[row];
    const proto = protos[row];
    const second = ((starts[row * 2 + 1] * WORD + starts[row * 2]) / 1000) | 0;
    ids[row * 2] = directionWord(src, srcPort, dst, dstPort, proto, second);
    ids[row * 2 + 1] = conversationWord(src, srcPort, dst, dstPort, proto);
  }
}
