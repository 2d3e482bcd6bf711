// Sealing a complete file: the checksums of its blocks go into its manifest. After that no change of the file goes unnoticed.
import { closeSync, fdatasyncSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKSUM, Checksum } from './checksum.ts';
import { asSpoolError, SpoolError } from './errors.ts';
import { writeWhole } from './files.ts';
import { spoolFolders } from './layout.ts';
import { type BlockEntry, type Manifest, manifestText, type OpenManifest } from './manifest.ts';

/** Read at a time: what the second-level cache holds while it is summed. */
const CHUNK_BYTES = 1024 * 1024;
let chunk: Buffer | undefined;

/**
 * Seals the file of a manifest in `writing`. Reads it once, from memory for a file that was just written. `sync` forces file and manifest
 * to the disk. Throws SpoolError: `missing` when somebody removed it, `damaged` when it is not as long as it was written.
 */
export function seal(dir: string, open: OpenManifest, sync = false): Manifest {
  const path = join(spoolFolders(dir).writing, open.name);
  const blocks = sums(`${path}.native`, open, sync);
  const manifest: Manifest = { ...open, checksum: CHECKSUM, blocks };
  writeWhole(`${path}.json`, manifestText(manifest), sync);
  return manifest;
}

function sums(path: string, { blocks }: OpenManifest, sync: boolean): BlockEntry[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw asSpoolError(error, `seal ${path}`);
  }
  try {
    let at = 0;
    const sealed = blocks.map(([bytes, rows]): BlockEntry => {
      const sum = sumAt(fd, at, bytes, path);
      at += bytes;
      return [bytes, rows, sum];
    });
    if (sync) fdatasyncSync(fd);
    return sealed;
  } catch (error) {
    throw asSpoolError(error, `seal ${path}`);
  } finally {
    closeSync(fd);
  }
}

function sumAt(fd: number, from: number, bytes: number, path: string): string {
  chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const checksum = new Checksum();
  for (let done = 0; done < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, bytes - done), from + done);
    if (read === 0) throw new SpoolError('damaged', `${path} is shorter than it was written`);
    checksum.update(chunk.subarray(0, read));
    done += read;
  }
  return checksum.digest();
}
