import { Enricher } from '@weir/enrich';
import { FlowBatch, parseAddress } from '@weir/record';
import { Decoder, encodeIpfix, templateField } from '@weir/wire';
import { describe, expect, it } from 'vitest';
import { LaneReporter } from './lane-reporter.ts';

const NOW = 1_763_600_000_000;
const STATS = { backend: 'dgram', sockets: [], warnings: [] } as const;
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
    const report = new LaneReporter(0, decoder, new Enricher(), undefined).report(NOW, STATS, '');
    const described = report.exporters.map(({ protocols = [] }) =>
      protocols.flatMap(({ domains }) => domains.map(({ interfaces }) => interfaces.length)),
    );
    expect(described.slice(0, 21)).toEqual([...new Array(19).fill([5000]), [4940], []]);
    expect(report.exporters.map(({ protocols }) => protocols?.[0].protocol)).toEqual(new Array(24).fill('IPFIX'));
  });
});
