// IPFIX: times in milliseconds, options data for the sampling rate and the names of interfaces, and what policy rules decided.
import { FlowBatch } from '@weir/record';
import { encodeIpfix, type FieldValue, type SetSpec, type TemplateSpec, templateField } from '@weir/wire';
import { Meter } from '../meter.ts';
import type { Random } from '../random.ts';
import { Every, type Interface, REFRESH_MS, type Speaker } from '../speaker.ts';
import type { TrueFlow } from '../traffic.ts';
import { splitFamilies } from './families.ts';

/** Ports, protocol, flags, class, interfaces, counters, times, AS numbers, end reason, and Antrea's egressNetworkPolicyRuleAction. */
const REST = [7, 11, 4, 6, 5, 10, 14, 1, 2, 152, 153, 16, 17, 136, '56506/140'].map((key) => templateField(key));
const IPV4: TemplateSpec = { id: 256, fields: [templateField(8), templateField(12), ...REST] };
const IPV6: TemplateSpec = { id: 257, fields: [templateField(27), templateField(28), ...REST] };
/** By observation domain: selectorAlgorithm 3 (random n out of N), samplingSize, samplingPopulation (RFC 5477 section 8.2). */
const SAMPLING: TemplateSpec = {
  id: 258,
  scopes: 1,
  fields: [templateField(149), templateField(304), templateField(309), templateField(310)],
};
/** By ingressInterface: interfaceName and interfaceDescription, of variable length. */
const INTERFACES: TemplateSpec = {
  id: 259,
  scopes: 1,
  fields: [templateField(10), templateField(82), templateField(83)],
};
/** Records of about 77 and 101 bytes in a datagram that fits an MTU of 1,500; interfaces of at most 60. */
const IPV4_RECORDS = 17;
const IPV6_RECORDS = 13;
const INTERFACE_RECORDS = 20;

export interface IpfixOptions {
  /** One packet in so many. */
  readonly rate: number;
  /** Observation domain. */
  readonly domain: number;
  readonly interfaces: readonly Interface[];
  readonly random: Random;
}

export class IpfixSpeaker implements Speaker {
  readonly protocol = 'ipfix';
  readonly #meter: Meter;
  readonly #v6 = new FlowBatch(2048);
  readonly #options: IpfixOptions;
  readonly #refresh = new Every(REFRESH_MS);
  #sequence = 0;

  constructor(options: IpfixOptions) {
    this.#meter = new Meter(options.rate, 'flow', options.random);
    this.#options = options;
  }

  take(flow: TrueFlow): void {
    this.#meter.take(flow);
  }

  flush(now: number): Uint8Array[] {
    const { rows } = this.#meter;
    const datagrams: Uint8Array[] = [];
    if (this.#refresh.due(now)) this.#describe(now, datagrams);
    splitFamilies(rows, this.#v6);
    this.#data(now, IPV4, rows, IPV4_RECORDS, datagrams);
    this.#data(now, IPV6, this.#v6, IPV6_RECORDS, datagrams);
    return datagrams;
  }

  #describe(now: number, datagrams: Uint8Array[]): void {
    const { domain, rate, interfaces } = this.#options;
    const sampling = { template: SAMPLING, records: [[domain, 3, 1, rate]] };
    datagrams.push(this.#message(now, [{ templates: [IPV4, IPV6, SAMPLING, INTERFACES] }, sampling]));
    for (let from = 0; from < interfaces.length; from += INTERFACE_RECORDS) {
      const records = interfaces
        .slice(from, from + INTERFACE_RECORDS)
        .map(({ ifIndex, name, alias }): FieldValue[] => [ifIndex, name, alias]);
      datagrams.push(this.#message(now, [{ template: INTERFACES, records }]));
    }
  }

  #data(now: number, template: TemplateSpec, batch: FlowBatch, most: number, datagrams: Uint8Array[]): void {
    for (let from = 0; from < batch.length; from += most) {
      const to = Math.min(batch.length, from + most);
      datagrams.push(this.#message(now, [{ template, batch, from, to }]));
    }
    batch.clear();
  }

  #message(now: number, sets: readonly SetSpec[]): Uint8Array {
    const header = { time: now, sysUptime: 0, sequence: this.#sequence, domain: this.#options.domain };
    const { bytes, dataRecords } = encodeIpfix(header, sets);
    this.#sequence += dataRecords;
    return bytes;
  }
}
