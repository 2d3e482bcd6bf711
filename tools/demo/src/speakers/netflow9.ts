// NetFlow v9: two templates, and options data that give the sampling rate.
import { FlowBatch } from '@weir/record';
import { encodeNetflow9, type SetSpec, type TemplateSpec, templateField } from '@weir/wire';
import { Meter } from '../meter.ts';
import type { Random } from '../random.ts';
import { Every, REFRESH_MS, type Speaker, UPTIME_MS } from '../speaker.ts';
import type { TrueFlow } from '../traffic.ts';
import { splitFamilies } from './families.ts';

/** Ports, protocol, flags, class, interfaces, counters, times by uptime, AS numbers, forwarding status. */
const REST = [7, 11, 4, 6, 5, 10, 14, 1, 2, 22, 21, 16, 17, 89].map((id) => templateField(id));
const IPV4: TemplateSpec = { id: 256, fields: [templateField(8), templateField(12), ...REST] };
const IPV6: TemplateSpec = { id: 257, fields: [templateField(27), templateField(28), ...REST] };
/** Scope 1 is the system (RFC 3954 section 6.1); 34 samplingInterval, 35 samplingAlgorithm (2: random). */
const SAMPLING: TemplateSpec = {
  id: 258,
  scopes: 1,
  fields: [{ enterprise: 0, id: 1, length: 4 }, templateField(34, 4), templateField(35, 1)],
};
/** Records of about 70 and 94 bytes in a datagram that fits an MTU of 1,500. */
const IPV4_RECORDS = 19;
const IPV6_RECORDS = 14;

export interface Netflow9Options {
  /** One packet in so many. */
  readonly rate: number;
  /** Source id. */
  readonly domain: number;
  readonly random: Random;
  readonly start: number;
  /** When the first template is sent; data that come before it cannot be read. At once unless said. */
  readonly firstTemplate?: number;
}

export class Netflow9Speaker implements Speaker {
  readonly protocol = 'netflow9';
  readonly #meter: Meter;
  readonly #v6 = new FlowBatch(2048);
  readonly #rate: number;
  readonly #domain: number;
  readonly #booted: number;
  readonly #refresh: Every;
  #sequence = 0;

  constructor(options: Netflow9Options) {
    this.#meter = new Meter(options.rate, 'flow', options.random);
    this.#rate = options.rate;
    this.#domain = options.domain;
    this.#booted = Math.floor((options.start - UPTIME_MS) / 1000) * 1000;
    this.#refresh = new Every(REFRESH_MS, options.firstTemplate);
  }

  take(flow: TrueFlow): void {
    this.#meter.take(flow);
  }

  flush(now: number): Uint8Array[] {
    const { rows } = this.#meter;
    const datagrams: Uint8Array[] = [];
    if (this.#refresh.due(now)) {
      const sampling = { template: SAMPLING, records: [[this.#domain, this.#rate, 2]] };
      datagrams.push(this.#message(now, [{ templates: [IPV4, IPV6, SAMPLING] }, sampling]));
    }
    splitFamilies(rows, this.#v6);
    this.#data(now, IPV4, rows, IPV4_RECORDS, datagrams);
    this.#data(now, IPV6, this.#v6, IPV6_RECORDS, datagrams);
    return datagrams;
  }

  #data(now: number, template: TemplateSpec, batch: FlowBatch, most: number, datagrams: Uint8Array[]): void {
    for (let from = 0; from < batch.length; from += most) {
      const to = Math.min(batch.length, from + most);
      datagrams.push(this.#message(now, [{ template, batch, from, to }]));
    }
    batch.clear();
  }

  #message(now: number, sets: readonly SetSpec[]): Uint8Array {
    // The header's clock has whole seconds, and the uptime is of the same moment.
    const time = Math.floor(now / 1000) * 1000;
    const header = { time, sysUptime: time - this.#booted, sequence: this.#sequence, sourceId: this.#domain };
    this.#sequence++;
    return encodeNetflow9(header, sets);
  }
}
