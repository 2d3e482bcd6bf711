// Whether a file is still what its manifest promises: its length, and the checksum of each of its blocks.
import { type FileHandle, open } from 'node:fs/promises';
import { Checksum } from '../checksum.ts';
import { asSpoolError, SpoolError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';

/** Read at a time: what the second-level cache holds while it is summed. */
const CHUNK_BYTES = 1024 * 1024;

/** Resolves when the file is whole. Throws SpoolError: `damaged` for what is not as written, others for what cannot be read. */
export async function verifyFile(path: string, manifest: Manifest): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  }
  try {
    const { size } = await file.stat();
    if (size !== manifest.bytes) {
      throw new SpoolError('damaged', `${path} has ${size} bytes where its manifest says ${manifest.bytes}`);
    }
    await verifyBlocks(file, path, manifest);
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  } finally {
    await file.close();
  }
}

async function verifyBlocks(file: FileHandle, path: string, { blocks }: Manifest): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let at = 0;
  for (const [index, [bytes, , expected]] of blocks.entries()) {
    const checksum = new Checksum();
    for (let left = bytes; left > 0; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(left, CHUNK_BYTES), at);
      if (bytesRead === 0) throw new SpoolError('damaged', `${path} ends in the middle of block ${index + 1}`);
      checksum.update(chunk.subarray(0, bytesRead));
      at += bytesRead;
      left -= bytesRead;
    }
    if (checksum.digest() !== expected) {
      throw new SpoolError('damaged', `${path}: block ${index + 1} of ${blocks.length} is not what was written`);
    }
  }
}
