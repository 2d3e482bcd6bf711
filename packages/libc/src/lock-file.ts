// Locks that the kernel holds (flock(2)): they are on the file and not in it, so they hold across containers and process id
// namespaces, and go with the last process that has the descriptor, however it ends.
import { libc, libcUnavailable } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the lock on an open file without waiting; false when another open of the file has it. Children that inherit the
 * descriptor hold the lock too. Where the C library cannot be called there are no locks: undefined.
 */
export function tryLock(fd: number): boolean | undefined {
  if (libcUnavailable() !== undefined) return undefined;
  const system = libc();
  for (;;) {
    if (system.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = system.errno();
    if (errno === 'EWOULDBLOCK' || errno === 'EAGAIN') return false;
    // A file system without locks (some network mounts) cannot keep anyone out.
    if (errno !== 'EINTR') return undefined;
  }
}
