import { formatAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { isBackup, Oddities } from './oddities.ts';
import { Random } from './random.ts';
import { dayRhythm, SYN, Traffic, type TrueFlow } from './traffic.ts';

const NOON = Date.UTC(2026, 0, 15, 12, 7);

/** A copy of each flow of so many seconds from a moment. */
function flowsOf(seconds: number, from = NOON, ordinary = true): TrueFlow[] {
  const cluster = new Cluster(1);
  const flows: TrueFlow[] = [];
  const traffic = new Traffic(cluster, new Random(3), (flow) => flows.push({ ...flow }));
  const oddities = new Oddities(cluster, traffic);
  for (let at = from; at < from + seconds * 1000; at += 100) {
    if (ordinary) traffic.step(at, 100, 1);
    oddities.step(at, 100);
  }
  return flows;
}

describe('the traffic of the demo', () => {
  const flows = flowsOf(10);

  it('is some thousands of flows a second over all nodes', () => {
    expect(flows.length / 10).toBeGreaterThan(3000);
    expect(flows.length / 10).toBeLessThan(6000);
    expect(new Set(flows.map((flow) => flow.node))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('has only flows that can be', () => {
    const impossible = flows.filter(
      ({ packets, bytes, start, end, srcPort, dstPort }) =>
        !Number.isInteger(packets) ||
        packets < 1 ||
        bytes < packets * 28 ||
        start > end ||
        !(srcPort > 0 && dstPort > 0),
    );
    expect(impossible).toEqual([]);
  });

  it('has both directions of most conversations', () => {
    const keys = new Set(flows.map((f) => `${f.src} ${f.srcPort} ${f.dst} ${f.dstPort}`));
    const answered = flows.filter((f) => keys.has(`${f.dst} ${f.dstPort} ${f.src} ${f.srcPort}`));
    expect(answered.length / flows.length).toBeGreaterThan(0.6);
  });

  it('has a long tail: the largest hundredth carries more than a third of the bytes', () => {
    const sizes = flows.map((flow) => flow.bytes).sort((a, b) => b - a);
    const sum = (list: readonly number[]) => list.reduce((total, bytes) => total + bytes, 0);
    expect(sum(sizes.slice(0, sizes.length / 100)) / sum(sizes)).toBeGreaterThan(1 / 3);
  });

  it('has IPv6 beside IPv4, and openings that were not answered', () => {
    expect(flows.some((flow) => flow.v6)).toBe(true);
    expect(flows.some((flow) => flow.flags === SYN && !flow.denied)).toBe(true);
  });

  it('follows the day', () => {
    expect(dayRhythm(Date.UTC(2026, 0, 15, 15))).toBeCloseTo(1);
    expect(dayRhythm(Date.UTC(2026, 0, 15, 3))).toBeCloseTo(0.4);
  });
});

describe('the oddities of the demo', () => {
  it('include a port scan every four minutes, all of it denied', () => {
    const scanned = (from: number) =>
      flowsOf(10, from, false).filter((flow) => flow.denied && flow.dstPort !== 5432).length;
    expect(scanned(Date.UTC(2026, 0, 15, 12, 8))).toBeGreaterThan(500);
    expect(scanned(Date.UTC(2026, 0, 15, 12, 9))).toBe(0);
  });

  it('include a backup at night and a short one every half hour', () => {
    expect(isBackup(Date.UTC(2026, 0, 15, 2, 10))).toBe(true);
    expect(isBackup(Date.UTC(2026, 0, 15, 9, 30, 30))).toBe(true);
    expect(isBackup(Date.UTC(2026, 0, 15, 9, 40))).toBe(false);
    const bytes = flowsOf(10, Date.UTC(2026, 0, 15, 2, 10), false).reduce((sum, flow) => sum + flow.bytes, 0);
    expect(bytes).toBeGreaterThan(300e6);
  });

  it('include a host outside that nobody knows and an address that the inventory does not have', () => {
    const seen = new Set(
      flowsOf(20, NOON, false).flatMap((flow) => [formatAddress(flow.src), formatAddress(flow.dst)]),
    );
    expect(seen).toContain('198.51.100.66');
    expect(seen).toContain('10.128.9.250');
  });
});
