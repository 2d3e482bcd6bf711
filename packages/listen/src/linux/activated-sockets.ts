// Sockets that systemd opened (socket activation, sd_listen_fds(3)): they exist before this program starts and while it restarts, also on
// ports that it may not bind itself. Descriptors from 3 on, counted and named by environment variables.
import {
  AF_INET,
  AF_INET6,
  IPPROTO_UDP,
  type Libc,
  libc,
  libcUnavailable,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@weir/libc';
import { endpointText, ListenError } from '../errors.ts';
import type { OpenSocket } from '../open-sockets.ts';
import { askForDropsAndTimes, receiveBuffer, setReceiveBuffer, unboundSocket } from './bind-socket.ts';
import { attachToGroup } from './classic-bpf.ts';
import { laneProgram } from './lane-program.ts';
import { SOCKADDR_BYTES, sockaddrHost, sockaddrPort } from './sockaddr.ts';

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3;
const VARIABLES = ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];

export interface ActivatedSockets {
  readonly sockets: readonly OpenSocket[];
  /** A listening TCP socket, for the page. */
  readonly page: { readonly fd: number; readonly host: string; readonly port: number } | undefined;
}

export interface ActivationOptions {
  readonly receiveBufferBytes: number;
  /** A socket cannot be split by source address: whole sockets are dealt out, so that more lanes than sockets are of no use. */
  readonly lanes: number;
}

/** A descriptor with what to call it in messages. */
interface Passed {
  readonly fd: number;
  readonly text: string;
}

/**
 * Takes the sockets that systemd passed to the process `pid`, undefined when it passed none, and removes the variables that tell of
 * them from `env`, so that no child takes them for its own. Call once, early. Throws ListenError: `bad_activation`, or
 * `backend_unavailable` where sockets were passed and cannot be used.
 */
export function activatedSockets(
  env: NodeJS.ProcessEnv,
  pid: number,
  options: ActivationOptions,
): ActivatedSockets | undefined {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of VARIABLES) delete env[name];
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(pid)) return undefined;
  if (!/^\d{1,5}$/.test(LISTEN_FDS)) {
    throw new ListenError('bad_activation', `LISTEN_FDS is "${LISTEN_FDS}", which is no number of sockets`);
  }
  const count = Number(LISTEN_FDS);
  if (count === 0) return undefined;
  const unavailable = libcUnavailable();
  if (unavailable !== undefined) {
    throw new ListenError('backend_unavailable', `sockets of systemd cannot be used: ${unavailable}`);
  }
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  const system = libc();
  const sockets: OpenSocket[] = [];
  let page: ActivatedSockets['page'];
  for (let index = 0; index < count; index++) {
    const fd = FIRST_FD + index;
    const passed = { fd, text: names[index] === undefined ? `descriptor ${fd}` : `descriptor ${fd} (${names[index]})` };
    const socket = take(system, passed);
    if (socket.type === SOCK_DGRAM) sockets.push(datagramSocket(system, fd, socket, sockets.length, options));
    else if (page === undefined) page = { fd, host: socket.host, port: socket.port };
    else throw refusal(passed, 'a second TCP socket, and the page has one', 'leave one ListenStream=');
  }
  const chosen = chooseBySource(system, sockets);
  return { sockets: options.lanes === 1 ? withSpares(system, chosen, options) : chosen, page };
}

interface Taken {
  readonly type: number;
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** Accepts UDP sockets that are bound and TCP sockets that listen; says of all others what to change in the unit. */
function take(system: Libc, passed: Passed): Taken {
  const { fd } = passed;
  const value = new Uint32Array(1);
  const option = (name: number) =>
    system.getsockopt(fd, SOL_SOCKET, name, value, Uint32Array.of(4)) === 0 ? value[0] : undefined;
  const type = option(SO_TYPE);
  if (type === undefined) {
    if (system.errno() === 'ENOTSOCK')
      throw refusal(passed, 'no socket', 'leave only ListenDatagram= and ListenStream=');
    throw new ListenError('bad_activation', `LISTEN_FDS counts ${passed.text}, which is not open in this process`);
  }
  system.closeOnExec(fd);
  const domain = option(SO_DOMAIN);
  if (domain !== AF_INET && domain !== AF_INET6) {
    throw refusal(passed, 'no socket of IPv4 or IPv6', 'give ports, or addresses with ports');
  }
  const name = new Uint8Array(SOCKADDR_BYTES);
  const failed = system.getsockname(fd, name, Uint32Array.of(SOCKADDR_BYTES)) < 0;
  const at = { type, host: sockaddrHost(name), port: sockaddrPort(name), family: domain === AF_INET ? 4 : 6 } as const;
  if (type === SOCK_DGRAM && option(SO_PROTOCOL) === IPPROTO_UDP) {
    if (failed || at.port === 0) throw refusal(passed, 'a UDP socket without a port', 'give ListenDatagram= a port');
    return at;
  }
  if (type === SOCK_STREAM) {
    if (option(SO_ACCEPTCONN) === 1) return at;
    throw refusal(passed, 'a TCP connection', 'set Accept=no, so that the listening socket is passed');
  }
  throw refusal(passed, 'neither UDP nor TCP', 'leave only ListenDatagram= and ListenStream=');
}

function refusal({ text }: Passed, what: string, remedy: string): ListenError {
  return new ListenError('bad_activation', `systemd passed ${text}, which is ${what}; in the socket unit, ${remedy}`);
}

function datagramSocket(
  system: Libc,
  fd: number,
  { host, port, family }: Taken,
  index: number,
  { receiveBufferBytes, lanes }: ActivationOptions,
): OpenSocket {
  askForDropsAndTimes(system, fd);
  // The unit may have asked for more (ReceiveBuffer=), and systemd may be allowed more.
  const had = receiveBuffer(system, fd);
  const receiveBufferGranted =
    had >= receiveBufferBytes ? had : Math.max(had, setReceiveBuffer(system, fd, receiveBufferBytes));
  return { fd, host, port, family, lane: index % lanes, spare: false, receiveBufferGranted };
}

/** Sockets that share a port (ReusePort=yes, and the port given several times) get each source address in one of them. */
function chooseBySource(system: Libc, sockets: readonly OpenSocket[]): OpenSocket[] {
  const groups = Map.groupBy(sockets, ({ host, port }) => endpointText(host, port));
  return sockets.map((socket) => {
    const group = groups.get(endpointText(socket.host, socket.port))!;
    if (group.length === 1) return socket;
    // The same for each of the group: attaching replaces.
    const filterRefused = attachToGroup(system, socket.fd, laneProgram(group.length));
    return filterRefused === undefined ? socket : { ...socket, filterRefused };
  });
}

/**
 * For a lane that is alone, and ports that have one socket. Only sockets of one user can share a port, so those that systemd opened for a
 * program of another user stay alone when a flood comes.
 */
function withSpares(
  system: Libc,
  sockets: readonly OpenSocket[],
  { receiveBufferBytes }: ActivationOptions,
): OpenSocket[] {
  const all = [...sockets];
  for (const group of Map.groupBy(sockets, ({ host, port }) => endpointText(host, port)).values()) {
    if (group.length > 1) continue;
    const { host, family, port } = group[0];
    const bind = { host, address: host, family, port };
    all.push({ ...group[0], ...unboundSocket(system, bind, { receiveBufferBytes, reusePort: true }), spare: true });
  }
  return all;
}
