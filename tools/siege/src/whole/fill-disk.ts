// Takes all the room that a file system has left.
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST = 1 << 20;
const SMALLEST = 4096;

/** Takes all room but a page. Answers the file that does: with its removal the room is there again. */
export function fillDisk(folder: string): string {
  const file = join(folder, 'filler');
  for (let chunk = LARGEST; chunk >= SMALLEST; chunk >>= 1) {
    try {
      for (;;) {
        const { bavail, bsize } = statfsSync(folder);
        if (bavail * bsize < chunk) break;
        writeFileSync(file, new Uint8Array(chunk), { flag: 'a' });
      }
    } catch (error) {
      // Somebody else writes too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return file;
}
