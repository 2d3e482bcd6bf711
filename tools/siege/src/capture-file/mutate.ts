// Changes of capture files: packets and blocks out of order, twice, missing, with wrong lengths, and bytes of any kind.
import { join, mutateBytes, tellingNumber } from '../decoder/mutate-bytes.ts';
import type { Random } from '../random.ts';

/** Bytes of a file: enough for thousands of fragments. */
export const MAX_FILE_BYTES = 500_000;
const PCAPNG = 0x0a0d0d0a;

export function mutateCapture(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let out = file;
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    out = random.chance(0.6) ? mutateParts(out, other, random) : mutateBytes(out, other, MAX_FILE_BYTES, random);
  }
  return out;
}

function mutateParts(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const [head, ...parts] = split(file);
  if (parts.length === 0) return mutateBytes(file, other, MAX_FILE_BYTES, random);
  const at = random.below(parts.length);
  switch (random.below(7)) {
    case 0:
      parts.splice(at, 1);
      break;
    case 1:
      parts.splice(random.below(parts.length + 1), 0, parts[at]);
      break;
    case 2:
      [parts[0], parts[at]] = [parts[at], parts[0]];
      break;
    case 3:
      parts.splice(at, 0, ...split(other).slice(1));
      break;
    case 4:
      // One packet as often as it fits, now and then.
      parts.push(...new Array<Uint8Array>(random.chance(0.1) ? 4000 : random.between(1, 30)).fill(parts[at]));
      break;
    case 5:
      parts[at] = lieAboutLength(parts[at].slice(), random);
      break;
    default:
      parts[at] = mutateBytes(parts[at], other, MAX_FILE_BYTES, random);
  }
  return join(MAX_FILE_BYTES, head, ...parts);
}

/** The file header, then packets (pcap) or blocks (pcapng), as far as lengths lead. */
function split(file: Uint8Array): Uint8Array[] {
  if (file.length < 28) return [file];
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const ng = view.getUint32(0) === PCAPNG;
  const little = ng ? view.getUint8(8) === 0x4d : view.getUint8(0) !== 0xa1;
  const headBytes = ng ? Math.min(file.length, Math.max(12, view.getUint32(4, little))) : 24;
  const parts = [file.subarray(0, headBytes)];
  let at = headBytes;
  while (file.length - at >= 16) {
    const length = ng ? view.getUint32(at + 4, little) : 16 + view.getUint32(at + 8, little);
    if (length < 12 || length > file.length - at) break;
    parts.push(file.subarray(at, at + length));
    at += length;
  }
  if (at < file.length) parts.push(file.subarray(at));
  return parts;
}

/** The word that holds a length: the second of a block, the third of a packet, in either byte order. */
function lieAboutLength(part: Uint8Array, random: Random): Uint8Array {
  const at = random.pick([4, 8, 12, 20, 24]);
  if (at + 4 > part.length) return part;
  const view = new DataView(part.buffer, part.byteOffset, part.length);
  const little = random.chance(0.7);
  const value = random.chance(0.6) ? view.getUint32(at, little) + random.between(-5, 5) : tellingNumber(random);
  view.setUint32(at, value, little);
  return part;
}
