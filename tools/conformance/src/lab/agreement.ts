// How far what was measured may be from the truth, and why.
import { DIRECTION, FIELD, type FlowBatch, formatAddress, getNumber } from '@weir/record';
import type { Stream } from './observation.ts';
import { type Direction, ETHERNET_HEADER, type Truth, UDP_HEADERS } from './traffic.ts';

/** What a collector made of some flows, or what they were. */
export interface Measured {
  readonly bytes: number;
  readonly packets: number;
}

/** Relative difference allowed where every packet is looked at: exporters miss the odd packet at their start and end. */
export const UNSAMPLED_TOLERANCE = 0.02;

/** The MTU of the hosts' interfaces, in bytes from the IP header on. */
const LONGEST_PACKET = 1500;

/** Standard deviations that a sampled figure may be off: four is exceeded by chance once in 16,000 times. */
const DEVIATIONS = 4;

/**
 * Relative difference that sampling explains when each packet is taken with probability 1/`rate` and counted `rate`
 * times. Of n packets the estimate has variance n(rate - 1); of bytes, the sum of the squared lengths times (rate - 1),
 * which is at most the longest packet times all bytes times (rate - 1).
 */
export function samplingTolerance(truth: Measured, rate: number, longestPacket: number): Measured {
  const packets = (DEVIATIONS * Math.sqrt((rate - 1) * truth.packets)) / truth.packets;
  const bytes = (DEVIATIONS * Math.sqrt((rate - 1) * longestPacket * truth.bytes)) / truth.bytes;
  return { packets, bytes };
}

/** Relative difference of a figure from the truth: -0.01 is one percent too little. */
export function difference(measured: number, truth: number): number {
  return measured / truth - 1;
}

/** The truth, or where a switch that drops frames leaves it open, the least and the most that it can be. */
export interface TrueRange {
  readonly least: Measured;
  readonly most: Measured;
}

/**
 * What passed where the stream's exporter looks, sent by the left or the right host, in the bytes that it counts. On a busy
 * machine the switch drops frames of the right host, some before it counts them and some after: what the switch counts is then
 * between what the right host sent and what the left host received.
 */
export function truthFor(stream: Stream, truth: Truth, sender: 'left' | 'right'): TrueRange {
  const counted = (passed: Direction): Measured => ({
    packets: passed.packets,
    bytes: stream.counts === 'frame' ? passed.frameBytes : passed.bytes,
  });
  const least = counted(sender === 'left' ? truth.leftSent : truth.leftReceived);
  return { least, most: sender === 'right' && stream.watches === 'switch' ? counted(truth.rightSent) : least };
}

/** What passed of the UDP datagrams that iperf3 sent from right to left, in the bytes that the stream counts. */
export function udpTruthFor(stream: Stream, truth: Truth): TrueRange {
  const datagram = truth.udpPayload / truth.udpPackets + UDP_HEADERS + extraBytes(stream);
  const of = (packets: number): Measured => ({ packets, bytes: packets * datagram });
  const least = of(truth.udpPackets - truth.udpLost);
  return { least, most: stream.watches === 'switch' ? of(truth.udpPackets) : least };
}

/** Relative difference of a figure from the nearest that can be true; 0 within the range. */
export function differenceFrom(measured: number, least: number, most: number): number {
  if (measured < least) return difference(measured, least);
  return measured > most ? difference(measured, most) : 0;
}

/** Relative differences allowed for a stream whose true figures are given. */
export function toleranceFor(stream: Stream, truth: Measured): Measured {
  if (stream.sampling === 1) return { bytes: UNSAMPLED_TOLERANCE, packets: UNSAMPLED_TOLERANCE };
  return samplingTolerance(truth, stream.sampling, LONGEST_PACKET);
}

/** Bytes a packet that the stream counts on top of IP. */
export function extraBytes(stream: Stream): number {
  return stream.counts === 'frame' ? ETHERNET_HEADER : 0;
}

/** Sums of a stream by sender and protocol: `10.77.0.1 6`. */
export type Sums = ReadonlyMap<string, Measured>;

/** Sums of the rows of a batch that belong to the stream. */
export function sumRows(stream: Stream, batch: FlowBatch): Sums {
  const [bytes, packets] = [batch.use(FIELD.bytes), batch.use(FIELD.packets)];
  const [addresses, protocols, directions] = [
    batch.use(FIELD.src_addr),
    batch.use(FIELD.proto),
    batch.use(FIELD.direction),
  ];
  const sums = new Map<string, Measured>();
  for (let row = 0; row < batch.length; row++) {
    if (stream.direction === 'ingress' && directions[row] !== DIRECTION.ingress) continue;
    const key = `${formatAddress(addresses, row * 4)} ${protocols[row]}`;
    const sum = sums.get(key) ?? { bytes: 0, packets: 0 };
    sums.set(key, { bytes: sum.bytes + getNumber(bytes, row), packets: sum.packets + getNumber(packets, row) });
  }
  return sums;
}

/** Sum over protocols of what an address sent. */
export function sentBy(sums: Sums, address: string): Measured {
  const own = [...sums].filter(([key]) => key.startsWith(`${address} `)).map(([, sum]) => sum);
  return {
    bytes: own.reduce((total, { bytes }) => total + bytes, 0),
    packets: own.reduce((total, { packets }) => total + packets, 0),
  };
}
