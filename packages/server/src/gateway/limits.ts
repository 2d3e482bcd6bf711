// The bounds that the gateway holds, from the settings and from how many files this process may open.
import { readdirSync, readFileSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import type { GatewayLimits } from './messages.ts';

/** Requests that may be with the storing process at once: a few times what it lets wait for a query, tails and all else. */
const SLOTS = 256;
/** Of these, those of one address. */
const SHARE = 2;
/** Files that this process opens besides sockets: logs, statuses, pipes to its children; and connections about to be refused. */
const SPARE = 64;
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
    slots,
    slotsPerAddress: Math.ceil(slots / SHARE),
    headerMs: http.header_timeout,
    requestMs: http.request_timeout,
    idleMs: http.idle_timeout,
  };
}
