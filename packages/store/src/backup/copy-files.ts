// Files copied, and what was copied known by its hash.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, linkSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupError } from './backup-error.ts';

const CHUNK = { highWaterMark: 1024 * 1024 };

export interface Copied {
  readonly bytes: number;
  readonly sha256: string;
}

/** Copies a file that is not there yet; its folder is made. Throws BackupError `io`. */
export async function copyFile(from: string, to: string): Promise<Copied> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    await pipeline(createReadStream(from, CHUNK), counted, createWriteStream(to, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    throw new BackupError('io', `cannot copy ${from} to ${to}: ${(error as Error).message}`, error);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Reads a file back. Throws BackupError `io`. */
export async function hashFile(path: string): Promise<Copied> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, CHUNK)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (error) {
    throw new BackupError('io', `cannot read ${path}: ${(error as Error).message}`, error);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Makes a second name for a file; false where the file system has no such thing, or not across these folders. */
export function tryLink(from: string, to: string): boolean {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
