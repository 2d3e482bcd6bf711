// The bounds that the gateway holds, from the settings and from how many files this process may open.
import { readdirSync, readFileSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import type { GatewayLimits } from './messages.ts';

/**
 * Requests that may be with the storing process at once. Of one address as many as it lets run and wait there (see ApiLimits), so that
 * whoever asks too much waits here, where it costs least.
 */
const SLOTS = 256;
const SLOTS_PER_ADDRESS = 64;
/** Longest wait for a slot, in milliseconds: about what a person waits, and what the refusal tells to wait before asking again. */
const WAIT_MS = 2_000;
/** Memory for heads of requests that have begun and not ended: a thousand of the usual size, or 256 of the largest. */
const HEAD_BYTES = 16 * 1024 * 1024;
/** Files that this process opens besides: logs, statuses, pipes to its children, the port, and connections about to be refused. */
const SPARE = 160;
/** Fewer connections than this are no service. */
const FEWEST = 16;
/** Where the system does not say. */
const COMMON_OPEN_FILES = 1024;

/** How many descriptors this process may have. Node raises the soft limit to the hard one when it starts. */
export function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft ?? COMMON_OPEN_FILES);
  } catch {
    return COMMON_OPEN_FILES;
  }
}

/** How many it has now. */
export function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/**
 * @param http the settings
 * @param allowed descriptors that this process may have
 * @param taken those that it has, and will have, for other things
 */
export function gatewayLimits(http: Config['http'], allowed: number, taken: number): GatewayLimits {
  const available = Math.max(FEWEST * 2, allowed - taken - SPARE);
  // A request passed on has two descriptors: its connection and one to the storing process, or to a file.
  const slots = Math.min(SLOTS, Math.floor(available / 4));
  const connections = Math.max(FEWEST, Math.min(http.max_connections, available - slots));
  return {
    connections,
    connectionsPerAddress: Math.min(http.max_connections_per_address, connections),
    headBytes: HEAD_BYTES,
    slots,
    slotsPerAddress: Math.min(SLOTS_PER_ADDRESS, slots),
    waitMs: WAIT_MS,
    headerMs: http.header_timeout,
    requestMs: http.request_timeout,
    idleMs: http.idle_timeout,
  };
}
