// What the supervisor and its gateway thread say to each other.

/** Bounds of the gateway, worked out from the settings and from what the process may open. */
export interface GatewayLimits {
  /** Open connections, in all and from one address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Requests under way that hold more than their connection: passed on, or files being read. In all and from one address. */
  readonly slots: number;
  readonly slotsPerAddress: number;
  /** Milliseconds for the head of a request, for all of it, and without anything happening. */
  readonly headerMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
}

export interface GatewayOptions {
  /** A listening socket of this process, or where the thread is to listen by itself. */
  readonly listen: { readonly fd: number } | { readonly host: string; readonly port: number };
  /** Unix socket of the storing process. */
  readonly upstream: string;
  readonly dataDir: string;
  readonly spoolDir: string;
  readonly limits: GatewayLimits;
  readonly allowedHosts: readonly string[];
  /** Folder of the built page; undefined where it is not built. */
  readonly pageDir: string | undefined;
  /** Why the storing process is away; empty when it is there. */
  readonly away: string;
}

export type ToGateway =
  /** The storing process is there (an empty reason), or why it is not. */
  { readonly type: 'away'; readonly reason: string };

export type FromGateway =
  | { readonly type: 'listening'; readonly host: string; readonly port: number }
  /** It cannot listen: the system's name of the error. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** Sent every second: the thread is not stuck. */
  | { readonly type: 'alive' }
  | { readonly type: 'log'; readonly level: 'warn' | 'error'; readonly message: string };
