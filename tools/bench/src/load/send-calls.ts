// sendmmsg through koffi: many datagrams a call, so that the sender takes little of the machine it shares with what is measured.
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_DGRAM = 2;
/** struct mmsghdr and struct iovec of 64-bit Linux. */
const HEADER = 64;
const IOVEC = 16;

const library = koffi.load(null);
const socket: (domain: number, type: number, protocol: number) => number = library.func('int socket(int, int, int)');
const bind: (fd: number, address: Uint8Array, length: number) => number = library.func(
  'int bind(int, const void *, unsigned int)',
);
const connect: (fd: number, address: Uint8Array, length: number) => number = library.func(
  'int connect(int, const void *, unsigned int)',
);
const sendmmsg: (fd: number, headers: bigint, count: number, flags: number) => number = library.func(
  'int sendmmsg(int, void *, unsigned int, int)',
);

function sockaddr(host: string, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(host.split('.').map(Number), 4);
  return bytes;
}

/** A socket from one IPv4 address to one target. Throws when the system refuses. */
export function connected(from: string, host: string, port: number): number {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  const failed =
    fd < 0 || bind(fd, sockaddr(from, 0), 16) < 0 || connect(fd, sockaddr(host, port), 16) < 0 ? koffi.errno() : 0;
  if (failed !== 0) throw new Error(`cannot send from ${from} to ${host}:${port}: errno ${failed}`);
  return fd;
}

/** Datagrams of one length side by side in memory that does not move, with the headers that sendmmsg wants. */
export class SendRing {
  readonly view: DataView;
  readonly length: number;
  readonly #headers: bigint;

  constructor(slots: number, length: number) {
    this.length = length;
    const total = slots * (HEADER + IOVEC + length);
    const pointer: unknown = koffi.alloc('uint8_t', total);
    const address = koffi.address(pointer);
    const memory = koffi.view(pointer, total);
    new Uint8Array(memory).fill(0);
    const layout = new DataView(memory);
    const data = slots * (HEADER + IOVEC);
    for (let slot = 0; slot < slots; slot++) {
      const iovec = slots * HEADER + slot * IOVEC;
      layout.setBigUint64(slot * HEADER + 16, address + BigInt(iovec), true);
      layout.setBigUint64(slot * HEADER + 24, 1n, true);
      layout.setBigUint64(iovec, address + BigInt(data + slot * length), true);
      layout.setBigUint64(iovec + 8, BigInt(length), true);
    }
    this.#headers = address;
    this.view = new DataView(memory, data);
  }

  /** Sends the first `count` slots. Returns how many the kernel took. */
  send(fd: number, count: number): number {
    let sent = 0;
    while (sent < count) {
      const took = sendmmsg(fd, this.#headers + BigInt(sent * HEADER), count - sent, 0);
      if (took > 0) {
        sent += took;
        continue;
      }
      // ECONNREFUSED: nobody listens. That datagram is gone, the next call goes on.
      const code = koffi.errno();
      if (code === koffi.os.errno.ECONNREFUSED || code === koffi.os.errno.EINTR) continue;
      throw new Error(`sendmmsg: errno ${code}`);
    }
    return sent;
  }
}
