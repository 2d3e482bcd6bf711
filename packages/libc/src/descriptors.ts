// Descriptors of open files and sockets.
import { LibcError } from './errors.ts';
import { libc } from './libc.ts';

/**
 * A second descriptor of the same open file or socket, closed on exec. What one does to it the other sees, and it is open until both are
 * closed. Throws LibcError `call` with `errno`, and what `libc` throws where there is none.
 */
export function duplicate(fd: number): number {
  const system = libc();
  const duplicated = system.duplicate(fd);
  if (duplicated >= 0) return duplicated;
  const errno = system.errno();
  throw new LibcError('call', `cannot duplicate descriptor ${fd}: ${errno}`, errno);
}
