// The way in: one datagram from a socket, to the decoder of its protocol, and into exactly one account of the ledger.
import { ACCOUNT, type FlowBatch, inNetwork, type Network } from '@weir/record';
import type { MessageContext, OnElements, Outcome } from './decoder.ts';
import { type Exporter, ExporterTable } from './exporter.ts';
import { decodeIpfix } from './ipfix/message.ts';
import { decodeNetflow5 } from './netflow/v5.ts';
import { decodeNetflow9 } from './netflow/v9.ts';
import { decodeSflow } from './sflow/message.ts';
import { StringTable } from './strings.ts';
import { DEFAULT_LIMITS, type TemplateLimits } from './template/limits.ts';

export interface DecoderOptions {
  /** Exporters kept at once; a datagram of one more is counted and dropped. */
  readonly exporterCap?: number;
  /** Texts kept at once; see StringTable. */
  readonly stringCap?: number;
  /** Bytes of protocol state (templates, rates, interfaces, sequences) of all exporters together; see StateMemory. */
  readonly stateBytes?: number;
  /** Networks that datagrams may come from; empty or absent: any. */
  readonly allow?: readonly Network[];
  readonly limits?: Partial<TemplateLimits>;
  /** Rates for exporters whose protocol gives none, one packet in so many; the longest matching network wins. */
  readonly samplingDefaults?: readonly { readonly network: Network; readonly rate: number }[];
  /** Fill `time_exported`, `sequence` and `template_id` where the protocol's decoder can do it cheaply. Default true. */
  readonly provenance?: boolean;
  /**
   * Fill MACs, EtherType, TTL, flow label, IP identification and flags, layer 2 bytes and header length of sampled packets (sFlow, frame
   * sections). Default true: layer 2 is what sFlow has over NetFlow. Without them a row is 36 bytes smaller before compression and costs
   * less to insert.
   */
  readonly packetDetail?: boolean;
  /** See MessageContext. */
  readonly onElements?: OnElements;
}

const OUTCOME_ACCOUNT: Readonly<Record<Outcome, number>> = {
  decoded: ACCOUNT.datagrams_decoded,
  malformed: ACCOUNT.datagrams_malformed,
  unknown_protocol: ACCOUNT.datagrams_unknown_protocol,
  unsupported_version: ACCOUNT.datagrams_unsupported_version,
  exporter_cap: ACCOUNT.datagrams_exporter_cap,
};

/** Decodes datagrams of all protocols from all exporters of one lane. Not shared between threads. */
export class Decoder {
  readonly exporters: ExporterTable;
  readonly strings: StringTable;
  readonly #allow: readonly Network[];
  readonly #samplingDefaults: readonly { readonly network: Network; readonly rate: number }[];
  readonly #configured = new WeakMap<Exporter, number>();
  readonly #context: MessageContext;
  #lastExporter: Exporter | undefined;

  constructor(options: DecoderOptions = {}) {
    this.exporters = new ExporterTable(options.exporterCap, options.stateBytes);
    this.strings = new StringTable(options.stringCap);
    this.#allow = options.allow ?? [];
    this.#samplingDefaults = (options.samplingDefaults ?? []).toSorted((a, b) => b.network.prefix - a.network.prefix);
    this.#context = {
      exporter: this.exporters.unattributed,
      exporters: this.exporters,
      timeReceived: 0,
      strings: this.strings,
      configuredSampling: 0,
      provenance: options.provenance ?? true,
      packetDetail: options.packetDetail ?? true,
      ...(options.onElements === undefined ? {} : { onElements: options.onElements }),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    };
  }

  /**
   * Decodes the datagram `data[start, end)` and appends its flows to `batch`, whose room must be at least `end - start` rows.
   * `peers` holds the sender's address as four words from `peerAt`; `timeReceived` is in milliseconds since 1970.
   * Never throws for what the bytes say: the outcome is counted on the exporter, or on `exporters.unattributed` for senders
   * that are not allowed or over the cap.
   */
  decode(
    data: Uint8Array,
    start: number,
    end: number,
    peers: Uint32Array,
    peerAt: number,
    timeReceived: number,
    batch: FlowBatch,
  ): void {
    const { unattributed } = this.exporters;
    if (this.#allow.length > 0 && !this.#allows(peers, peerAt)) {
      unattributed.counters[ACCOUNT.datagrams_received]++;
      unattributed.counters[ACCOUNT.datagrams_not_allowed]++;
      return;
    }
    const peer = this.exporters.at(peers, peerAt);
    if (peer === undefined) {
      unattributed.counters[ACCOUNT.datagrams_received]++;
      unattributed.counters[ACCOUNT.datagrams_exporter_cap]++;
      return;
    }
    const context = this.#context;
    context.exporter = peer;
    context.timeReceived = timeReceived;
    if (peer !== this.#lastExporter) {
      this.#lastExporter = peer;
      context.configuredSampling = this.#configuredSampling(peer);
    }
    const before = batch.length;
    const outcome = this.#message(data, start, end, batch, context);

    // sFlow names its agent: what was decoded is the agent's, what was not is the socket's peer's.
    const { exporter } = context;
    const { counters } = outcome === 'decoded' ? exporter : peer;
    counters[ACCOUNT.datagrams_received]++;
    counters[OUTCOME_ACCOUNT[outcome]]++;
    if (batch.length > before) exporter.counters[ACCOUNT.flows_received] += batch.length - before;
    if (exporter.firstSeen === 0) exporter.firstSeen = timeReceived;
    exporter.lastSeen = timeReceived;
    peer.lastSeen = timeReceived;
  }

  /** Counts a datagram that the kernel cut because it was longer than the receive slot. Nothing of it is decoded. */
  countTruncated(peers: Uint32Array, peerAt: number): void {
    const { counters } = this.exporters.at(peers, peerAt) ?? this.exporters.unattributed;
    counters[ACCOUNT.datagrams_received]++;
    counters[ACCOUNT.datagrams_truncated]++;
  }

  #message(data: Uint8Array, start: number, end: number, batch: FlowBatch, context: MessageContext): Outcome {
    if (end - start < 4) return 'unknown_protocol';
    switch ((data[start] << 8) | data[start + 1]) {
      case 5:
        return decodeNetflow5(data, start, end, batch, context);
      case 9:
        return decodeNetflow9(data, start, end, batch, context);
      case 10:
        return decodeIpfix(data, start, end, batch, context);
      case 0:
        return this.#sflow(data, start, end, batch, context);
      // Other NetFlow versions that routers sent or send.
      case 1:
      case 6:
      case 7:
      case 8:
        return 'unsupported_version';
      default:
        return 'unknown_protocol';
    }
  }

  #sflow(data: Uint8Array, start: number, end: number, batch: FlowBatch, context: MessageContext): Outcome {
    const version = (data[start + 2] << 8) | data[start + 3];
    if (version === 5) return decodeSflow(data, start, end, batch, context);
    // Versions 2 and 4 were on wires too.
    return version === 2 || version === 4 ? 'unsupported_version' : 'unknown_protocol';
  }

  #allows(peers: Uint32Array, at: number): boolean {
    for (const network of this.#allow) if (inNetwork(network, peers, at)) return true;
    return false;
  }

  #configuredSampling(exporter: Exporter): number {
    const known = this.#configured.get(exporter);
    if (known !== undefined) return known;
    const rate = this.#samplingDefaults.find(({ network }) => inNetwork(network, exporter.words))?.rate ?? 0;
    this.#configured.set(exporter, rate);
    return rate;
  }
}
