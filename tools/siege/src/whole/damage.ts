// Ways in which a file comes to harm on a disk.
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Random } from '../random.ts';

/** `later`: it says that it is of a version to come, where it says its version in JSON; else its first bytes are others. */
export const DAMAGES = ['flip', 'flip', 'truncate', 'zero', 'zero-tail', 'garbage', 'later', 'delete'] as const;
export type Damage = (typeof DAMAGES)[number];

/** Bytes of a file that are changed at most. */
const FLIPS = 8;
/** Of a file that is overwritten at once. */
const CHUNK = 1 << 20;

/** What is left of these bytes; undefined where nothing is. An empty file is as it is, or gone. */
export function damaged(bytes: Uint8Array, damage: Damage, random: Random): Uint8Array | undefined {
  const out = Uint8Array.from(bytes);
  const length = out.length;
  switch (damage) {
    case 'delete':
      return undefined;
    case 'flip':
      for (let left = random.between(1, FLIPS); left > 0 && length > 0; left--) {
        out[random.below(length)] ^= 1 << random.below(8);
      }
      return out;
    case 'truncate':
      return out.subarray(0, random.below(length + 1));
    case 'zero':
      return out.fill(0);
    case 'zero-tail':
      return out.fill(0, random.below(length + 1));
    case 'garbage':
      return random.bytes(Math.min(length, CHUNK));
    case 'later': {
      const text = Buffer.from(bytes).toString('latin1');
      const later = text.replace(/"version":\d+/, '"version":99');
      return later === text ? out.fill(0xff, 0, 4) : Uint8Array.from(Buffer.from(later, 'latin1'));
    }
  }
}

/** Damages the file in its place, as a disk does: whoever has it open or linked sees it. False where it is gone. */
export function damageFile(path: string, damage: Damage, random: Random): boolean {
  try {
    const bytes = readFileSync(path);
    const left = damaged(bytes, damage, random);
    if (left === undefined) rmSync(path);
    else overwrite(path, left);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function overwrite(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, bytes, 0, bytes.length, 0);
    if (statSync(path).size > bytes.length) ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}
