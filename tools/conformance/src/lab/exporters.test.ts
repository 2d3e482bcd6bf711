import { join } from 'node:path';
import { ACCOUNT, FlowBatch, parseAddress, QUALITY, TUNNEL_TYPE } from '@weir/record';
import { Decoder } from '@weir/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareMessage } from '../captures/compare.ts';
import { decodeMessages } from '../captures/decode.ts';
import { readWithTshark, type TsharkMessage } from '../captures/tshark.ts';
import { needs } from '../needs.ts';
import { Weir } from '../system/weir.ts';
import {
  canTellOf,
  difference,
  differenceFrom,
  endsFor,
  extraBytes,
  looksInside,
  type Measured,
  type Sums,
  sentBetween,
  sumKey,
  sumRows,
  type TrueRange,
  toleranceFor,
  truthFor,
  udpTruthFor,
} from './agreement.ts';
import { ETHERNET_HEADER, FRAME_CHECK, KINDS, type Kind, opposite } from './kinds.ts';
import { Lab } from './network.ts';
import { addStreamAddresses, type Observation, observe, STREAMS, type Stream } from './observation.ts';
import { type SampledRow, storedSamples, storedSums } from './stored.ts';

const TCP = 6;
const UDP = 17;
/** What a decoder that took over must not count: it knows templates and sequences from the one before. */
const TAKEN_OVER_WELL = [
  'sets_no_template',
  'sequence_lost_flows',
  'sequence_lost_datagrams',
  'sequence_resets',
] as const;
const HOSTS = ['left', 'right'] as const;
const NOTHING: Measured = { bytes: 0, packets: 0 };
const streams: readonly Stream[] = Object.values(STREAMS);
const ready = needs('netns', 'ip', 'ethtool', 'ovs-vswitchd', 'softflowd', 'pmacctd', 'iperf3', 'tshark');

describe.runIf(ready)('Open vSwitch, softflowd and pmacctd watching iperf3', () => {
  let lab: Lab;
  let observation: Observation;
  let messages: TsharkMessage[];
  const stored = new Map<Stream, Sums>();
  const samples = new Map<string, readonly SampledRow[]>();

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
    for (const stream of streams) {
      stored.set(stream, await storedSums(weir, stream));
    }
    for (const stream of streams.filter(({ source }) => source === 'sflow5')) {
      for (const kind of Object.values(KINDS)) {
        samples.set(`${stream.name} ${kind.name}`, await storedSamples(weir, stream, [kind.left, kind.right]));
      }
    }
    await weir.stop();
  }, 300_000);
  afterAll(() => lab?.close());

  const sumsOf = (stream: Stream): Sums => stored.get(stream) ?? new Map();

  it('is read message by message as tshark reads it', () => {
    const decoded = decodeMessages(messages);
    const disagreements = messages.flatMap(({ from, flows }, index) =>
      compareMessage(from, decoded[index].flows, flows),
    );
    expect(disagreements).toEqual([]);
    expect(messages.reduce((sum, { flows }) => sum + flows.length, 0)).toBeGreaterThan(3000);
  });

  it.each(streams)('$name is stored as it was sent, no more and no less', (stream) => {
    expect(Object.fromEntries(sumsOf(stream))).toEqual(Object.fromEntries(decodedSums(stream, messages)));
  });

  it.each(streams)('$name misses nothing by its sequence numbers', (stream) => {
    const { exporters, batch } = decode(stream, messages);
    const lost = exporters.all().map(({ counters }) => ({
      flows: counters[ACCOUNT.sequence_lost_flows],
      datagrams: counters[ACCOUNT.sequence_lost_datagrams],
      resets: counters[ACCOUNT.sequence_resets],
    }));
    expect(lost).not.toEqual([]);
    expect(lost).toEqual(lost.map(() => ({ flows: 0, datagrams: 0, resets: 0 })));
    // A gap that a later message gave back is still seen here.
    const quality = batch.core.quality.subarray(0, batch.length);
    expect(quality.filter((bits) => (bits & QUALITY.after_sequence_gap) !== 0)).toHaveLength(0);
  });

  it.each(streams)('$name is read on by a process that takes over in the middle', (stream) => {
    const own = messages.filter(({ from }) => from === stream.address);
    const { exporters, batch } = decode(stream, own, Math.floor(own.length / 2));
    expect(Object.fromEntries(sumRows(stream, batch))).toEqual(Object.fromEntries(decodedSums(stream, messages)));
    expect(exporters.all().length).toBeGreaterThan(0);
    for (const { counters } of exporters.all()) {
      for (const account of TAKEN_OVER_WELL) expect(counters[ACCOUNT[account]], account).toBe(0);
    }
  });

  describe.each(Object.values(KINDS))('with $name traffic', (kind) => {
    const able = streams.filter((stream) => canTellOf(stream, kind));
    const sentIn = (stream: Stream, sender: 'left' | 'right'): Measured => {
      const ends = endsFor(stream, kind);
      return sentBetween(sumsOf(stream), ends[sender], ends[opposite(sender)]);
    };

    it('iperf3 sends what it says it sent, by the interface counters', () => {
      const { leftSent, rightSent, ...truth } = observation.truths[kind.name];
      const tcpAndHeaders = truth.tcpPayload + kind.tcpHeaders * leftSent.packets;
      expect(Math.abs(difference(leftSent.bytes, tcpAndHeaders))).toBeLessThan(0.02);
      // Right also acknowledges TCP: those packets carry no payload and only headers.
      const udp = truth.udpPayload + kind.udpHeaders * truth.udpPackets;
      const acknowledgements = kind.tcpHeaders * (rightSent.packets - truth.udpPackets);
      expect(Math.abs(difference(rightSent.bytes, udp + acknowledgements))).toBeLessThan(0.02);
    });

    it.each(able)('$name gives the bytes and packets of the interface counters', (stream) => {
      for (const sender of HOSTS) {
        expectAgreement(stream, kind, sentIn(stream, sender), truthFor(stream, observation.truths[kind.name], sender));
      }
    });

    // A tunnel shows one protocol from outside: what is TCP and what UDP cannot be told.
    const telling = able.filter((stream) => kind.tunnel === undefined || looksInside(stream, kind));
    it.each(telling)('$name gives the payload that iperf3 sent', (stream) => {
      const truth = observation.truths[kind.name];
      const { left, right } = endsFor(stream, kind);
      const tcp = sumsOf(stream).get(sumKey(left, right, TCP)) ?? NOTHING;
      const tcpPayload = tcp.bytes - (kind.tcpHeaders + extraBytes(stream, kind)) * tcp.packets;
      const tolerance = toleranceFor(stream, kind, truth.leftSent);
      expect(Math.abs(difference(tcpPayload, truth.tcpPayload))).toBeLessThan(tolerance.bytes);

      const udp = sumsOf(stream).get(sumKey(right, left, UDP)) ?? NOTHING;
      expectAgreement(stream, kind, udp, udpTruthFor(stream, truth));
    });

    const sampling = able.filter(({ source }) => source === 'sflow5');
    it.each(sampling)('$name is stored with what stood around each packet', (stream) => {
      const rows = samples.get(`${stream.name} ${kind.name}`) ?? [];
      expect(rows.length).toBeGreaterThan(50);
      expect(rows.map(aroundPacket)).toEqual(rows.map(({ src_addr }) => expectedAround(kind, src_addr)));
    });

    const unable = streams.filter((stream) => !canTellOf(stream, kind));
    it.runIf(unable.length > 0).each(unable)('$name says nothing of it', (stream) => {
      expect([...sumsOf(stream).keys()].filter((key) => key.includes(':'))).toEqual([]);
      for (const sender of HOSTS) expect(sentIn(stream, sender)).toEqual(NOTHING);
    });
  });
});

