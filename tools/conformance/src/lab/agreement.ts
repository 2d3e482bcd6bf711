// How far what was measured may be from the truth, and why.
import { DIRECTION, FIELD, type FlowBatch, formatAddress, getNumber } from '@weir/record';
import { ETHERNET_HEADER, type Host, type Kind } from './kinds.ts';
import type { Stream } from './observation.ts';
import type { Direction, Truth } from './traffic.ts';

/** What a collector made of some flows, or what they were. */
export interface Measured {
  readonly bytes: number;
  readonly packets: number;
}

/** Relative difference allowed where every packet is looked at: exporters miss the odd packet at their start and end. */
export const UNSAMPLED_TOLERANCE = 0.02;

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

/** Whether a stream of this exporter's can tell of such traffic at all. */
export function canTellOf(stream: Stream, kind: Kind): boolean {
  // A record of NetFlow v5 has room for two IPv4 addresses and no more.
  return kind.name !== 'ipv6' || stream.source !== 'netflow5';
}

/** Whether the stream tells of the packets in a tunnel, by their headers. Others see the tunnel's own ends. */
export function looksInside(stream: Stream, { tunnel }: Kind): boolean {
  return tunnel !== undefined && stream.source === 'sflow5';
}

/** The addresses under which a stream tells of the traffic. */
export function endsFor(stream: Stream, kind: Kind): Readonly<Record<Host, string>> {
  return kind.tunnel === undefined || looksInside(stream, kind) ? kind : kind.tunnel;
}

/** Bytes a packet that the stream counts on top of those from the packet's own IP header on. */
export function extraBytes(stream: Stream, kind: Kind): number {
  const outside = looksInside(stream, kind) ? 0 : kind.encapsulation;
  return stream.counts === 'frame' ? outside + ETHERNET_HEADER : outside;
}

/**
 * What passed where the stream's exporter looks, sent by the left or the right host, in the bytes that it counts. On a busy
 * machine the switch drops frames of the right host, some before it counts them and some after: what the switch counts is then
 * between what the right host sent and what the left host received.
 */
export function truthFor(stream: Stream, truth: Truth, sender: Host): TrueRange {
  const extra = extraBytes(stream, truth.kind);
  const counted = ({ packets, bytes }: Direction): Measured => ({ packets, bytes: bytes + packets * extra });
  const least = counted(sender === 'left' ? truth.leftSent : truth.leftReceived);
  return { least, most: sender === 'right' && stream.watches === 'switch' ? counted(truth.rightSent) : least };
}

/** What passed of the UDP datagrams that iperf3 sent from right to left, in the bytes that the stream counts. */
export function udpTruthFor(stream: Stream, truth: Truth): TrueRange {
  const datagram = truth.udpPayload / truth.udpPackets + truth.kind.udpHeaders + extraBytes(stream, truth.kind);
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
export function toleranceFor(stream: Stream, kind: Kind, truth: Measured): Measured {
  if (stream.sampling === 1) return { bytes: UNSAMPLED_TOLERANCE, packets: UNSAMPLED_TOLERANCE };
  return samplingTolerance(truth, stream.sampling, kind.mtu);
}

/** Sums of a stream by sender, receiver and protocol: `10.77.0.1 10.77.0.2 6`. */
export type Sums = ReadonlyMap<string, Measured>;

/** Sums of the rows of a batch that belong to the stream. */
export function sumRows(stream: Stream, batch: FlowBatch): Sums {
  const [bytes, packets] = [batch.use(FIELD.bytes), batch.use(FIELD.packets)];
  const [senders, receivers] = [batch.use(FIELD.src_addr), batch.use(FIELD.dst_addr)];
  const [protocols, directions] = [batch.use(FIELD.proto), batch.use(FIELD.direction)];
  const sums = new Map<string, Measured>();
  for (let row = 0; row < batch.length; row++) {
    if (stream.direction === 'ingress' && directions[row] !== DIRECTION.ingress) continue;
    const key = sumKey(formatAddress(senders, row * 4), formatAddress(receivers, row * 4), protocols[row]);
    const sum = sums.get(key) ?? { bytes: 0, packets: 0 };
    sums.set(key, { bytes: sum.bytes + getNumber(bytes, row), packets: sum.packets + getNumber(packets, row) });
  }
  return sums;
}

export const sumKey = (sender: string, receiver: string, protocol: number): string =>
  `${sender} ${receiver} ${protocol}`;

/** Sum over protocols of what one address sent to another. */
export function sentBetween(sums: Sums, sender: string, receiver: string): Measured {
  const own = [...sums].filter(([key]) => key.startsWith(`${sender} ${receiver} `)).map(([, sum]) => sum);
  return {
    bytes: own.reduce((total, { bytes }) => total + bytes, 0),
    packets: own.reduce((total, { packets }) => total + packets, 0),
  };
}
