// What a lane and the collecting process say to each other.
import type { Inventory } from '@weir/enrich';
import type { DimensionRow } from '@weir/record';
import type { ProtocolSummary } from '@weir/wire';
import type { Config } from '../config/schema.ts';
import type { SocketStatus } from '../status.ts';

export interface LaneStart {
  readonly lane: number;
  readonly lanes: number;
  readonly config: Config;
  readonly spoolDir: string;
  /** Unique to this start of this lane: part of the names of its spool files. */
  readonly writer: string;
  readonly inventory: Inventory | undefined;
}

export type ToLane = { readonly type: 'inventory'; readonly inventory: Inventory } | { readonly type: 'stop' };

export interface LaneExporter {
  readonly key: string;
  readonly address: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly demo: boolean;
  /** By account index, since the lane started. */
  readonly counters: Float64Array;
  /** Only every few seconds: undefined means as before. */
  readonly protocols: readonly ProtocolSummary[] | undefined;
}

export interface LaneReport {
  readonly type: 'report';
  readonly lane: number;
  readonly backend: string;
  readonly sockets: readonly SocketStatus[];
  readonly warnings: readonly string[];
  readonly busy: number;
  readonly exporters: readonly LaneExporter[];
  readonly unattributed: Float64Array;
  /** Keys of those of `exporters` that the lane has forgotten: these are their last counters. */
  readonly retired: readonly string[];
  readonly strings: readonly DimensionRow<'strings'>[];
  readonly entities: readonly DimensionRow<'entities'>[];
  /** Why the spool cannot be written; empty when it can. */
  readonly spoolProblem: string;
}

export type FromLane =
  | LaneReport
  | { readonly type: 'listening' }
  | { readonly type: 'stopped' }
  | { readonly type: 'fatal'; readonly code: string; readonly message: string };
