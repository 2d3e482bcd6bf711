import { type Libc, libc, libcUnavailable, SO_ATTACH_REUSEPORT_CBPF } from '@weir/libc';
import { afterEach, describe, expect, it } from 'vitest';
import { openListener } from '../listener.ts';
import { closeSockets, type OpenSocket } from '../open-sockets.ts';
import { bindSocket } from './bind-socket.ts';
import { openGroup } from './open-group.ts';

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
  it('say so', async () => {
    const sockets = group(2);
    expect(sockets.map(({ lane, filterRefused }) => ({ lane, filterRefused }))).toEqual([
      { lane: 0, filterRefused: 'EPERM' },
      { lane: 1, filterRefused: 'EPERM' },
    ]);
    const listener = await openListener({ sockets, receiveBufferBytes: 1, reusePort: false, lane: 1, lanes: 2 });
    open.unshift(() => listener.close());
    expect(listener.stats().warnings).toEqual([
      expect.stringContaining('refused to choose lanes by source address (EPERM)'),
    ]);
  });

  it('are one socket that shares its port with nobody, where there is one lane', () => {
    const sockets = group(1);
    expect(sockets).toMatchObject([{ lane: 0 }]);
    const again = { ...BIND, port: sockets[0].port };
    expect(() => bindSocket(libc(), again, { receiveBufferBytes: 1, reusePort: true })).toThrow('is taken');
  });
});
