// Memory that outlives a process: a file mapped into it (mmap(2), MAP_SHARED). What was written there is in the kernel's page cache at
// once, so it is still there for the next process when this one is killed between two instructions. Only the machine's own end
// loses it.
import { closeSync, openSync } from 'node:fs';
import { LibcError } from './errors.ts';
import { libc, libcUnavailable } from './libc.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

export interface MappedFile {
  readonly memory: ArrayBuffer;
  /** Where it lies, for calls that take pointers. */
  readonly address: bigint;
  /** Takes the mapping away. No view of `memory` may be touched afterwards. */
  close(): void;
}

/**
 * Maps `bytes` of the file at `path`, made and grown when it is new or shorter. Its blocks are reserved: a write to memory that the disk
 * had no room for would end the process with SIGBUS. Throws LibcError: `unavailable`, or `file` with `errno`.
 */
export function mapFile(path: string, bytes: number): MappedFile {
  const unavailable = libcUnavailable();
  if (unavailable !== undefined) throw new LibcError('unavailable', unavailable);
  const system = libc();
  let fd: number;
  try {
    fd = openSync(path, 'a+', 0o600);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? '';
    throw new LibcError('file', `cannot open ${path}: ${(error as Error).message}`, errno, { cause: error });
  }
  try {
    // Answers the error itself, not through errno.
    const failed = system.posix_fallocate(fd, 0, bytes);
    if (failed !== 0) {
      const errno = system.errnoName(failed);
      throw new LibcError('file', `cannot reserve ${bytes} bytes for ${path}: ${errno}`, errno);
    }
    const mapped = system.mmap(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    if (mapped === undefined) {
      const errno = system.errno();
      throw new LibcError('file', `cannot map ${path}: ${errno}`, errno);
    }
    return { ...mapped, close: () => void system.munmap(mapped.address, bytes) };
  } finally {
    closeSync(fd);
  }
}
