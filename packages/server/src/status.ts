// What the collecting process tells of itself, once a second, in `<spool>/status/<collector>.json`: the spool directory is all that
// lies between collecting and storing, so this file is how the page knows of lanes, exporters and losses.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountName } from '@weir/record';
import type { ProtocolSummary } from '@weir/wire';
import type { Outages } from './outages.ts';

export type Counts = Partial<Record<AccountName, number>>;

export interface SocketStatus {
  readonly host: string;
  readonly port: number;
  readonly receiveBufferWanted: number;
  readonly receiveBufferGranted: number;
  readonly kernelDropped: number;
  /** Of these: of senders that flood, kept apart from the others. Absent in what an earlier version wrote. */
  readonly floodDropped?: number;
  readonly datagrams: number;
  readonly bytes: number;
}

export interface FloodStatus {
  readonly address: string;
  /** Part of what came to its lane, 0 to 1. */
  readonly share: number;
  /** Whether only its own datagrams are dropped. */
  readonly diverted: boolean;
}

export interface LaneStatus {
  readonly lane: number;
  readonly backend: string;
  readonly sockets: readonly SocketStatus[];
  readonly datagrams: number;
  readonly flows: number;
  /** Part of the last second the lane was not waiting for datagrams, 0 to 1. */
  readonly busy: number;
}

export interface ExporterStatus {
  /** Decimal text of the 64-bit key. */
  readonly key: string;
  readonly address: string;
  readonly node: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly demo: boolean;
  readonly protocols: readonly ProtocolSummary[];
  /** Since the collecting process started. */
  readonly counters: Counts;
}

/** What waits for a consumer. */
export interface ConsumerBacklog {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  readonly capBytes: number;
  /** For how long the oldest file has been waiting, in milliseconds. */
  readonly waitingMs: number;
  /** For how long the same file has been the oldest, in milliseconds: nothing moves. Absent in what an earlier version wrote. */
  readonly stuckMs?: number;
  /** Flows dropped over the cap since the collecting process started, and how long ago the last ones were, in milliseconds. */
  readonly droppedFlows: number;
  readonly droppedAgoMs?: number;
}

export interface SpoolStatus {
  /** Of the store's backlog. */
  readonly files: number;
  readonly bytes: number;
  readonly capBytes: number;
  /** Milliseconds since 1970 when the oldest file began to wait, 0 when there is none. */
  readonly oldest: number;
  /** Why the spool cannot be written just now; empty when it can. */
  readonly problem: string;
  /** Of all consumers. */
  readonly consumers: readonly ConsumerBacklog[];
}

export interface CollectorStatus {
  readonly collector: string;
  readonly version: string;
  readonly started: number;
  /** When this was written. Older than a few seconds means that the collecting process is gone. */
  readonly time: number;
  readonly demo: boolean;
  readonly pid: number;
  readonly memory: number;
  readonly lanes: readonly LaneStatus[];
  readonly warnings: readonly string[];
  /** When nobody listened. Absent in what a version before this one wrote. */
  readonly outages?: Outages;
  /** The most recently seen ones. */
  readonly exporters: readonly ExporterStatus[];
  /** How many more there are, and their counters. */
  readonly otherExporters: { readonly exporters: number; readonly counters: Counts };
  /** What belongs to no exporter: kernel drops, datagrams over the cap on exporters, evicted exporters. */
  readonly unattributed: Counts;
  /** Senders that filled a socket of late. */
  readonly floods: readonly FloodStatus[];
  readonly spool: SpoolStatus;
}

/** A status that has not changed for so long is from a process that no longer writes it, in milliseconds of a clock that nobody sets. */
export const STATUS_STALE_MS = 5000;

const folder = (spoolDir: string) => join(spoolDir, 'status');

/** How names of statuses begin that are of consumers of the spool, which lie in the same folder. */
export const CONSUMER_STATUS = 'consumer-';

/** Whether a file in the folder of statuses is that of a collecting process. */
export const isCollectorStatus = (file: string): boolean => file.endsWith('.json') && !file.startsWith(CONSUMER_STATUS);

/** Puts the status in place in one step, so that a reader never sees half of it. */
export function writeStatus(spoolDir: string, status: CollectorStatus): void {
  const dir = folder(spoolDir);
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${status.collector}.json`);
  writeFileSync(`${path}.tmp`, JSON.stringify(status));
  renameSync(`${path}.tmp`, path);
}

/** The last status of every collector that spools into this directory. */
export function readStatuses(spoolDir: string): CollectorStatus[] {
  let names: string[];
  try {
    names = readdirSync(folder(spoolDir));
  } catch {
    return [];
  }
  return names.filter(isCollectorStatus).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder(spoolDir), name), 'utf8')) as CollectorStatus];
    } catch {
      return [];
    }
  });
}

/** How long a reading of the statuses is used again, in milliseconds: a scrape asks many times, and a status may be megabytes. */
const REREAD_MS = 250;

/** Reads the statuses, at most every quarter of a second. `now` is in monotonic milliseconds. */
export function statusReader(
  spoolDir: string,
  now: () => number = () => performance.now(),
): () => readonly CollectorStatus[] {
  let statuses: readonly CollectorStatus[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    const time = now();
    if (time - readAt >= REREAD_MS) {
      statuses = readStatuses(spoolDir);
      readAt = time;
    }
    return statuses;
  };
}
