// The demo's own datagrams through the decoder and the enrichment, against the truth they were made from.
import { Enricher, inventoryEntities } from '@weir/enrich';
import { ACCOUNT, FIELD, FlowBatch, getBigInt, getNumber, parseAddress, SOURCE, VERDICT } from '@weir/record';
import { Decoder } from '@weir/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import { Cluster, exporterAddress, NODES } from './cluster.ts';
import { makeFleet } from './fleet.ts';
import { Oddities } from './oddities.ts';
import { Random } from './random.ts';
import { Traffic } from './traffic.ts';

const START = Date.UTC(2026, 0, 15, 12, 7);
const SECONDS = 60;
const TICK = 100;

interface Totals {
  bytes: number;
  packets: number;
}

/** One exporter's totals: the truth, and what came of it. */
interface Compared {
  readonly truth: Totals;
  readonly stored: Totals;
  /** Bytes and packets as counted, before scaling. */
  readonly counted: Totals;
  /** Sum of (size of packet)² over sampled packets × rate: the variance of the estimate. */
  variance: number;
}

function newTotals(): Totals {
  return { bytes: 0, packets: 0 };
}

/** A minute of the demo, each datagram decoded at once; `loss` applies to the exporters that have it. */
function playMinute() {
  const cluster = new Cluster(1);
  const random = new Random(99);
  const fleet = makeFleet(cluster, random, START);
  const compared = NODES.map((): Compared => {
    return { truth: newTotals(), stored: newTotals(), counted: newTotals(), variance: 0 };
  });
  let now = START;
  // The careless exporter's first seconds cannot be read: its truth counts from its first template on.
  const careful = () => now >= START + 6000;
  const traffic = new Traffic(cluster, random, (flow) => {
    const member = fleet[flow.node];
    member.take(flow);
    if (careful() && !(flow.v6 && flow.node === 0)) {
      compared[flow.node].truth.bytes += flow.bytes;
      compared[flow.node].truth.packets += flow.packets;
    }
  });
  const oddities = new Oddities(cluster, traffic);
  const decoder = new Decoder();
  const enricher = new Enricher();
  enricher.load(cluster.inventory);
  const batch = new FlowBatch(40_000);
  const names = new Map(inventoryEntities(cluster.inventory, 1).map((row) => [row.key, row.name] as const));
  const seen = {
    flows: 0,
    named: 0,
    sources: new Set<number>(),
    pods: new Set<string>(),
    unresolved: new Set<string>(),
  };
  const denied = { netflow9: 0, ipfix: 0 };
  const datagrams = { made: 0, longest: 0 };

  for (; now < START + SECONDS * 1000; now += TICK) {
    traffic.step(now, TICK, 1);
    oddities.step(now, TICK);
    for (const [index, member] of fleet.entries()) {
      const peer = parseAddress(exporterAddress(index));
      for (const speaker of member.speakers) {
        for (const datagram of speaker.flush(now)) {
          datagrams.made++;
          datagrams.longest = Math.max(datagrams.longest, datagram.length);
          if (member.loss > 0 && random.chance(member.loss)) continue;
          batch.clear();
          decoder.decode(datagram, 0, datagram.length, peer, 0, now, batch);
          enricher.enrich(batch, 0, batch.length);
          for (const row of enricher.drainEntities()) seen.unresolved.add(row.name);
          const one = compared[index];
          for (let row = 0; row < batch.length; row++) {
            seen.flows++;
            seen.sources.add(batch.use(FIELD.source)[row]);
            const ends = [batch.use(FIELD.src_entity), batch.use(FIELD.dst_entity)].map((column) =>
              names.get(getBigInt(column, row).toString()),
            );
            if (ends.some((name) => name !== undefined)) seen.named++;
            for (const name of ends) if (name !== undefined) seen.pods.add(name);
            if (batch.has(FIELD.verdict) && batch.use(FIELD.verdict)[row] === VERDICT.dropped) denied.ipfix++;
            if (batch.has(FIELD.forwarding_status) && batch.use(FIELD.forwarding_status)[row] === 129)
              denied.netflow9++;
            if (!careful()) continue;
            const packets = getNumber(batch.use(FIELD.packets_sampled), row);
            const bytes = getNumber(batch.use(FIELD.bytes_sampled), row);
            const rate = batch.use(FIELD.sampling_rate)[row];
            one.stored.bytes += getNumber(batch.use(FIELD.bytes), row);
            one.stored.packets += getNumber(batch.use(FIELD.packets), row);
            one.counted.bytes += bytes;
            one.counted.packets += packets;
            one.variance += packets * (bytes / packets) ** 2 * rate * (rate - 1);
          }
        }
      }
    }
  }
  const exporters = new Map(decoder.exporters.all().map((exporter) => [exporter.address, exporter]));
  return { compared, exporters, seen, denied, datagrams };
}

