import { ACCOUNT, SOURCE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from './ipfix/encode.ts';
import { encodeSflowDatagram, interfaceCountersRecord } from './sflow/index.ts';
import { StateMemory } from './state-memory.ts';
import { templateField } from './template/encode.ts';
import { NOW, TestCollector, UPTIME } from './testing/collector.ts';
import { header, SflowCollector } from './testing/sflow.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME };
const NAMES = { id: 512, scopes: 1, fields: [templateField(10), templateField(82, 100)] };

function names(domain: number, count: number, length = 100): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => [index + 1, 'x'.repeat(length)]);
  return encodeIpfix({ ...CONTEXT, sequence: 0, domain }, [{ templates: [NAMES] }, { template: NAMES, records }]).bytes;
}

function interfacesOf(collector: TestCollector): number {
  const domains = collector.peer.protocols.get(SOURCE.ipfix)?.describe().domains ?? [];
  return domains.reduce((sum, { interfaces }) => sum + interfaces.length, 0);
}

describe('what exporters make us keep', () => {
  it('is bounded for one exporter over all its observation domains', () => {
    const collector = new TestCollector();
    for (let domain = 0; domain < 256; domain++) {
      collector.receive(names(domain, 500));
    }
    // 16 MiB at 2 kB a domain, 512 bytes a template and 392 bytes an interface.
    expect(interfacesOf(collector)).toBeGreaterThan(40_000);
    expect(interfacesOf(collector)).toBeLessThan(43_000);
  });

  it('is bounded for all exporters together: domains, templates and options past it are refused and counted', () => {
    const collector = new TestCollector({ stateBytes: 2048 + 512 + 2 * 392 });
    collector.receive(names(1, 5));
    expect(interfacesOf(collector)).toBe(2);
    const other = { id: 600, fields: [templateField(4)] };
    collector.receive(encodeIpfix({ ...CONTEXT, sequence: 5, domain: 1 }, [{ templates: [other] }]).bytes);
    collector.receive(names(2, 1));
    expect(collector.counts()).toMatchObject({ templates_refused: 1, datagrams_exporter_cap: 1 });
  });

  it('is given back when a template is replaced', () => {
    const collector = new TestCollector({ stateBytes: 2048 + 2 * 256 });
    for (const element of [4, 5, 6, 7, 8]) {
      const template = { id: 256, fields: [templateField(element), templateField(1)] };
      collector.receive(encodeIpfix({ ...CONTEXT, sequence: 0, domain: 1 }, [{ templates: [template] }]).bytes);
    }
    expect(collector.counts()).toMatchObject({ templates_received: 5 });
  });

  it('leaves NetFlow v5 engines and sFlow agents past it their flows', () => {
    const collector = new TestCollector({ stateBytes: 2048 });
    const message = new Uint8Array(72);
    message.set([0, 5, 0, 1]);
    for (let engine = 0; engine < 3; engine++) {
      message[21] = engine;
      collector.receive(message);
    }
    expect(collector.counts()).toMatchObject({ datagrams_decoded: 3, flows_received: 3 });
    expect(collector.peer.protocols.get(SOURCE.netflow5)?.describe().domains).toHaveLength(1);

    const sflow = new SflowCollector({ stateBytes: 2048 + 702 });
    const records = [1, 2, 3].map((ifIndex) => interfaceCountersRecord({ ifIndex, speed: 1e9 }));
    sflow.take(
      encodeSflowDatagram(header, [{ kind: 'counter', sequence: 1, source: { class: 0, index: 1 }, records }]),
    );
    const [, agent] = sflow.decoder.exporters.all();
    expect(agent.counters[ACCOUNT.datagrams_decoded]).toBe(1);
    expect(agent.protocols.get(SOURCE.sflow5)?.describe().domains[0].interfaces).toHaveLength(1);
  });

  it('is described as far as there is room', () => {
    const collector = new TestCollector();
    for (const domain of [1, 2, 3]) collector.receive(names(domain, 3, 10));
    const room = { left: 9 };
    const summary = collector.peer.protocols.get(SOURCE.ipfix)?.describe(room);
    // A domain takes one, a template two, an interface one.
    expect(summary?.domains.map(({ templates, interfaces }) => [templates.length, interfaces.length])).toEqual([
      [1, 3],
      [1, 0],
    ]);
    expect(room.left).toBe(0);
  });
});

describe('an account of bytes', () => {
  it('takes nothing from either when its parent has not enough', () => {
    const parent = new StateMemory(10);
    const a = new StateMemory(8, parent);
    const b = new StateMemory(8, parent);
    expect([a.take(6), b.take(6), b.take(4), a.take(1), a.take(-2), b.take(2)]).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});
