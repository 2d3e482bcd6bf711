// How many flows a stopped Weir has written to the files of a sink, and how many of them more than once.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredFlows } from './count-stored.ts';

const CHUNK = 1 << 20;
const NEWLINE = 10;
const ZERO = 48;

/**
 * @param folder of a sink that writes the number of each flow, and nothing else, as CSV
 * @param last number of the last flow that was sent
 */
export function written(folder: string, last: number): StoredFlows {
  const seen = new Uint8Array(last + 1);
  let rows = 0;
  let distinct = 0;
  const take = (number: number) => {
    rows++;
    if (seen[number] !== 0) return;
    seen[number] = 1;
    distinct++;
  };
  for (const file of readdirSync(folder)) if (file.endsWith('.csv')) eachNumber(join(folder, file), take);
  return { rows, distinct };
}

/** Files may be larger than fits into memory. */
function eachNumber(path: string, take: (number: number) => void): void {
  const chunk = Buffer.alloc(CHUNK);
  const fd = openSync(path, 'r');
  let number = 0;
  let inHeader = true;
  for (let bytes = readSync(fd, chunk); bytes > 0; bytes = readSync(fd, chunk)) {
    for (let i = 0; i < bytes; i++) {
      if (chunk[i] !== NEWLINE) number = number * 10 + chunk[i] - ZERO;
      else {
        if (!inHeader) take(number);
        inHeader = false;
        number = 0;
      }
    }
  }
  closeSync(fd);
}
