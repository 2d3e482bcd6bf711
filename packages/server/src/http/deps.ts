// What the HTTP API needs of the rest: given by composition, so that each route is tested without a collector or a store.
import type { CompileContext } from '@weir/query';
import type { DemoCleaned, Store } from '@weir/store';
import type { HealthReport } from '../operations/health.ts';
import type { StoreFacts } from '../operations/readiness.ts';
import type { CollectorStatus } from '../status.ts';
import type { QueryGate } from './query-gate.ts';

export interface ApiDeps {
  readonly version: string;
  /** Milliseconds since 1970 when this process started. */
  readonly started: number;
  /** Whether demo traffic was asked for. */
  readonly demo: boolean;
  readonly store: Pick<Store, 'query' | 'columnsPresent'>;
  /** Numbers of the store, and in `problem` why it cannot be read just now. */
  storeFacts(): StoreFacts;
  /** End of each roll-up, in milliseconds since 1970. */
  rolledUpUntil(): CompileContext['rolledUpUntil'];
  /** What the probes are told, too. */
  health(): Promise<HealthReport>;
  /** The last status of every collector. */
  collectors(): readonly CollectorStatus[];
  /** Lets queries in; one made from the limits when absent. */
  readonly gate?: QueryGate;
  readonly limits?: Partial<ApiLimits>;
  /** What the gateway says of itself: connections that were refused, and who opened them. */
  gatewayWarnings(): readonly string[];
  /** Removes demo data. */
  cleanDemo(): Promise<DemoCleaned>;
  /** Host names that requests may name, besides localhost and addresses. */
  readonly allowedHosts?: readonly string[];
  /** Told of errors that are ours, not the caller's. */
  onError?(error: unknown, url: string): void;
  /** Milliseconds since 1970; for tests. */
  now?(): number;
}

export interface ApiLimits {
  /** Queries that run in the store at once. */
  readonly concurrency: number;
  /** Queries that may wait for their turn. */
  readonly queue: number;
  /** Longest wait for a turn, in milliseconds. */
  readonly queueMs: number;
  /** Live tails at once. */
  readonly tails: number;
  /** Milliseconds between looks of a live tail. */
  readonly tailIntervalMs: number;
  /** A sign of life of a live tail at least this often, in milliseconds: the gateway and proxies close what is silent. */
  readonly tailHeartbeatMs: number;
  /** Flows sent to one tail a look. */
  readonly tailRows: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  concurrency: 4,
  queue: 64,
  queueMs: 15_000,
  tails: 32,
  tailIntervalMs: 1000,
  tailHeartbeatMs: 15_000,
  tailRows: 500,
};
