// Heads of requests that have begun and not ended: what they take is bounded for each by MAX_HEADER_BYTES and for all of them here. Thousands of
// connections could otherwise fill hundreds of megabytes before the time for a head is over.
import type { Socket } from 'node:net';
import { MAX_HEADER_BYTES } from '../http/unreadable.ts';

/** What is known of a connection's head. */
export interface Head {
  /** Bytes that had been read when the last head was complete. */
  readUpTo: number;
  /** Whether what comes is the content of a request, which is passed on and not kept. */
  content: boolean;
}

/** Whether heads could take more than `budget` bytes at all. */
export const mayExceed = (connections: number, budget: number): boolean => connections * MAX_HEADER_BYTES > budget;

/** Those whose heads must go so that all together take less than half of `budget`, the longest first; none when they take less than it. */
export function tooLong(connections: Iterable<readonly [Socket, Head]>, budget: number): Socket[] {
  const unfinished: [socket: Socket, bytes: number][] = [];
  let all = 0;
  for (const [socket, head] of connections) {
    const bytes = head.content ? 0 : socket.bytesRead - head.readUpTo;
    if (bytes <= 0) continue;
    unfinished.push([socket, bytes]);
    all += bytes;
  }
  if (all <= budget) return [];
  unfinished.sort((a, b) => b[1] - a[1]);
  const close: Socket[] = [];
  for (const [socket, bytes] of unfinished) {
    if (all < budget / 2) break;
    all -= bytes;
    close.push(socket);
  }
  return close;
}
