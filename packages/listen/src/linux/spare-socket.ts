// The spare socket of a lane that is alone. Sockets that share a port cost the kernel a program for each datagram, so this one is opened,
// with all that it needs, but bound only when a flood comes: until then the first socket has the port for itself.
import { type Libc, SO_REUSEPORT, SOL_SOCKET } from '@weir/libc';
import type { ResolvedBind } from '../resolve.ts';
import { unboundSocket } from './bind-socket.ts';
import { attachLaneProgram, laneProgram } from './lane-program.ts';
import { SOCKADDR_BYTES } from './sockaddr.ts';

/** Whether the kernel would take a program for the group: the name of an error if not. */
export function laneProgramRefused(libc: Libc, bind: ResolvedBind): string | undefined {
  // Not the spare socket itself: one that has a program cannot join another's group.
  const { fd } = unboundSocket(libc, bind, { receiveBufferBytes: 0, reusePort: true });
  const refused = attachLaneProgram(libc, fd, laneProgram(1));
  libc.close(fd);
  return refused;
}

/** Binds it to the port of the first socket, which shares that from now on. Returns the system's name of the error, or undefined. */
export function bindSpare(libc: Libc, first: number, spare: number): string | undefined {
  const name = new Uint8Array(SOCKADDR_BYTES);
  const length = Uint32Array.of(SOCKADDR_BYTES);
  const done =
    libc.getsockname(first, name, length) === 0 &&
    libc.setsockopt(first, SOL_SOCKET, SO_REUSEPORT, Uint32Array.of(1), 4) === 0 &&
    libc.bind(spare, name, length[0]) === 0;
  return done ? undefined : libc.errno();
}
