import { ACCOUNT, SOURCE } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CapReport } from './caps.ts';
import { encodeIpfix } from './ipfix/encode.ts';
import { encodeSflowDatagram, interfaceCountersRecord } from './sflow/index.ts';
import { StateClock } from './state-clock.ts';
import { STATE_COST, StateMemory } from './state-memory.ts';
import { templateField } from './template/encode.ts';
import { NOW, TestCollector, UPTIME } from './testing/collector.ts';
import { header, SflowCollector } from './testing/sflow.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME };
const NAMES = { id: 512, scopes: 1, fields: [templateField(10), templateField(82, 100)] };

const template = (fields: number) => STATE_COST.template + fields * STATE_COST.field;
const name = (characters: number) => STATE_COST.interface + characters * STATE_COST.character;

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
    for (let domain = 0; domain < 256; domain++) collector.receive(names(domain, 500));
    const { held } = collector.peer.memory;
    expect(held).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(held).toBeGreaterThan(13 * 1024 * 1024);
    // A domain that came when all was taken pushed out names, not the templates of other domains.
    const kept = collector.peer.protocols.get(SOURCE.ipfix)?.describe().domains ?? [];
    expect(kept.map(({ templates }) => templates.length)).toEqual(new Array(256).fill(1));
    expect(collector.counts().options_state_cap).toBe(256 * 500 - interfacesOf(collector));
    expect(collector.decoder.warnings()).toEqual([
      expect.stringMatching(
        /^an exporter holds as much of listen.state_memory as one may.*by 192\.0\.2\.1\)\. .*listen\.allow.*listen\.state_memory$/,
      ),
    ]);
  });

  it('is bounded for all exporters together: domains, templates and options past it are refused and counted', () => {
    const collector = new TestCollector({ stateBytes: STATE_COST.domain + template(2) + 2 * name(100) });
    collector.receive(names(1, 5));
    expect(interfacesOf(collector)).toBe(2);
    expect(collector.counts()).toMatchObject({ options_received: 5, options_state_cap: 3 });
    // Larger than all that could go for it.
    const large = { id: 600, fields: Array.from({ length: 20 }, () => templateField(4)) };
    collector.receive(encodeIpfix({ ...CONTEXT, sequence: 5, domain: 1 }, [{ templates: [large] }]).bytes);
    expect(collector.counts()).toMatchObject({ templates_state_cap: 1, templates_evicted: 1, options_state_cap: 5 });
    const tiny = new TestCollector({ stateBytes: 1000 });
    tiny.receive(names(2, 1));
    expect(tiny.counts()).toEqual({ datagrams_received: 1, datagrams_state_cap: 1 });
    expect(tiny.decoder.warnings()).toEqual([expect.stringContaining('listen.state_memory is used up')]);
  });

  it('is given back when a template is replaced', () => {
    const collector = new TestCollector({ stateBytes: STATE_COST.domain + template(2) });
    for (const element of [4, 5, 6, 7, 8]) {
      const fields = [templateField(element), templateField(1)];
      collector.receive(
        encodeIpfix({ ...CONTEXT, sequence: 0, domain: 1 }, [{ templates: [{ id: 256, fields }] }]).bytes,
      );
    }
    expect(collector.counts()).toMatchObject({ templates_received: 5 });
    expect(collector.counts().templates_evicted).toBeUndefined();
  });

  it('leaves NetFlow v5 engines and sFlow agents past it their flows', () => {
    const collector = new TestCollector({ stateBytes: STATE_COST.engine });
    const message = new Uint8Array(72);
    message.set([0, 5, 0, 1]);
    for (let engine = 0; engine < 3; engine++) {
      message[21] = engine;
      collector.receive(message);
    }
    expect(collector.counts()).toMatchObject({ datagrams_decoded: 3, flows_received: 3, domains_evicted: 2 });
    expect(
      collector.peer.protocols
        .get(SOURCE.netflow5)
        ?.describe()
        .domains.map(({ domain }) => domain),
    ).toEqual([2]);

    const sflow = new SflowCollector({ stateBytes: STATE_COST.subAgent + name(255) });
    const records = [1, 2, 3].map((ifIndex) => interfaceCountersRecord({ ifIndex, speed: 1e9 }));
    sflow.take(
      encodeSflowDatagram(header, [{ kind: 'counter', sequence: 1, source: { class: 0, index: 1 }, records }]),
    );
    const [, agent] = sflow.decoder.exporters.all();
    expect(agent.counters[ACCOUNT.datagrams_decoded]).toBe(1);
    expect(agent.counters[ACCOUNT.options_state_cap]).toBe(2);
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

/** Accounts of which each gives way byte by byte. */
function accounts(bytes: number, count: number) {
  const memory = new StateMemory(bytes, new CapReport(new StateClock()));
  const all = Array.from({ length: count }, (_, index) => {
    const account = memory.account(Uint32Array.of(0, 0, 0xffff0000, index));
    account.add({ giveWay: (wanted) => account.give(Math.min(wanted, account.held)) });
    return account;
  });
  return { memory, all };
}

describe('memory that is used up', () => {
  it('comes from the largest holder for a smaller one, and from nobody for the largest', () => {
    const { memory, all } = accounts(1000, 3);
    const [large, small, newcomer] = all;
    expect([large.take(900), small.take(100), newcomer.take(50)]).toEqual([true, true, true]);
    expect([large.held, small.held, newcomer.held]).toEqual([788, 100, 50]);
    expect([large.take(63), memory.held]).toEqual([false, 938]);
    expect(large.take(62)).toBe(true);
    expect(large.take(1)).toBe(false);
    // Of its own things some may go.
    expect(large.take(1, true)).toBe(true);
    expect(large.held).toBe(850 - (850 >> 3) + 1);
  });

  it('is half for the known: newcomers take what is free of it, and give it back', () => {
    const { all } = accounts(1000, 4);
    const [known, newcomer, other] = all;
    known.becomeKnown();
    expect(newcomer.take(900)).toBe(true);
    expect(known.take(300)).toBe(true);
    expect([known.held, newcomer.held]).toEqual([300, 700]);
    expect(known.take(200)).toBe(true);
    expect([known.held, newcomer.held]).toEqual([500, 500]);
    // Newcomers beyond their half take from each other only, however many there are.
    expect(other.take(100)).toBe(true);
    expect([known.held, newcomer.held, other.held]).toEqual([500, 400, 100]);
    // And so do the known.
    expect(known.take(10)).toBe(false);
  });

  it('is never more than there is, and never taken from who holds no more than an equal part of its half', () => {
    const steps = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: -200, max: 400 }), fc.boolean()), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.nat(10), (all, knownOnes) => {
        const { memory, all: holders } = accounts(2000, 10);
        for (const account of holders.slice(0, knownOnes)) account.becomeKnown();
        for (const [index, bytes, evict] of all) {
          const account = holders[index];
          const before = holders.map(({ held }) => held);
          if (bytes < 0) account.give(Math.min(-bytes, account.held));
          else if (account.take(bytes, evict)) {
            expect(account.held).toBeGreaterThanOrEqual(bytes);
          }
          expect(memory.held).toBe(holders.reduce((sum, { held }) => sum + held, 0));
          expect(memory.held).toBeLessThanOrEqual(2000);
          for (const [other, { held, known }] of holders.entries()) {
            if (other === index || held >= before[other]) continue;
            const side = holders.filter((some, at) => some.known === known && (before[at] > 0 || at === index));
            expect(before[other]).toBeGreaterThan(1000 / side.length);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
