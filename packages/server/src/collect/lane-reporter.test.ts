import { Enricher } from '@weir/enrich';
import { ACCOUNT, FlowBatch, parseAddress } from '@weir/record';
import { Decoder, encodeIpfix, templateField } from '@weir/wire';
import { describe, expect, it } from 'vitest';
import { LaneReporter } from './lane-reporter.ts';

const NOW = 1_763_600_000_000;
const STATS = { backend: 'dgram', sockets: [], dropReadings: [], floods: [], warnings: [] } as const;
const NAMES = { id: 512, scopes: 1, fields: [templateField(10), templateField(82, 4)] };

describe('the report of a lane', () => {
  it('describes only so much of what exporters sent, and names their protocols all the same', () => {
    const decoder = new Decoder();
    const batch = new FlowBatch(65_536);
    const records = Array.from({ length: 5000 }, (_, index) => [index + 1, 'eth0']);
    for (let last = 1; last <= 24; last++) {
      const peer = parseAddress(`192.0.2.${last}`);
      const sets = [{ templates: [NAMES] }, { template: NAMES, records }];
      const { bytes } = encodeIpfix({ time: NOW, sysUptime: 0, sequence: 0, domain: 1 }, sets);
      decoder.decode(bytes, 0, bytes.length, peer, 0, NOW, batch);
    }
    const report = new LaneReporter(0, decoder, new Enricher(), undefined, 1000).report(NOW, STATS, '');
    const described = report.exporters.map(({ protocols = [] }) =>
      protocols.flatMap(({ domains }) => domains.map(({ interfaces }) => interfaces.length)),
    );
    expect(described.slice(0, 21)).toEqual([...new Array(19).fill([5000]), [4940], []]);
    expect(report.exporters.map(({ protocols }) => protocols?.[0].protocol)).toEqual(new Array(24).fill('IPFIX'));
  });

  it('tells the last counters of exporters that it forgets when their table fills, and nothing more of them', () => {
    const decoder = new Decoder({ exporterCap: 20 });
    const batch = new FlowBatch(64);
    const reporter = new LaneReporter(0, decoder, new Enricher(), undefined, 1000);
    const receive = (last: number, now: number) =>
      decoder.decode(Uint8Array.of(0, 77, 0, 0), 0, 4, parseAddress(`192.0.2.${last}`), 0, now, batch);
    for (let last = 1; last <= 25; last++) receive(last, NOW + last);
    expect(decoder.exporters.unattributed.counters[ACCOUNT.datagrams_exporter_cap]).toBe(5);
    expect(reporter.report(NOW + 1020, STATS, 'No space left on device').retired).toEqual([]);
    const late = reporter.report(NOW + 1021, STATS, '');
    expect(late.exporters.map(({ counters }) => counters[ACCOUNT.datagrams_unknown_protocol])).toEqual(
      new Array(20).fill(1),
    );
    expect(late.retired).toEqual(late.exporters.slice(0, 5).map(({ key }) => key));
    receive(25, NOW + 1050);
    const after = reporter.report(NOW + 1050, STATS, '');
    expect(after.exporters.map(({ address }) => address)).toEqual(
      [...Array.from({ length: 15 }, (_, index) => index + 6), 25].map((last) => `192.0.2.${last}`),
    );
    // Flows of a forgotten exporter that are spooled only now are nobody's.
    reporter.countByKey([[late.retired[0], 3]], 'flows_spooled');
    expect(decoder.exporters.unattributed.counters[ACCOUNT.flows_spooled]).toBe(3);
  });
});
