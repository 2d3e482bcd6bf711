// The way in: one datagram from a socket, to the decoder of its protocol, and into exactly one account of the ledger.
import { ACCOUNT, type FlowBatch, inNetwork, type Network } from '@weir/record';
import { CapReport } from './caps.ts';
import type { CounterSource } from './counter-source.ts';
import type { MessageContext, Outcome } from './decoder.ts';
import type { Exporter } from './exporter.ts';
import { ExporterTable } from './exporter-table.ts';
import { decodeIpfix } from './ipfix/message.ts';
import { NamedFlows } from './named-flows.ts';
import { decodeNetflow5 } from './netflow/v5.ts';
import { decodeNetflow9 } from './netflow/v9.ts';
import { type Restored, restoreState } from './saved/restore.ts';
import { type SaveOptions, saveState } from './saved/save.ts';
import { decodeSflow } from './sflow/message.ts';
import { StateClock } from './state-clock.ts';
import { StateMemory } from './state-memory.ts';
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
  /** Networks of senders whose messages may name any number of other exporters; others may name a few. */
  readonly mediators?: readonly Network[];
  readonly limits?: Partial<TemplateLimits>;
  /** Where exporters' counters live; ordinary memory if absent. */
  readonly counters?: CounterSource;
  /** Rates for exporters whose protocol gives none, one packet in so many; the longest matching network wins. */
  readonly samplingDefaults?: readonly { readonly network: Network; readonly rate: number }[];
  /** Fill `time_exported`, `sequence` and `template_id` where the protocol's decoder can do it cheaply. Default true. */
  readonly provenance?: boolean;
  /**
   * Fill MACs, EtherType, TTL, flow label, layer 2 bytes and header length of sampled packets (sFlow). Default true: layer 2 is what
   * sFlow has over NetFlow. Without them a row is 31 bytes smaller before compression and costs less to insert.
   */
  readonly packetDetail?: boolean;
}

const OUTCOME_ACCOUNT: Readonly<Record<Outcome, number>> = {
  decoded: ACCOUNT.datagrams_decoded,
  malformed: ACCOUNT.datagrams_malformed,
  unknown_protocol: ACCOUNT.datagrams_unknown_protocol,
  unsupported_version: ACCOUNT.datagrams_unsupported_version,
  state_cap: ACCOUNT.datagrams_state_cap,
};

/** Decodes datagrams of all protocols from all exporters of one lane. Not shared between threads. */
export class Decoder {
  readonly exporters: ExporterTable;
  readonly strings: StringTable;
  readonly #allow: readonly Network[];
  readonly #samplingDefaults: readonly { readonly network: Network; readonly rate: number }[];
  readonly #configured = new WeakMap<Exporter, number>();
  readonly #clock = new StateClock();
  readonly #caps = new CapReport(this.#clock);
  readonly #context: MessageContext;
  #lastExporter: Exporter | undefined;

  constructor(options: DecoderOptions = {}) {
    const { mediators = [] } = options;
    this.exporters = new ExporterTable(this.#clock, this.#caps, new StateMemory(options.stateBytes, this.#caps), {
      cap: options.exporterCap,
      counters: options.counters,
      isMediator: (words) => isIn(mediators, words, 0),
    });
    this.strings = new StringTable(this.#caps, options.stringCap);
    this.#allow = options.allow ?? [];
    this.#samplingDefaults = (options.samplingDefaults ?? []).toSorted((a, b) => b.network.prefix - a.network.prefix);
    this.#context = {
      exporter: this.exporters.unattributed,
      exporters: this.exporters,
      named: new NamedFlows(),
      agentRefused: false,
      timeReceived: 0,
      strings: this.strings,
      configuredSampling: 0,
      provenance: options.provenance ?? true,
      packetDetail: options.packetDetail ?? true,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      clock: this.#clock,
      caps: this.#caps,
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
    if (this.#allow.length > 0 && !isIn(this.#allow, peers, peerAt)) {
      this.#countUnattributed(ACCOUNT.datagrams_not_allowed);
      return;
    }
    const peer = this.exporters.find(peers, peerAt) ?? this.#newcomer(data, start, end, peers, peerAt);
    if (peer === undefined) return;
    const context = this.#context;
    context.exporter = peer;
    context.timeReceived = timeReceived;
    this.strings.sender = peer;
    if (peer !== this.#lastExporter) {
      this.#lastExporter = peer;
      context.configuredSampling = this.#configuredSampling(peer);
    }
    const before = batch.length;
    const outcome = this.#message(data, start, end, batch, context);
    this.#count(peer, outcome, batch.length - before);
  }

