// What the listener of a lane tells of its sockets, and what it asks the operator to do.
import { endpointText } from '../errors.ts';
import type { SocketStats } from '../listener.ts';
import { receiveBufferWarning } from '../receive-buffer.ts';
import type { UdpSocket } from './udp-socket.ts';

export function socketStats(sockets: readonly UdpSocket[], receiveBufferWanted: number): SocketStats[] {
  return sockets.map(({ host, port, receiveBufferGranted, drops, datagrams, bytes }) => ({
    host,
    port,
    receiveBufferWanted,
    receiveBufferGranted,
    kernelDropped: drops.total,
    datagrams,
    bytes,
  }));
}

/** What the system refused when the sockets were opened. */
export function openingWarnings(sockets: readonly UdpSocket[], receiveBufferBytes: number): string[] {
  const warnings: string[] = [];
  const short = sockets.filter((socket) => socket.receiveBufferGranted < receiveBufferBytes);
  if (short.length > 0) {
    const granted = Math.min(...short.map((socket) => socket.receiveBufferGranted));
    const endpoints = short.map((socket) => endpointText(socket.host, socket.port));
    warnings.push(receiveBufferWarning(receiveBufferBytes, granted, endpoints)!);
  }
  const refused = sockets.find((socket) => socket.filterRefused !== undefined)?.filterRefused;
  if (refused !== undefined) {
    warnings.push(
      `the kernel refused to choose lanes by source address (${refused}): an exporter that sends from several ports may be spread over lanes; set listen.lanes: 1 if it uses templates`,
    );
  }
  return warnings;
}
