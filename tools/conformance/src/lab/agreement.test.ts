import { describe, expect, it } from 'vitest';
import {
  canTellOf,
  difference,
  differenceFrom,
  endsFor,
  samplingTolerance,
  truthFor,
  udpTruthFor,
} from './agreement.ts';
import { KINDS } from './kinds.ts';
import { STREAMS } from './observation.ts';
import type { Truth } from './traffic.ts';

const passed = (packets: number, bytes: number) => ({ packets, bytes });
const truth: Truth = {
  kind: KINDS.ipv4,
  leftSent: passed(1000, 1_000_000),
  rightSent: passed(500, 100_000),
  leftReceived: passed(490, 98_000),
  tcpPayload: 948_000,
  udpPayload: 40_000,
  udpPackets: 100,
  udpLost: 10,
};

describe('agreement with the truth', () => {
  it('is the relative difference, and none within a range', () => {
    expect(difference(99, 100)).toBeCloseTo(-0.01);
    expect(differenceFrom(95, 90, 100)).toBe(0);
    expect(differenceFrom(81, 90, 100)).toBeCloseTo(-0.1);
    expect(differenceFrom(110, 90, 100)).toBeCloseTo(0.1);
  });

  it('allows four standard deviations of a binomial sample', () => {
    // 10,000 packets of 1,000 bytes, one in ten taken: sqrt(9 * 10,000) = 300 packets, 3 %.
    const tolerance = samplingTolerance({ packets: 10_000, bytes: 10_000_000 }, 10, 1000);
    expect(tolerance.packets).toBeCloseTo(0.12);
    expect(tolerance.bytes).toBeCloseTo(0.12);
  });

  it('compares frames with exporters that count frames', () => {
    expect(truthFor(STREAMS.ovs_netflow5, truth, 'left').least).toEqual({ packets: 1000, bytes: 1_014_000 });
    expect(truthFor(STREAMS.ovs_ipfix, truth, 'left').least).toEqual({ packets: 1000, bytes: 1_000_000 });
  });

  it('leaves open what the switch dropped only for exporters in the switch', () => {
    expect(truthFor(STREAMS.ovs_ipfix, truth, 'right')).toMatchObject({
      least: { packets: 490 },
      most: { packets: 500 },
    });
    expect(truthFor(STREAMS.pmacct_ipfix, truth, 'right')).toMatchObject({ most: { packets: 490 } });
    expect(udpTruthFor(STREAMS.ovs_ipfix, truth)).toEqual({
      least: { packets: 90, bytes: 90 * 428 },
      most: { packets: 100, bytes: 100 * 428 },
    });
  });

  it('compares what is around a tunnel’s packets with exporters that do not look inside', () => {
    const tunnelled = { ...truth, kind: KINDS.vxlan };
    expect(endsFor(STREAMS.ovs_sflow, KINDS.vxlan).left).toBe('10.99.0.1');
    expect(endsFor(STREAMS.ovs_ipfix, KINDS.vxlan).left).toBe('10.77.1.1');
    expect(truthFor(STREAMS.ovs_sflow, tunnelled, 'left').least).toEqual({ packets: 1000, bytes: 1_000_000 });
    expect(truthFor(STREAMS.ovs_ipfix, tunnelled, 'left').least).toEqual({ packets: 1000, bytes: 1_050_000 });
    expect(truthFor(STREAMS.ovs_netflow5, tunnelled, 'left').least).toEqual({ packets: 1000, bytes: 1_064_000 });
  });

  it('expects no IPv6 of NetFlow v5', () => {
    expect(canTellOf(STREAMS.softflowd_netflow5, KINDS.ipv6)).toBe(false);
    expect(canTellOf(STREAMS.softflowd_netflow9, KINDS.ipv6)).toBe(true);
  });
});
