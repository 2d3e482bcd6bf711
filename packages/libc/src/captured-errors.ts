// What a library writes to standard error of the process instead of returning it (dup2(2), memfd_create(2)).
import { closeSync, fstatSync, readSync } from 'node:fs';
import { libc, libcUnavailable } from './libc.ts';

const STDERR = 2;
const MFD_CLOEXEC = 1;
/** What is read of it at most: a library may print pages. */
const MAX_BYTES = 65_536;

export interface Captured {
  /** What was written, in the order in which it came. */
  readonly text: string;
  /** What `work` threw; undefined when it did not. */
  readonly error: unknown;
}

/**
 * Runs `work` while everything that this process writes to standard error is kept from it. For short work that blocks the thread: what
 * other threads write meanwhile is kept too. Where the C library cannot be called nothing is kept.
 */
export function captureStderr(work: () => void): Captured {
  const kept = redirect();
  let error: unknown;
  try {
    work();
  } catch (thrown) {
    error = thrown;
  }
  return { text: kept?.restore() ?? '', error };
}

function redirect(): { restore(): string } | undefined {
  if (libcUnavailable() !== undefined) return undefined;
  const system = libc();
  const file = system.memfd_create('stderr', MFD_CLOEXEC);
  if (file < 0) return undefined;
  const before = system.duplicate(STDERR);
  if (before < 0 || system.dup2(file, STDERR) < 0) {
    closeSync(file);
    if (before >= 0) system.close(before);
    return undefined;
  }
  return {
    restore() {
      system.dup2(before, STDERR);
      system.close(before);
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, MAX_BYTES));
      const read = readSync(file, bytes, 0, bytes.length, 0);
      closeSync(file);
      return bytes.toString('utf8', 0, read);
    },
  };
}