  /**
   * Counts a datagram when all of it is done: received, its outcome, its flows, in this order and all in one place. A process that is
   * killed between two of these leaves counters, where they outlive it, in which one datagram is received and has no outcome, or the flows
   * of one datagram are missing, and no more than that.
   */
  #count(peer: Exporter, outcome: Outcome, rows: number): void {
    const context = this.#context;
    const { exporter, named, timeReceived } = context;
    const isDecoded = outcome === 'decoded';
    // sFlow names its agent: what was decoded is the agent's, what was not is the socket's peer's.
    const { counters } = isDecoded ? exporter : peer;
    counters[ACCOUNT.datagrams_received]++;
    counters[OUTCOME_ACCOUNT[outcome]]++;
    const own = rows - named.total;
    if (own > 0) exporter.counters[ACCOUNT.flows_received] += own;
    named.settle(timeReceived, this.#clock);
    if (context.agentRefused || named.refused > 0) {
      peer.counters[ACCOUNT.flows_names_cap] += context.agentRefused ? rows : named.refused;
      this.#caps.note('names', peer.words);
      context.agentRefused = false;
      named.refused = 0;
    }
    const isReadable = isDecoded || rows > 0;
    exporter.note(timeReceived, this.#clock, isReadable);
    if (peer !== exporter) peer.note(timeReceived, this.#clock, isReadable);
  }

  /** The exporter of a sender that is not known; undefined, and the datagram counted, where it gets none. */
  #newcomer(data: Uint8Array, start: number, end: number, peers: Uint32Array, peerAt: number): Exporter | undefined {
    if (this.exporters.hasUnreadableEnough) {
      const protocol = protocolOf(data, start, end);
      if (typeof protocol === 'string') {
        this.#caps.note('unreadable', peers, peerAt);
        this.#countUnattributed(OUTCOME_ACCOUNT[protocol]);
        return undefined;
      }
    }
    const made = this.exporters.at(peers, peerAt);
    if (made === undefined) this.#countUnattributed(ACCOUNT.datagrams_exporter_cap);
    return made;
  }

  /** Counts a datagram that the kernel cut because it was longer than the receive slot. Nothing of it is decoded. */
  countTruncated(peers: Uint32Array, peerAt: number): void {
    const { exporters } = this;
    const known =
      exporters.find(peers, peerAt) ?? (exporters.hasUnreadableEnough ? undefined : exporters.at(peers, peerAt));
    const { counters } = known ?? exporters.unattributed;
    counters[ACCOUNT.datagrams_received]++;
    counters[ACCOUNT.datagrams_truncated]++;
  }

  /**
   * Passes time, in monotonic milliseconds; to be called about once a second. Idle templates and other state expire by it, and
   * exporters become known; without it nothing does.
   */
  tick(monotonic: number): void {
    this.#clock.advance(monotonic);
    this.exporters.expire();
  }

  /** A sentence for each cap that was reached in the last minutes: what happens, because of whom, and what can be set. */
  warnings(): string[] {
    return this.#caps.warnings();
  }

  /** Rises whenever something that is worth saving is learnt or forgotten. */
  get stateVersion(): number {
    return this.exporters.memory.version;
  }

  /**
   * What the next process should know of the exporters, so that it reads their data sets from the first on: templates, rates, names. To be
   * saved when `stateVersion` has risen, and no more than once in a while: a sender can make it rise with every datagram.
   */
  save(options: SaveOptions = {}): Uint8Array<ArrayBuffer> {
    return saveState(this.exporters, this.#clock, options);
  }

  /**
   * Takes over what another process saved, as far as the caps allow; before the first datagram and after a `tick`. `time` is now, in
   * milliseconds since 1970: without it, what was saved before the system started again counts as saved just now. Throws WireError
   * `bad_state` for bytes that are damaged or of another format; then nothing was taken.
   */
  restore(bytes: Uint8Array, time?: number): Restored {
    const isAllowed = (words: Uint32Array) => this.#allow.length === 0 || isIn(this.#allow, words, 0);
    return restoreState(bytes, this.#context, time, isAllowed);
  }

  #countUnattributed(account: number): void {
    const { counters } = this.exporters.unattributed;
    counters[ACCOUNT.datagrams_received]++;
    counters[account]++;
  }

  #message(data: Uint8Array, start: number, end: number, batch: FlowBatch, context: MessageContext): Outcome {
    const protocol = protocolOf(data, start, end);
    switch (protocol) {
      case 5:
        return decodeNetflow5(data, start, end, batch, context);
      case 9:
        return decodeNetflow9(data, start, end, batch, context);
      case 10:
        return decodeIpfix(data, start, end, batch, context);
      case 0:
        return decodeSflow(data, start, end, batch, context);
      default:
        return protocol;
    }
  }

  #configuredSampling(exporter: Exporter): number {
    const known = this.#configured.get(exporter);
    if (known !== undefined) return known;
    const rate = this.#samplingDefaults.find(({ network }) => inNetwork(network, exporter.words))?.rate ?? 0;
    this.#configured.set(exporter, rate);
    return rate;
  }
}

/** The protocol of a datagram by its first word: 5, 9 and 10 as versions of NetFlow and IPFIX say, 0 for sFlow v5. */
function protocolOf(
  data: Uint8Array,
  start: number,
  end: number,
): 0 | 5 | 9 | 10 | 'unknown_protocol' | 'unsupported_version' {
  if (end - start < 4) return 'unknown_protocol';
  const version = (data[start] << 8) | data[start + 1];
  switch (version) {
    case 5:
    case 9:
    case 10:
      return version;
    case 0:
      return sflowVersion((data[start + 2] << 8) | data[start + 3]);
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

function sflowVersion(version: number): 0 | 'unknown_protocol' | 'unsupported_version' {
  if (version === 5) return 0;
  // Versions 2 and 4 were on wires too.
  return version === 2 || version === 4 ? 'unsupported_version' : 'unknown_protocol';
}

function isIn(networks: readonly Network[], words: Uint32Array, at: number): boolean {
  for (const network of networks) if (inNetwork(network, words, at)) return true;
  return false;
}
