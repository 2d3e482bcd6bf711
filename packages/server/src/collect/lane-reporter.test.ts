import { Enricher } from '@weir/enrich';
import type { ListenerStats } from '@weir/listen';
import { ACCOUNT, FlowBatch, keyText, parseAddress } from '@weir/record';
import type { OpenManifest } from '@weir/spool';
import { Decoder, type DecoderOptions, encodeIpfix, templateField } from '@weir/wire';
import { describe, expect, it } from 'vitest';
import { CounterMemory, counterBytes, ROOM } from './account/counter-memory.ts';
import { LaneReporter } from './lane-reporter.ts';

const NOW = 1_763_600_000_000;
const STATS: ListenerStats = { backend: 'dgram', sockets: [], dropReadings: [], floods: [], warnings: [] };
const NAMES = { id: 512, scopes: 1, fields: [templateField(10), templateField(82, 4)] };

function reporterOf(options: DecoderOptions = {}) {
  const memory = CounterMemory.prepare(new ArrayBuffer(counterBytes((options.exporterCap ?? 100) * ROOM)));
  const decoder = new Decoder({ ...options, counters: memory });
  const enricher = new Enricher();
  const reporter = new LaneReporter({ lane: 0, decoder, enricher, memory, demo: undefined, spoolAgeMs: 1000 });
  return { memory, decoder, reporter };
}

const manifest = (exporters: OpenManifest['exporters']): OpenManifest => ({
  version: 2,
  name: 'a',
  rows: exporters.reduce((sum, [, rows]) => sum + rows, 0),
  bytes: 0,
  columns: [],
  exporters,
  spans: [],
  blocks: [],
});

describe('the report of a lane', () => {
  it('describes only so much of what exporters sent, and names their protocols all the same', () => {
    const { decoder, reporter } = reporterOf();
    const batch = new FlowBatch(65_536);
    const records = Array.from({ length: 5000 }, (_, index) => [index + 1, 'eth0']);
    for (let last = 1; last <= 24; last++) {
      const peer = parseAddress(`192.0.2.${last}`);
      const sets = [{ templates: [NAMES] }, { template: NAMES, records }];
      const { bytes } = encodeIpfix({ time: NOW, sysUptime: 0, sequence: 0, domain: 1 }, sets);
      decoder.decode(bytes, 0, bytes.length, peer, 0, NOW, batch);
    }
    const { exporters } = reporter.report(STATS, '');
    const described = exporters.map(({ protocols }) =>
      protocols.flatMap(({ domains }) => domains.map(({ interfaces }) => interfaces.length)),
    );
    expect(described.slice(0, 21)).toEqual([...new Array(19).fill([5000]), [4940], []]);
    expect(exporters.map(({ protocols }) => protocols[0].protocol)).toEqual(new Array(24).fill('IPFIX'));
    // Nobody is new, and nothing is told twice.
    expect(reporter.report(STATS, '').exporters).toEqual([]);
  });

  it('counts what the kernel dropped, and of that what only senders of floods lost', () => {
    const { decoder, reporter } = reporterOf();
    const socket = { host: '::', port: 1, receiveBufferWanted: 1, receiveBufferGranted: 1, datagrams: 1, bytes: 1 };
    const sockets = [
      { ...socket, kernelDropped: 7, floodDropped: 5 },
      { ...socket, kernelDropped: 2, floodDropped: 0 },
    ];
    reporter.report({ ...STATS, sockets }, '');
    const { counters } = decoder.exporters.unattributed;
    expect([counters[ACCOUNT.kernel_dropped], counters[ACCOUNT.flood_dropped]]).toEqual([9, 5]);
  });

  it('warns of the caps that the lane reached, and who reached them', () => {
    const { decoder, reporter } = reporterOf({ exporterCap: 1 });
    const batch = new FlowBatch(64);
    const { bytes } = encodeIpfix({ time: NOW, sysUptime: 0, sequence: 0, domain: 1 }, [{ templates: [NAMES] }]);
    for (const last of [1, 2]) decoder.decode(bytes, 0, bytes.length, parseAddress(`192.0.2.${last}`), 0, NOW, batch);
    decoder.tick(1e9);
    expect(reporter.report(STATS, '').warnings).toEqual([expect.stringMatching(/listen\.max_exporters.*192\.0\.2\.2/)]);
  });

  it('tells which exporters were evicted when their table fills, whose counters stay to be told', () => {
    const { memory, decoder, reporter } = reporterOf({ exporterCap: 20 });
    const batch = new FlowBatch(64);
    const receive = (last: number, now: number) =>
      decoder.decode(Uint8Array.of(0, 77, 0, 0), 0, 4, parseAddress(`192.0.2.${last}`), 0, now, batch);
    for (let last = 1; last <= 25; last++) receive(last, NOW + last);
    expect(decoder.exporters.unattributed.counters[ACCOUNT.datagrams_exporter_cap]).toBe(5);
    expect(reporter.report(STATS, 'No space left on device').evicted).toEqual([]);
    const { evicted } = reporter.report(STATS, '');
    expect(evicted).toHaveLength(5);
    expect(
      evicted
        .map((slot) => memory.view(slot))
        .map(({ released, counters }) => [released, counters[ACCOUNT.datagrams_unknown_protocol]]),
    ).toEqual(new Array(5).fill([true, 1]));
    receive(25, NOW + 1050);
    expect(reporter.report(STATS, '').exporters.map(({ address }) => address)).toEqual(['192.0.2.25']);
  });

  it('counts flows of an evicted exporter that are spooled only now as nobody’s, and says so in totals', () => {
    const { decoder, reporter } = reporterOf();
    const batch = new FlowBatch(64);
    decoder.decode(Uint8Array.of(0, 77, 0, 0), 0, 4, parseAddress('192.0.2.1'), 0, NOW, batch);
    const [exporter] = decoder.exporters.all();
    const key = keyText(exporter.key);
    expect(
      reporter.totals([
        [key, 2],
        ['7', 3],
        ['8', 4],
      ]),
    ).toEqual([
      [key, 2],
      ['0', 7],
    ]);
    expect(reporter.hasComplete).toBe(false);
    reporter.completed(
      manifest([
        [key, 2],
        ['7', 3],
      ]),
    );
    expect(reporter.hasComplete).toBe(true);
    expect(
      reporter.totals([
        [key, 1],
        ['7', 1],
      ]),
    ).toEqual([
      [key, 3],
      ['0', 4],
    ]);
    expect(exporter.counters[ACCOUNT.flows_spooled]).toBe(2);
    expect(decoder.exporters.unattributed.counters[ACCOUNT.flows_spooled]).toBe(3);
    expect(reporter.report(STATS, '').complete.map(({ rows }) => rows)).toEqual([5]);
    expect(reporter.report(STATS, '').complete).toEqual([]);
  });
});
