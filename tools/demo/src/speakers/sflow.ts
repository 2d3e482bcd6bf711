// sFlow v5: single packets with their headers, and counter samples of the interfaces.
import { parseAddress } from '@weir/record';
import {
  encodeSflow,
  encodeSflowDatagram,
  interfaceCountersRecord,
  portNameRecord,
  type SflowCounterSample,
} from '@weir/wire';
import { exporterAddress } from '../cluster.ts';
import { Meter } from '../meter.ts';
import type { Random } from '../random.ts';
import { Every, type Interface, REFRESH_MS, type Speaker, UPTIME_MS } from '../speaker.ts';
import type { TrueFlow } from '../traffic.ts';

/** Samples of about 190 bytes and counter samples of about 140 in a datagram that fits an MTU of 1,500. */
const FLOW_SAMPLES = 7;
const COUNTER_SAMPLES = 9;

export interface SflowSpeakerOptions {
  /** Index of the node: the agent's address is its exporter's. */
  readonly node: number;
  /** One packet in so many. */
  readonly rate: number;
  readonly interfaces: readonly Interface[];
  readonly random: Random;
  readonly start: number;
}

interface Counters {
  inBytes: number;
  inPackets: number;
  outBytes: number;
  outPackets: number;
}

export class SflowSpeaker implements Speaker {
  readonly protocol = 'sflow';
  readonly #meter: Meter;
  readonly #agent: Uint32Array;
  readonly #booted: number;
  readonly #interfaces: readonly Interface[];
  readonly #counters = new Map<number, Counters>();
  readonly #refresh = new Every(REFRESH_MS);
  #sequence = 1;
  #flowSample = 1;
  #counterSample = 1;

  constructor(options: SflowSpeakerOptions) {
    this.#meter = new Meter(options.rate, 'packet', options.random);
    this.#agent = parseAddress(exporterAddress(options.node));
    this.#booted = options.start - UPTIME_MS;
    this.#interfaces = options.interfaces;
    for (const { ifIndex } of options.interfaces) {
      this.#counters.set(ifIndex, { inBytes: 0, inPackets: 0, outBytes: 0, outPackets: 0 });
    }
  }

  take(flow: TrueFlow): void {
    this.#meter.take(flow);
    // Interface counters are of all packets, not of the sampled.
    const into = this.#counters.get(flow.inIf);
    if (into !== undefined) {
      into.inBytes += flow.bytes;
      into.inPackets += flow.packets;
    }
    const out = this.#counters.get(flow.outIf);
    if (out !== undefined) {
      out.outBytes += flow.bytes;
      out.outPackets += flow.packets;
    }
  }

  flush(now: number): Uint8Array[] {
    const { rows } = this.#meter;
    const datagrams: Uint8Array[] = [];
    if (this.#refresh.due(now)) {
      const samples = this.#interfaces.map((one) => this.#counterSampleOf(one));
      for (let from = 0; from < samples.length; from += COUNTER_SAMPLES) {
        datagrams.push(encodeSflowDatagram(this.#header(now), samples.slice(from, from + COUNTER_SAMPLES)));
      }
    }
    for (let from = 0; from < rows.length; from += FLOW_SAMPLES) {
      const to = Math.min(rows.length, from + FLOW_SAMPLES);
      datagrams.push(encodeSflow(rows, from, to, { ...this.#header(now), sampleSequence: this.#flowSample }));
      this.#flowSample += to - from;
    }
    rows.clear();
    return datagrams;
  }

  #header(now: number) {
    return { agent: this.#agent, subAgent: 0, sequence: this.#sequence++, uptime: (now - this.#booted) >>> 0 };
  }

  #counterSampleOf({ ifIndex, name, speed }: Interface): SflowCounterSample {
    const counters = this.#counters.get(ifIndex);
    return {
      kind: 'counter',
      sequence: this.#counterSample++,
      source: { class: 0, index: ifIndex },
      records: [interfaceCountersRecord({ ifIndex, speed, ...counters }), portNameRecord(name)],
    };
  }
}
