// Forcing everything that a file system has to the disk in one call (syncfs(2)), for many files at once.
import { closeSync, openSync } from 'node:fs';
import { libc, libcUnavailable } from './libc.ts';

/**
 * Forces what was written to the file system of `path` to its disk. Blocks the thread until it is there, without blocking others. False
 * where it cannot be done. Throws what opening throws.
 */
export function syncFileSystem(path: string): boolean {
  if (libcUnavailable() !== undefined) return false;
  const fd = openSync(path, 'r');
  try {
    return libc().syncfs(fd) === 0;
  } finally {
    closeSync(fd);
  }
}
