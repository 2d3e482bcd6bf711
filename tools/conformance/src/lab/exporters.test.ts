import { join } from 'node:path';
import { FlowBatch, parseAddress } from '@weir/record';
import { Decoder } from '@weir/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareMessage } from '../captures/compare.ts';
import { decodeMessages } from '../captures/decode.ts';
import { readWithTshark, type TsharkMessage } from '../captures/tshark.ts';
import { needs } from '../needs.ts';
import { Weir } from '../system/weir.ts';
import {
  difference,
  differenceFrom,
  extraBytes,
  type Measured,
  type Sums,
  sentBy,
  sumRows,
  type TrueRange,
  toleranceFor,
  truthFor,
  udpTruthFor,
} from './agreement.ts';
import { ADDRESS, Lab } from './network.ts';
import { addStreamAddresses, type Observation, observe, STREAMS, type Stream } from './observation.ts';
import { TCP_HEADERS, UDP_HEADERS } from './traffic.ts';

const TCP = 6;
const UDP = 17;
const streams = Object.values(STREAMS);
const ready = needs('netns', 'ip', 'ethtool', 'ovs-vswitchd', 'softflowd', 'pmacctd', 'iperf3', 'tshark');

/** The part of the API's answer that is read here. */
interface TopAnswer {
  readonly rows: readonly {
    readonly key: { readonly src_addr: string; readonly proto: number };
    readonly values: Measured;
  }[];
}

describe.runIf(ready)('Open vSwitch, softflowd and pmacctd watching iperf3', () => {
  let lab: Lab;
  let observation: Observation;
  let messages: TsharkMessage[];
  const stored = new Map<Stream, Sums>();

  beforeAll(async () => {
    lab = new Lab('exporters');
    addStreamAddresses(lab);
    const weir = new Weir({
      folder: join(lab.folder, 'weir'),
      udpPorts: [2055, 4739, 6343],
      httpPort: 8080,
      host: '0.0.0.0',
      inside: { lab, place: 'switch' },
    });
    await weir.ready();
    observation = await observe(lab);
    messages = readWithTshark(observation.capture);
    await weir.settles();
    for (const stream of streams) stored.set(stream, await storedSums(weir, stream));
    await weir.stop();
  }, 180_000);
  afterAll(() => lab?.close());

  const sumsOf = (stream: Stream): Sums => stored.get(stream) ?? new Map();

  it('sends what iperf3 says it sent, by the interface counters', () => {
    const { truth } = observation;
    const tcpAndHeaders = truth.tcpPayload + TCP_HEADERS * truth.leftSent.packets;
    expect(Math.abs(difference(truth.leftSent.bytes, tcpAndHeaders))).toBeLessThan(0.02);
    // Right also acknowledges TCP: those packets carry no payload and only headers.
    const udp = truth.udpPayload + UDP_HEADERS * truth.udpPackets;
    const acknowledgements = TCP_HEADERS * (truth.rightSent.packets - truth.udpPackets);
    expect(Math.abs(difference(truth.rightSent.bytes, udp + acknowledgements))).toBeLessThan(0.02);
  });

  it('is read message by message as tshark reads it', () => {
    const decoded = decodeMessages(messages);
    const disagreements = messages.flatMap(({ from, flows }, index) =>
      compareMessage(from, decoded[index].flows, flows),
    );
    expect(disagreements).toEqual([]);
    expect(messages.reduce((sum, { flows }) => sum + flows.length, 0)).toBeGreaterThan(2000);
  });

  it.each(streams)('$name is stored as it was sent, no more and no less', (stream) => {
    expect(Object.fromEntries(sumsOf(stream))).toEqual(Object.fromEntries(decodedSums(stream, messages)));
  });

  it.each(streams)('$name gives the bytes and packets of the interface counters', (stream) => {
    for (const sender of ['left', 'right'] as const) {
      expectAgreement(stream, sentBy(sumsOf(stream), ADDRESS[sender]), truthFor(stream, observation.truth, sender));
    }
  });

  it.each(streams)('$name gives the payload that iperf3 sent', (stream) => {
    const { truth } = observation;
    const tcp = sumsOf(stream).get(`${ADDRESS.left} ${TCP}`) ?? { bytes: 0, packets: 0 };
    const tcpPayload = tcp.bytes - (TCP_HEADERS + extraBytes(stream)) * tcp.packets;
    const tolerance = toleranceFor(stream, truth.leftSent);
    expect(Math.abs(difference(tcpPayload, truth.tcpPayload))).toBeLessThan(tolerance.bytes);

    const udp = sumsOf(stream).get(`${ADDRESS.right} ${UDP}`) ?? { bytes: 0, packets: 0 };
    expectAgreement(stream, udp, udpTruthFor(stream, truth));
  });
});

function expectAgreement(stream: Stream, measured: Measured, { least, most }: TrueRange): void {
  const tolerance = toleranceFor(stream, least);
  for (const counter of ['bytes', 'packets'] as const) {
    const off = differenceFrom(measured[counter], least[counter], most[counter]);
    const what = `${counter}: ${measured[counter]} of ${least[counter]} to ${most[counter]}`;
    expect(Math.abs(off), what).toBeLessThan(tolerance[counter]);
  }
}

/** What the store has of a stream, asked by the API. */
async function storedSums(weir: Weir, stream: Stream): Promise<Sums> {
  const filters = [
    `exporter_address = "${stream.exporter}"`,
    `source = ${stream.source}`,
    ...(stream.direction === undefined ? [] : [`direction = ${stream.direction}`]),
  ];
  const query = new URLSearchParams({
    from: 'now-1h',
    to: 'now',
    by: 'src_addr,proto',
    metrics: 'bytes,packets',
    limit: '20',
    filter: filters.join(' and '),
  });
  const answer = await weir.ask<TopAnswer>(`/api/v1/top?${query}`);
  return new Map(answer.rows.map(({ key, values }) => [`${key.src_addr} ${key.proto}`, values]));
}

/** What the decoder alone makes of a stream. */
function decodedSums(stream: Stream, messages: readonly TsharkMessage[]): Sums {
  const decoder = new Decoder();
  const batch = new FlowBatch(65_536);
  for (const { from, data } of messages) {
    if (from === stream.address) decoder.decode(data, 0, data.length, parseAddress(from), 0, Date.now(), batch);
  }
  return sumRows(stream, batch);
}
