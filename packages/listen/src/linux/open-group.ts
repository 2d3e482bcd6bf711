// All sockets of one port, one per lane. Of several lanes they share the port (SO_REUSEPORT), and a program in the kernel chooses among them.
import type { Libc } from '@weir/libc';
import type { OpenSocket } from '../open-sockets.ts';
import type { ResolvedBind } from '../resolve.ts';
import { bindSocket, sharePort } from './bind-socket.ts';
import { attachToGroup, laneProgram } from './lane-filter.ts';

export interface GroupOptions {
  readonly receiveBufferBytes: number;
  readonly lanes: number;
}

/** Opens the sockets of one bind for all lanes, or none. Throws ListenError; `port_taken` also when others would share the port. */
export function openGroup(libc: Libc, bind: ResolvedBind, { receiveBufferBytes, lanes }: GroupOptions): OpenSocket[] {
  // The first is bound for itself, so that it fails if any other program has the port, and lets others share it only then: from one
  // to the other the port is never free. In a group, it is the first all the same.
  const first = bindSocket(libc, bind, { receiveBufferBytes, reusePort: false });
  const { host, family } = bind;
  const sockets: OpenSocket[] = [{ ...first, host, family, lane: 0 }];
  if (lanes === 1) return sockets;
  try {
    const { port } = first;
    sharePort(libc, first.fd, { host, port });
    // The order of binding is the order in the group, and so what the program counts by.
    for (let lane = 1; lane < lanes; lane++) {
      const next = bindSocket(libc, { ...bind, port }, { receiveBufferBytes, reusePort: true });
      sockets.push({ ...next, host, family, lane });
    }
    const filterRefused = attachToGroup(libc, first.fd, laneProgram(lanes));
    return filterRefused === undefined ? sockets : sockets.map((socket) => ({ ...socket, filterRefused }));
  } catch (error) {
    for (const { fd } of sockets) libc.close(fd);
    throw error;
  }
}

/** Opens the sockets of one lane, or none. Throws ListenError. */
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
        sockets.push({ ...bound, host, family, lane, filterRefused });
      }
    }
    return sockets;
  } catch (error) {
    for (const { fd } of sockets) libc.close(fd);
    throw error;
  }
}
