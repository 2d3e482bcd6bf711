// All sockets of one port: one per lane, and a spare one per lane for senders that would fill the first. Of several lanes they share the
// port (SO_REUSEPORT), and a program in the kernel chooses among them.
import type { Libc } from '@weir/libc';
import type { OpenSocket } from '../open-sockets.ts';
import type { ResolvedBind } from '../resolve.ts';
import { bindSocket, sharePort, unboundSocket } from './bind-socket.ts';
import { attachToGroup } from './classic-bpf.ts';
import { laneProgram } from './lane-program.ts';
import { laneProgramRefused } from './spare-socket.ts';

export interface GroupOptions {
  readonly receiveBufferBytes: number;
  readonly lanes: number;
}

/** Opens the sockets of one bind for all lanes, or none. Throws ListenError; `port_taken` also when others would share the port. */
export function openGroup(libc: Libc, bind: ResolvedBind, { receiveBufferBytes, lanes }: GroupOptions): OpenSocket[] {
  // The first is bound for itself, so that it fails if any other program has the port, and lets others share it only then: from one
  // to the other the port is never free. In a group, it is the first all the same.
  const first = bindSocket(libc, bind, { receiveBufferBytes, reusePort: false });
  const { port } = first;
  const { host, family } = bind;
  const sockets: OpenSocket[] = [];
  const add = (
    { fd, receiveBufferGranted }: { fd: number; receiveBufferGranted: number },
    lane: number,
    spare: boolean,
  ) => sockets.push({ fd, host, port, family, lane, spare, receiveBufferGranted });
  add(first, 0, false);
  try {
    if (lanes === 1) {
      const filterRefused = laneProgramRefused(libc, bind);
      if (filterRefused !== undefined) return [{ ...sockets[0], filterRefused }];
      add(unboundSocket(libc, bind, { receiveBufferBytes, reusePort: true }), 0, true);
      return sockets;
    }
    sharePort(libc, first.fd, { host, port });
    // The order of binding is the order in the group, and so what the program counts by: lanes, then their spares.
    for (let index = 1; index < lanes * 2; index++) {
      add(bindSocket(libc, { ...bind, port }, { receiveBufferBytes, reusePort: true }), index % lanes, index >= lanes);
    }
    const filterRefused = attachToGroup(libc, first.fd, laneProgram(lanes));
    return filterRefused === undefined ? sockets : withoutSpares(libc, sockets, filterRefused);
  } catch (error) {
    for (const { fd } of sockets) libc.close(fd);
    throw error;
  }
}

/** Without a program the kernel would spread senders over all sockets by their ports, spare or not. */
function withoutSpares(libc: Libc, sockets: readonly OpenSocket[], filterRefused: string): OpenSocket[] {
  for (const { fd, spare } of sockets) if (spare) libc.close(fd);
  return sockets.filter(({ spare }) => !spare).map((socket) => ({ ...socket, filterRefused }));
}

/**
 * Opens the sockets of one lane, or none. A lane that is alone gets whole groups. One among others opens its own sockets when they open
 * theirs: the order in the group is then any, and nobody could say which are the spares. Throws ListenError.
 */
export function openForLane(
  libc: Libc,
  binds: readonly ResolvedBind[],
  options: GroupOptions & { readonly lane: number; readonly reusePort: boolean },
): OpenSocket[] {
  const { lane, lanes, reusePort, receiveBufferBytes } = options;
  const sockets: OpenSocket[] = [];
  try {
    for (const bind of binds) {
      if (lanes === 1 && !reusePort) sockets.push(...openGroup(libc, bind, options));
      else {
        const { host, family } = bind;
        const bound = bindSocket(libc, bind, { receiveBufferBytes, reusePort: true });
        const filterRefused = lanes > 1 ? attachToGroup(libc, bound.fd, laneProgram(lanes)) : undefined;
        sockets.push({ ...bound, host, family, lane, spare: false, filterRefused });
      }
    }
    return sockets;
  } catch (error) {
    for (const { fd } of sockets) libc.close(fd);
    throw error;
  }
}
