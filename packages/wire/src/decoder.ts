// One datagram in, rows of a FlowBatch out: finds the protocol by what the message says of itself, whatever the port.
import { ACCOUNT, type FlowBatch } from '@weir/record';
import type { CapReport } from './caps.ts';
import type { Exporter } from './exporter.ts';
import type { ExporterTable } from './exporter-table.ts';
import type { NamedFlows } from './named-flows.ts';
import type { StateClock } from './state-clock.ts';
import type { StringTable } from './strings.ts';
import type { TemplateLimits } from './template/limits.ts';

/** What every protocol's decoder gets to know of a message besides its bytes. One object, reused. */
export interface MessageContext {
  /** Who sent it: the socket's peer. sFlow replaces it by the agent in the message. */
  exporter: Exporter;
  readonly exporters: ExporterTable;
  /** Rows that records of this message gave to other exporters than `exporter`. */
  readonly named: NamedFlows;
  /** sFlow: the agent could not be made the exporter, so all rows are the sender's. */
  agentRefused: boolean;
  /** Milliseconds since 1970. */
  timeReceived: number;
  readonly strings: StringTable;
  /** Sampling rate configured for this exporter, one in so many; 0 or absent: none. Used only when the protocol gives none. */
  configuredSampling?: number;
  /** Whether to fill `time_exported`, `sequence` and `template_id` where that is cheap. */
  readonly provenance?: boolean;
  /** Whether rows of sampled packets get the columns that every packet has beyond a flow's: see DecoderOptions. Default true. */
  readonly packetDetail?: boolean;
  readonly limits: TemplateLimits;
  readonly clock: StateClock;
  readonly caps: CapReport;
}

/** How a message ended. The dispatcher counts it; the flows before a fault stay in the batch. */
export type Outcome = 'decoded' | 'malformed' | 'unknown_protocol' | 'unsupported_version' | 'state_cap';

/**
 * A protocol's decoder: reads `data[start, end)` and appends rows to the batch, whose room is at least `end - start` rows
 * (no protocol packs more than a record into a byte). Never throws, reads outside, or takes time that grows faster than the
 * message. It raises `batch.length`, counts sets, samples, templates, options and sequence losses on
 * `context.exporter`, and leaves datagrams and flows to the dispatcher.
 */
export type MessageDecoder = (
  data: Uint8Array,
  start: number,
  end: number,
  batch: FlowBatch,
  context: MessageContext,
) => Outcome;

export type { ExporterTable, StringTable };
export { ACCOUNT };
