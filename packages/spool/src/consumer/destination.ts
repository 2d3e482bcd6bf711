// What a consumer delivers to, and what it says of each file's end. docs/specs/consumer.md is the contract in words;
// ../testing/compliance.ts is the same contract as tests.
import type { ConsumerAccount } from '@weir/record';
import type { ExporterRows, SpoolErrorCode } from '../errors.ts';
import type { Manifest } from '../manifest.ts';

/** A file of flows on its way, whole and unchanged when it was looked at. */
export interface Delivery {
  /** The key by which a destination knows a file that it has already. */
  readonly name: string;
  /** The file, in ClickHouse's Native format. It must not be changed. */
  readonly path: string;
  readonly manifest: Manifest;
  /** It may have been delivered before: by a process that died, or by an attempt that ended without an answer. */
  readonly again: boolean;
}

/** Flows of a file by what became of them; together all flows of the file. */
export type Ends = readonly { readonly account: ConsumerAccount; readonly rows: ExporterRows }[];

export interface Destination {
  /**
   * What has to happen before a file is delivered, for one file after the other in the order of their age. Rejects as `deliver` does.
   */
  prepare?(delivery: Delivery): Promise<void>;
  /**
   * Resolves when the destination has acknowledged all flows of the file, with what became of them. Rejects with a SpoolError whose
   * code is permanent when the file can never be delivered, and with anything else when another attempt may help: the file stays. When
   * `signal` aborts, it gives up soon.
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<Ends>;
}

/** Counts what became of a file's flows. The second call for the same file counts nothing. Rejects when it could not be counted. */
export type CountEnds = (delivery: Pick<Delivery, 'name' | 'again'>, ends: Ends) => Promise<void>;

/** Why an attempt to deliver ended. */
export interface Failure {
  /** Where: at the destination, or in the spool. */
  readonly place: 'destination' | 'spool';
  readonly code: string | SpoolErrorCode;
  /** In the words of whoever refused. */
  readonly reason: string;
}
