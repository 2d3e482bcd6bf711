import {
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  libc,
  libcUnavailable,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_REUSEPORT,
  SOL_SOCKET,
} from '@weir/libc';
import { afterEach, describe, expect, it } from 'vitest';
import { openListener } from '../listener.ts';
import { closeSockets, type OpenSocket } from '../open-sockets.ts';
import { bindSocket, boundPort, unboundSocket } from './bind-socket.ts';
import { attachToGroup } from './classic-bpf.ts';
import { laneProgram } from './lane-program.ts';
import { openGroup } from './open-group.ts';
import { sockaddr } from './sockaddr.ts';
import { bindSpare } from './spare-socket.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const BIND = { host: '127.0.0.1', address: '127.0.0.1', family: 4, port: 0 } as const;

/** A kernel that takes no program for sockets that share a port, as in some sandboxes. */
function refusing(): Libc {
  return {
    ...libc(),
    setsockopt: (fd, level, name, value, length) =>
      name === SO_ATTACH_REUSEPORT_CBPF ? -1 : libc().setsockopt(fd, level, name, value, length),
    errno: () => 'EPERM',
  };
}

function group(lanes: number): OpenSocket[] {
  const sockets = openGroup(refusing(), BIND, { receiveBufferBytes: 1 << 20, lanes });
  open.push(() => closeSockets(sockets));
  return sockets;
}

describe.runIf(libcUnavailable() === undefined)('the sockets of a port whose kernel takes no program', () => {
  it('are without spare ones, which it would give datagrams of anyone', async () => {
    const sockets = group(2);
    expect(sockets.map(({ lane, spare, filterRefused }) => ({ lane, spare, filterRefused }))).toEqual([
      { lane: 0, spare: false, filterRefused: 'EPERM' },
      { lane: 1, spare: false, filterRefused: 'EPERM' },
    ]);
    const listener = await openListener({ sockets, receiveBufferBytes: 1, reusePort: false, lane: 1, lanes: 2 });
    open.unshift(() => listener.close());
    expect(listener.stats().warnings).toEqual([
      expect.stringContaining('refused to choose lanes by source address (EPERM)'),
    ]);
  });

  it('are one socket that shares its port with nobody, where there is one lane', async () => {
    const sockets = group(1);
    expect(sockets).toMatchObject([{ lane: 0, spare: false, filterRefused: 'EPERM' }]);
    const again = { ...BIND, port: sockets[0].port };
    expect(() => bindSocket(libc(), again, { receiveBufferBytes: 1, reusePort: true })).toThrow('is taken');
    const listener = await openListener({ sockets, receiveBufferBytes: 1, reusePort: false, lane: 0, lanes: 1 });
    open.unshift(() => listener.close());
    expect(listener.stats().warnings).toEqual([expect.stringContaining('a sender that floods a port can push out')]);
  });
});

describe.runIf(libcUnavailable() === undefined)('the spare socket of a lane that is alone', () => {
  it('joins a first one that takes IPv6 only, which systemd may have made so', () => {
    const bind = { host: '::', address: '::', family: 6, port: 0 } as const;
    const first = unboundSocket(libc(), bind, { receiveBufferBytes: 65_536, reusePort: false });
    const spare = unboundSocket(libc(), bind, { receiveBufferBytes: 65_536, reusePort: true });
    open.push(
      () => libc().close(first.fd),
      () => libc().close(spare.fd),
    );
    libc().setsockopt(first.fd, IPPROTO_IPV6, IPV6_V6ONLY, Uint32Array.of(1), 4);
    const any = sockaddr('::', 6, 0);
    expect(libc().bind(first.fd, any, any.length)).toBe(0);
    expect(attachToGroup(libc(), first.fd, laneProgram(1))).toBe('EINVAL');
    expect(bindSpare(libc(), first.fd, spare.fd)).toBeUndefined();
    expect(boundPort(libc(), spare.fd)).toBe(boundPort(libc(), first.fd));
    // The first one is of a group now.
    expect(attachToGroup(libc(), first.fd, laneProgram(1))).toBeUndefined();
    // Once is enough, whoever does it.
    expect(bindSpare(libc(), first.fd, spare.fd)).toBeUndefined();
  });

  it('leaves the port to the first one alone when it cannot be bound', () => {
    const first = bindSocket(libc(), BIND, { receiveBufferBytes: 1, reusePort: false });
    open.push(() => libc().close(first.fd));
    const spare = unboundSocket(
      libc(),
      { ...BIND, family: 6, address: '::1' },
      { receiveBufferBytes: 1, reusePort: true },
    );
    open.push(() => libc().close(spare.fd));
    expect(bindSpare(libc(), first.fd, spare.fd)).toBe('EINVAL');
    const shared = Uint32Array.of(7);
    libc().getsockopt(first.fd, SOL_SOCKET, SO_REUSEPORT, shared, Uint32Array.of(4));
    expect(shared[0]).toBe(0);
  });
});
