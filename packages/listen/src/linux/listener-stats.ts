// What the listener of a lane tells of its sockets, and what it asks the operator to do.
import { endpointText } from '../errors.ts';
import type { SocketStats } from '../listener.ts';
import { receiveBufferWarning } from '../receive-buffer.ts';
import type { UdpSocket } from './udp-socket.ts';

/** By address and port: the first socket and the spare one together. */
export function socketStats(sockets: readonly UdpSocket[], receiveBufferWanted: number): SocketStats[] {
  const endpoints = new Map<string, SocketStats>();
  for (const { host, port, spare, receiveBufferGranted, drops, datagrams, bytes } of sockets) {
    const at = endpointText(host, port);
    const before = endpoints.get(at);
    endpoints.set(at, {
      host,
      port,
      receiveBufferWanted,
      receiveBufferGranted: Math.min(receiveBufferGranted, before?.receiveBufferGranted ?? receiveBufferGranted),
      kernelDropped: drops.total + (before?.kernelDropped ?? 0),
      floodDropped: (spare ? drops.total : 0) + (before?.floodDropped ?? 0),
      datagrams: datagrams + (before?.datagrams ?? 0),
      bytes: bytes + (before?.bytes ?? 0),
    });
  }
  return [...endpoints.values()];
}

/** What the system refused when the sockets were opened. */
export function openingWarnings(
  sockets: readonly UdpSocket[],
  { receiveBufferBytes, lanes }: { readonly receiveBufferBytes: number; readonly lanes: number },
): string[] {
  const warnings: string[] = [];
  const short = sockets.filter((socket) => socket.receiveBufferGranted < receiveBufferBytes);
  if (short.length > 0) {
    const granted = Math.min(...short.map((socket) => socket.receiveBufferGranted));
    const endpoints = short.map((socket) => endpointText(socket.host, socket.port));
    warnings.push(receiveBufferWarning(receiveBufferBytes, granted, endpoints)!);
  }
  const refused = sockets.find((socket) => socket.filterRefused !== undefined)?.filterRefused;
  if (refused !== undefined) warnings.push(lanes === 1 ? floodWarning(refused) : lanesWarning(refused));
  return warnings;
}

function lanesWarning(refused: string): string {
  return `the kernel refused to choose lanes by source address (${refused}): an exporter that sends from several ports may be spread over lanes; set listen.lanes: 1 if it uses templates`;
}

export function floodWarning(refused: string): string {
  return `the kernel refused to keep floods apart (${refused}): a sender that floods a port can push out what others send there`;
}
