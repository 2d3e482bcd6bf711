// What a lane and the collecting process say to each other.
import type { Inventory } from '@weir/enrich';
import type { Flood, InheritedSocket } from '@weir/listen';
import type { DimensionRow } from '@weir/record';
import type { OpenManifest, SpoolStart } from '@weir/spool';
import type { ProtocolSummary } from '@weir/wire';
import type { Config } from '../config/schema.ts';
import type { SocketStatus } from '../status.ts';

/** Datagrams that a process took from the kernel and was killed before it had done all of them. */
export interface Replay {
  /** File with the ring as it left it. */
  readonly path: string;
  /** See CounterMemory#beginReplay. */
  readonly number: number;
  /** How many of its datagrams were done. */
  readonly done: number;
}

export interface LaneStart {
  readonly lane: number;
  readonly lanes: number;
  readonly config: Config;
  readonly spoolDir: string;
  /** What names the spool files of this process. */
  readonly start: SpoolStart;
  readonly inventory: Inventory | undefined;
  /** Sockets that the supervisor holds; undefined where the lane opens its own. */
  readonly sockets: readonly InheritedSocket[] | undefined;
  /** Shared by the lanes to keep floods apart. */
  readonly diverted: SharedArrayBuffer;
  /** For counters, where memory that outlives the process cannot be had. */
  readonly counters: SharedArrayBuffer | undefined;
}

export type ToLane =
  /** Begin to receive. What processes before had taken comes first. */
  | { readonly type: 'go'; readonly replays: readonly Replay[] }
  | { readonly type: 'replay'; readonly replay: Replay }
  | { readonly type: 'inventory'; readonly inventory: Inventory }
  /** End: receive what came until now first, or leave it to the process that takes over. */
  | { readonly type: 'stop'; readonly drain: boolean };

export interface LaneExporter {
  /** Where its counters are, and which exporter's that place is. */
  readonly slot: number;
  readonly use: number;
  readonly key: string;
  readonly address: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly demo: boolean;
  readonly protocols: readonly ProtocolSummary[];
}

export interface LaneReport {
  readonly type: 'report';
  readonly lane: number;
  readonly backend: string;
  readonly sockets: readonly SocketStatus[];
  readonly floods: readonly Flood[];
  readonly warnings: readonly string[];
  readonly busy: number;
  /** Those that are new, and now and then all of them. */
  readonly exporters: readonly LaneExporter[];
  /** Slots of exporters that the lane has evicted. */
  readonly evicted: readonly number[];
  /** Spool files completed since the last report, oldest first. */
  readonly complete: readonly OpenManifest[];
  readonly strings: readonly DimensionRow<'strings'>[];
  readonly entities: readonly DimensionRow<'entities'>[];
  /** Why the spool cannot be written; empty when it can. */
  readonly spoolProblem: string;
}

export type FromLane =
  | LaneReport
  /** Its sockets are open; it waits for `go`. */
  | { readonly type: 'prepared' }
  | { readonly type: 'receiving' }
  /** It reads nothing any more, and what it knows of exporters is saved: another process may begin. */
  | { readonly type: 'released' }
  | { readonly type: 'stopped' }
  | { readonly type: 'fatal'; readonly code: string; readonly message: string };
