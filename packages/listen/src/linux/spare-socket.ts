// The spare socket of a lane that is alone. Sockets that share a port cost the kernel a program for each datagram, so this one is opened,
// with all that it needs, but bound only when a flood comes: until then the first socket has the port for itself.
import { IPPROTO_IPV6, IPV6_V6ONLY, type Libc, SO_BINDTOIFINDEX, SO_REUSEPORT, SOL_SOCKET } from '@weir/libc';
import type { ResolvedBind } from '../resolve.ts';
import { boundPort, unboundSocket } from './bind-socket.ts';
import { attachToGroup } from './classic-bpf.ts';
import { laneProgram } from './lane-program.ts';
import { SOCKADDR_BYTES } from './sockaddr.ts';

/** Whether the kernel would take a program for the group: the name of an error if not. */
export function laneProgramRefused(libc: Libc, bind: ResolvedBind): string | undefined {
  // Not the spare socket itself: one that has a program cannot join another's group.
  const { fd } = unboundSocket(libc, bind, { receiveBufferBytes: 0, reusePort: true });
  const refused = attachToGroup(libc, fd, laneProgram(1));
  libc.close(fd);
  return refused;
}

/**
 * Binds it to the port of the first socket, which shares that from now on, unless another process has done so. Returns the system's name
 * of the error, or undefined.
 */
export function bindSpare(libc: Libc, first: number, spare: number): string | undefined {
  if (boundPort(libc, spare) !== 0) return undefined;
  const name = new Uint8Array(SOCKADDR_BYTES);
  const length = Uint32Array.of(SOCKADDR_BYTES);
  const shared = new Uint32Array(1);
  libc.getsockopt(first, SOL_SOCKET, SO_REUSEPORT, shared, Uint32Array.of(4));
  const share = (value: Uint32Array) => libc.setsockopt(first, SOL_SOCKET, SO_REUSEPORT, value, 4) === 0;
  const done =
    libc.getsockname(first, name, length) === 0 &&
    copyOption(libc, first, spare, IPPROTO_IPV6, IPV6_V6ONLY) &&
    copyOption(libc, first, spare, SOL_SOCKET, SO_BINDTOIFINDEX) &&
    share(Uint32Array.of(1)) &&
    libc.bind(spare, name, length[0]) === 0;
  if (done) return undefined;
  const refused = libc.errno();
  share(shared);
  return refused;
}

/** Only sockets that are alike in these form a group, and systemd may have set them on the first. False when the second refuses. */
function copyOption(libc: Libc, from: number, to: number, level: number, option: number): boolean {
  const value = new Uint32Array(1);
  if (libc.getsockopt(from, level, option, value, Uint32Array.of(4)) < 0 || value[0] === 0) return true;
  return libc.setsockopt(to, level, option, value, 4) === 0;
}
