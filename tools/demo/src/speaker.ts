// What the four protocols' exporters have in common: flows go in as the node sees them, datagrams come out when they are due.
import type { TrueFlow } from './traffic.ts';

export interface Speaker {
  readonly protocol: 'netflow5' | 'netflow9' | 'ipfix' | 'sflow';
  /** Meters a flow: it may or may not be among the sampled. */
  take(flow: TrueFlow): void;
  /** Datagrams for what was metered since the last call, and what else is due at `now` (milliseconds since 1970). */
  flush(now: number): Uint8Array[];
}

/** An interface of a node's bridge. */
export interface Interface {
  readonly ifIndex: number;
  readonly name: string;
  readonly alias: string;
  /** Bits a second. */
  readonly speed: number;
}

/** How often templates, options data and counter samples are sent, in milliseconds. */
export const REFRESH_MS = 20_000;

/** Tells when something that is sent every so often is due, the first time at once. */
export class Every {
  readonly #period: number;
  #next: number;

  constructor(period: number, first = 0) {
    this.#period = period;
    this.#next = first;
  }

  due(now: number): boolean {
    if (now < this.#next) return false;
    this.#next = now + this.#period;
    return true;
  }
}

/** How long the exporters pretend to have been up when the demo starts. */
export const UPTIME_MS = 3 * 86_400_000;
