import {
  ACCOUNT,
  BALANCES,
  exporterKey,
  FlowBatch,
  formatAddress,
  keyText,
  parseAddress,
  parseNetwork,
  SOURCE,
} from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from './ipfix/encode.ts';
import { NAMES } from './named-exporters.ts';
import { encodeSflowDatagram, interfaceCountersRecord, type SflowSample } from './sflow/index.ts';
import { templateField } from './template/encode.ts';
import { ipv4, NOW, TestCollector, UPTIME } from './testing/collector.ts';
import { flowSample, headerOf, tcpFrame } from './testing/sflow.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0, domain: 1 };
const HOUR = 3_600_000;
const NAMING = { id: 256, fields: [templateField(8), templateField(403)] };

/** A message of a mediator whose records name exporters. */
function naming(addresses: readonly string[]): Uint8Array {
  const records = addresses.map((address) => [ipv4('10.0.0.1'), ipv4(address)]);
  return encodeIpfix(CONTEXT, [{ templates: [NAMING] }, { template: NAMING, records }]).bytes;
}

function sflow(agent: string, samples: readonly SflowSample[], subAgent = 0, sequence = 1): Uint8Array {
  return encodeSflowDatagram({ agent: parseAddress(agent), subAgent, sequence, uptime: 1 }, samples);
}

const names = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `10.7.${(from + i) >> 8}.${(from + i) & 255}`);
const known = (collector: TestCollector) => collector.decoder.exporters.all().map(({ address }) => address);
const exporterOf = (collector: TestCollector, address: string) =>
  collector.decoder.exporters.find(parseAddress(address), 0);

describe('a sender that names other exporters', () => {
  it('may name a few; rows of further ones stay its own and are counted', () => {
    const collector = new TestCollector();
    const rows = collector.receive(naming(names(0, NAMES + 4)));
    const own = keyText(collector.peer.key);
    expect(rows.filter(({ exporter }) => exporter === own)).toHaveLength(4);
    expect(rows[3].exporter).toBe(keyText(exporterKey('10.7.0.3')));
    expect(known(collector)).toEqual(['192.0.2.1', ...names(0, NAMES)]);
    expect(collector.counts()).toMatchObject({ flows_received: 4, flows_names_cap: 4, datagrams_decoded: 1 });
    expect(collector.counts(exporterOf(collector, '10.7.0.3'))).toEqual({ flows_received: 1 });
    expect(collector.decoder.warnings()).toEqual([
      expect.stringMatching(/most by 192\.0\.2\.1\)\. .*listen\.mediators$/),
    ]);
  });

  it('may name as many as there are where the configuration trusts it', () => {
    const collector = new TestCollector({ mediators: [parseNetwork('192.0.2.0/24')] });
    for (let from = 0; from < 1000; from += 100) collector.receive(naming(names(from, 100)));
    expect(known(collector)).toHaveLength(1001);
    expect(collector.counts().flows_names_cap).toBeUndefined();
  });

  it('may not name exporters that others made either, beyond its few', () => {
    const collector = new TestCollector({ mediators: [parseNetwork('192.0.2.1/32')] });
    collector.receive(naming(names(0, 100)));
    const other = parseAddress('198.51.100.1');
    const bytes = naming(names(50, 20));
    const batch = new FlowBatch(2000);
    collector.decoder.decode(bytes, 0, bytes.length, other, 0, NOW, batch);
    expect(collector.counts(exporterOf(collector, '198.51.100.1'))).toMatchObject({
      flows_received: 4,
      flows_names_cap: 4,
    });
  });

  it('gets back the places of names that it did not use for an hour', () => {
    const collector = new TestCollector();
    collector.decoder.tick(0);
    collector.receive(naming(names(0, NAMES)));
    collector.decoder.tick(HOUR / 2);
    collector.receive(naming(names(0, 1)));
    collector.decoder.tick(HOUR + 1);
    collector.receive(naming(names(100, NAMES)));
    expect(collector.counts()).toMatchObject({ flows_names_cap: 1 });
    collector.receive(naming(names(0, 1)));
    expect(collector.counts(exporterOf(collector, '10.7.0.0'))).toEqual({ flows_received: 3 });
  });

  it('gets back the places of names that were evicted, and may name them again', () => {
    const collector = new TestCollector({ exporterCap: NAMES + 2 });
    collector.decoder.tick(0);
    collector.receive(naming(names(0, NAMES)));
    collector.decoder.tick(10_000);
    collector.receive(naming(names(0, 1)));
    expect(collector.decoder.exporters.retire(10_000)).toHaveLength(4);
    const before = exporterOf(collector, '10.7.0.1');
    expect(before).toBeUndefined();
    collector.receive(naming(names(0, 2)));
    expect(collector.counts(exporterOf(collector, '10.7.0.1'))).toEqual({ flows_received: 1 });
    expect(collector.counts().flows_names_cap).toBeUndefined();
  });

  it('leaves the sums whole, whoever the rows belong to', () => {
    const collector = new TestCollector();
    let rows = 0;
    for (let from = 0; from < 40; from += 7) {
      rows += collector.receive(naming(names(from, 9))).length;
      rows += collector.receive(sflow(`10.7.0.${from}`, [flowSample([headerOf(tcpFrame)])])).length;
    }
    const all = collector.decoder.exporters.all();
    const sum = (account: number) => all.reduce((total, { counters }) => total + counters[account], 0);
    expect(sum(ACCOUNT.flows_received)).toBe(rows);
    const [datagrams] = BALANCES;
    expect(sum(ACCOUNT[datagrams.total])).toBe(datagrams.parts.reduce((total, part) => total + sum(ACCOUNT[part]), 0));
    for (const { counters } of all) expect(Math.min(...counters)).toBe(0);
  });
});

