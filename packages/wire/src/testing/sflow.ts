// For tests of sFlow: a collector that one agent sends to, and samples made by hand.
import { ACCOUNT, FlowBatch, keyText, parseAddress, type RowValue, rowToObject, SAMPLING_SOURCE } from '@weir/record';
import { Decoder, type DecoderOptions } from '../dispatch.ts';
import {
  encodeSflowDatagram,
  headerRecord,
  type SflowFlowSample,
  type SflowRecord,
  type SflowSample,
} from '../sflow/index.ts';
import { ethernet, ipv4, tcp, u32 } from './layers.ts';

const RECEIVED = Date.parse('2026-05-01T12:00:00Z');
const PEER = parseAddress('192.0.2.1');
const AGENT = parseAddress('10.9.0.1');
/** Header of the datagrams that tests send. */
export const header = { agent: AGENT, subAgent: 3, sequence: 1, uptime: 1000 };

/** A decoder that one peer sends to. Only core columns and rare ones that a sample fills, unless options say otherwise. */
export class SflowCollector {
  readonly decoder: Decoder;
  readonly batch = new FlowBatch(2048);

  constructor(options: DecoderOptions = { packetDetail: false, provenance: false }) {
    this.decoder = new Decoder({ exporterCap: 16, ...options });
  }

  /** Decodes a datagram and gives its rows, keys as text. */
  take(datagram: Uint8Array, start = 0, end = datagram.length): Record<string, RowValue>[] {
    const from = this.batch.length;
    this.decoder.decode(datagram, start, end, PEER, 0, RECEIVED, this.batch);
    const texts = new Map(this.decoder.strings.drain().map(({ key, text }) => [keyText(key), text]));
    const exporters = new Map(this.decoder.exporters.all().map(({ key, address }) => [keyText(key), address]));
    return Array.from({ length: this.batch.length - from }, (_, index) =>
      rowToObject(this.batch, from + index, { text: (_field, key) => texts.get(key) ?? exporters.get(key) }),
    );
  }

  count(address: string, account: keyof typeof ACCOUNT): number {
    const exporter = this.decoder.exporters.all().find((candidate) => candidate.address === address);
    return exporter?.counters[ACCOUNT[account]] ?? 0;
  }
}

/** 10.0.0.1:40000 to 10.0.0.2:443 over TCP, 100 bytes of IP. */
export const tcpFrame = ethernet(0x0800, ipv4(6, [...tcp(40000, 443, 0x12), ...new Array(60).fill(0)]));

export function flowSample(records: readonly SflowRecord[], more: Partial<SflowFlowSample> = {}): SflowFlowSample {
  return {
    kind: 'flow',
    sequence: 1,
    source: { class: 0, index: 4 },
    samplingRate: 400,
    samplePool: 400,
    drops: 0,
    input: 4,
    output: 5,
    records,
    ...more,
  };
}

export const headerOf = (bytes: readonly number[], frameBytes = bytes.length + 4) =>
  headerRecord(Uint8Array.from(bytes), frameBytes);
/** A record of any format, from its bytes. */
export const record = (format: number, ...parts: (readonly number[])[]): SflowRecord => ({
  format,
  data: Uint8Array.from(parts.flat()),
});
export const words = (...values: number[]): number[] => values.flatMap(u32);
/** The one row of a datagram with one sample. */
export const decodeOne = (sample: SflowSample): Record<string, RowValue> => {
  const rows = new SflowCollector().take(encodeSflowDatagram(header, [sample]));
  if (rows.length !== 1) throw new Error(`a row is expected, not ${rows.length}`);
  return rows[0];
};

const received = '2026-05-01T12:00:00.000Z';
/** The row of `flowSample([headerOf(tcpFrame)])`. */
export const wantedFlow = {
  time_received: received,
  time_start: received,
  time_end: received,
  source: 15,
  exporter: '10.9.0.1',
  observation_domain: 3,
  src_addr: '10.0.0.1',
  dst_addr: '10.0.0.2',
  src_port: 40000,
  dst_port: 443,
  proto: 6,
  tcp_flags: 0x12,
  in_if: 4,
  out_if: 5,
  direction: 1,
  bytes: 100 * 400,
  packets: 400,
  bytes_sampled: 100,
  packets_sampled: 1,
  sampling_rate: 400,
  sampling_source: SAMPLING_SOURCE.record,
};