describe('a minute of the demo', () => {
  let minute: ReturnType<typeof playMinute>;
  beforeAll(() => {
    minute = playMinute();
  });
  const counter = (node: number, account: keyof typeof ACCOUNT) =>
    minute.exporters.get(exporterAddress(node))?.counters[ACCOUNT[account]];

  it('comes from six exporters in all four protocols', () => {
    expect([...minute.exporters.keys()].sort()).toEqual(NODES.map((_, node) => exporterAddress(node)));
    expect(minute.seen.sources).toEqual(new Set([SOURCE.netflow5, SOURCE.netflow9, SOURCE.ipfix, SOURCE.sflow5]));
  });

  it('is decoded whole, in datagrams that fit an MTU of 1,500', () => {
    for (const exporter of minute.exporters.values()) {
      expect(exporter.counters[ACCOUNT.datagrams_decoded]).toBe(exporter.counters[ACCOUNT.datagrams_received]);
    }
    expect(minute.datagrams.longest).toBeLessThanOrEqual(1472);
  });

  it('is named: both the pods of the inventory and the address it does not have', () => {
    expect(minute.seen.named / minute.seen.flows).toBeGreaterThan(0.99);
    expect(minute.seen.pods.size).toBeGreaterThan(90);
    expect(minute.seen.unresolved).toEqual(new Set(['10.128.9.250']));
  });

  it.each([0, 1, 2, 3, 4])('agrees with the truth at exporter %d as far as sampling lets it', (node) => {
    const { truth, stored, variance, counted } = minute.compared[node];
    // Five standard deviations; where nothing is sampled, exactly.
    expect(Math.abs(stored.bytes - truth.bytes)).toBeLessThanOrEqual(5 * Math.sqrt(variance) + counted.packets * 0.5);
    expect(stored.packets / truth.packets).toBeGreaterThan(0.9);
    expect(stored.packets / truth.packets).toBeLessThan(1.1);
  });

  it('has the counters of every unsampled flow exactly', () => {
    expect(minute.compared[0].stored).toEqual(minute.compared[0].truth);
  });

  it('lacks datagrams only from the exporter that loses them', () => {
    for (const node of [0, 1, 2, 3, 4]) {
      expect(counter(node, 'sequence_lost_flows')).toBe(0);
      expect(counter(node, 'sequence_lost_datagrams')).toBe(0);
    }
    expect(counter(5, 'sequence_lost_flows')).toBeGreaterThan(10);
    expect(counter(5, 'sequence_lost_datagrams')).toBeGreaterThan(5);
  });

  it('has data before its template only from the exporter that sends it late', () => {
    expect(counter(1, 'sets_no_template')).toBeGreaterThan(10);
    for (const node of [0, 2, 3, 4]) expect(counter(node, 'sets_no_template')).toBe(0);
  });

  it('names interfaces and gives sampling rates', () => {
    const summaries = (node: number) =>
      [...(minute.exporters.get(exporterAddress(node))?.protocols.values() ?? [])].map((state) => state.describe());
    const rates = (node: number) =>
      summaries(node).flatMap(({ domains }) => domains.flatMap(({ sampling }) => sampling));
    expect(rates(0).map(({ rate }) => rate)).toEqual([1]);
    expect(rates(1).map(({ rate }) => rate)).toEqual([100]);
    expect(rates(2).map(({ rate }) => rate)).toEqual([10]);
    expect(new Set(rates(3).map(({ rate }) => rate))).toEqual(new Set([512]));
    for (const node of [2, 3, 4]) {
      const interfaces = summaries(node).flatMap(({ domains }) => domains.flatMap((domain) => domain.interfaces));
      expect(interfaces.find(({ ifIndex }) => ifIndex === 1)?.name).toBe('eth0');
      expect(interfaces.length).toBeGreaterThan(10);
    }
  });

  it('has denied connections, as NetFlow v9 and as IPFIX say it', () => {
    expect(minute.denied.netflow9).toBeGreaterThan(0);
    expect(minute.denied.ipfix).toBeGreaterThan(0);
  });
});