describe('a sender of sFlow', () => {
  it('may relay a few agents; samples of further ones are its own, scaled as they are', () => {
    const collector = new TestCollector();
    const rows = names(0, NAMES + 3).flatMap((agent) =>
      collector.receive(sflow(agent, [flowSample([headerOf(tcpFrame)])])),
    );
    expect(rows.map(({ exporter }) => exporter).slice(-4)).toEqual([
      keyText(exporterKey(names(NAMES - 1, 1)[0])),
      ...new Array(3).fill(keyText(collector.peer.key)),
    ]);
    expect(rows.map(({ bytes }) => bytes)).toEqual(new Array(NAMES + 3).fill(40_000));
    expect(collector.counts()).toMatchObject({ datagrams_decoded: 3, flows_received: 3, flows_names_cap: 3 });
    // Sequences of different agents under one sender would look like losses.
    expect(collector.counts().sequence_lost_datagrams).toBeUndefined();
  });

  it('pays for what it makes us keep of an agent, and pushes out nothing that the agent told', () => {
    const collector = new TestCollector({ limits: { domains: 4, options: 4 } });
    const counters = (ifIndex: number): SflowSample => ({
      kind: 'counter',
      sequence: 1,
      source: { class: 0, index: ifIndex },
      records: [interfaceCountersRecord({ ifIndex, speed: 1e9 })],
    });
    collector.receive(sflow('192.0.2.1', [1, 2, 3].map(counters)));
    const forger = parseAddress('198.51.100.1');
    const batch = new FlowBatch(2000);
    for (let subAgent = 0; subAgent < 50; subAgent++) {
      const bytes = sflow('192.0.2.1', [7, 8, 9].map(counters), subAgent);
      collector.decoder.decode(bytes, 0, bytes.length, forger, 0, NOW, batch);
    }
    const told = collector.peer.protocols.get(SOURCE.sflow5)?.describe().domains ?? [];
    expect(told[0].interfaces.map(({ ifIndex }) => ifIndex)).toEqual([1, 2, 3]);
    expect(told).toHaveLength(5);
    expect(collector.peer.memory.held).toBeLessThan(collector.decoder.exporters.memory.held);
  });

  it('that changes its address goes on in the sequence of its agent', () => {
    const collector = new TestCollector();
    const batch = new FlowBatch(2000);
    for (const [sequence, last] of [1, 2, 1, 1, 2].entries()) {
      const bytes = sflow('10.9.0.1', [], 3, sequence + 10);
      collector.decoder.decode(bytes, 0, bytes.length, parseAddress(`192.0.2.${last}`), 0, NOW, batch);
    }
    expect(collector.counts(exporterOf(collector, '10.9.0.1'))).toEqual({
      datagrams_received: 5,
      datagrams_decoded: 5,
    });
  });

  it('that is evicted takes along what it told of its agents, and an agent that is evicted frees its sender', () => {
    const collector = new TestCollector({ exporterCap: 10 });
    const { exporters } = collector.decoder;
    collector.decoder.tick(0);
    for (let agent = 1; agent <= 9; agent++)
      collector.receive(sflow(`10.9.0.${agent}`, [flowSample([headerOf(tcpFrame)])]));
    const { held } = exporters.memory;
    expect(held).toBe(collector.peer.memory.held);
    collector.decoder.tick(10_000);
    for (let agent = 4; agent <= 9; agent++)
      collector.receive(sflow(`10.9.0.${agent}`, [flowSample([headerOf(tcpFrame)])]));
    expect(exporters.retire(10_000).map(({ words }) => formatAddress(words))).toEqual([
      '10.9.0.1',
      '10.9.0.2',
      '10.9.0.3',
    ]);
    expect(exporters.memory.held).toBe((held / 9) * 6);

    collector.decoder.tick(20_000);
    // The agents speak for themselves now, and others come: the sender is the longest silent.
    for (const address of ['10.9.0.4', '10.9.0.5', '172.16.0.1', '172.16.0.2', '172.16.0.3']) {
      const bytes = sflow(address, []);
      collector.decoder.decode(bytes, 0, bytes.length, parseAddress(address), 0, NOW, new FlowBatch(200));
    }
    exporters.retire(10_000);
    expect(exporters.find(collector.peer.words, 0)).toBeUndefined();
    const [agent] = exporters.all();
    expect(agent.address).toBe('10.9.0.4');
    expect(agent.protocols.get(SOURCE.sflow5)?.describe().domains).toMatchObject([{ sampling: [] }]);
    expect(exporters.memory.held).toBe(agent.memory.held * 5);
  });
});