function expectAgreement(stream: Stream, kind: Kind, measured: Measured, { least, most }: TrueRange): void {
  const tolerance = toleranceFor(stream, kind, least);
  for (const counter of ['bytes', 'packets'] as const) {
    const off = differenceFrom(measured[counter], least[counter], most[counter]);
    const what = `${counter}: ${measured[counter]} of ${least[counter]} to ${most[counter]}`;
    expect(Math.abs(off), what).toBeLessThan(tolerance[counter]);
  }
}

/** What a row says of the tunnel that its packet was in, and the bytes of the frame that are not the packet's. */
function aroundPacket(row: SampledRow) {
  const { tunnel_type = 0, tunnel_id = '0', outer_src_addr, outer_dst_addr, outer_dst_port, outer_proto } = row;
  const frameBytes = (row.bytes_l2 - row.bytes) / row.sampling_rate;
  return { frameBytes, tunnel_type, tunnel_id, outer_src_addr, outer_dst_addr, outer_dst_port, outer_proto };
}

function expectedAround(kind: Kind, sender: string): ReturnType<typeof aroundPacket> {
  const { tunnel, encapsulation } = kind;
  const from = sender === kind.left ? 'left' : 'right';
  return {
    frameBytes: ETHERNET_HEADER + encapsulation + FRAME_CHECK,
    tunnel_type: tunnel === undefined ? TUNNEL_TYPE.none : TUNNEL_TYPE[tunnel.type],
    tunnel_id: String(tunnel?.id ?? 0),
    outer_src_addr: tunnel?.[from],
    outer_dst_addr: tunnel?.[opposite(from)],
    outer_dst_port: tunnel?.port,
    outer_proto: tunnel && UDP,
  };
}

/** What the decoder alone makes of a stream. */
function decodedSums(stream: Stream, messages: readonly TsharkMessage[]): Sums {
  return sumRows(stream, decode(stream, messages).batch);
}

/** `takeOver`: before which message another decoder goes on with what was saved of the first. */
function decode(
  stream: Stream,
  messages: readonly TsharkMessage[],
  takeOver = Number.POSITIVE_INFINITY,
): { exporters: Decoder['exporters']; batch: FlowBatch } {
  let decoder = new Decoder();
  const batch = new FlowBatch(65_536);
  for (const [index, { from, data }] of messages.entries()) {
    if (index === takeOver) {
      const saved = decoder.save({ time: Date.now(), sequences: true });
      decoder = new Decoder();
      decoder.restore(saved, Date.now());
    }
    if (from === stream.address) decoder.decode(data, 0, data.length, parseAddress(from), 0, Date.now(), batch);
  }
  return { exporters: decoder.exporters, batch };
}
