import { hashBytes, parseAddress, parseNetwork, SOURCE } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecoderOptions } from '../dispatch.ts';
import { WireError } from '../errors.ts';
import { KNOWN_MINUTES } from '../exporter.ts';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { encodeSflowDatagram, interfaceCountersRecord, portNameRecord } from '../sflow/index.ts';
import { type SetSpec, type TemplateSpec, templateField } from '../template/encode.ts';
import { ipv4, NOW, TestCollector, UPTIME } from '../testing/collector.ts';
import { flowSample, headerOf, tcpFrame } from '../testing/sflow.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Any: where the system's monotonic clock stands. */
const BOOTED = 7e8;

/** The collector of the next process, with what was saved of the one before. */
function next(before: TestCollector, later = 0, options: DecoderOptions = {}, sequences = false): TestCollector {
  const saved = before.decoder.save({ time: NOW, sequences });
  const after = new TestCollector(options);
  after.decoder.tick(BOOTED + later);
  after.decoder.restore(saved, NOW + later);
  return after;
}

function collectorNow(options?: DecoderOptions): TestCollector {
  const collector = new TestCollector(options);
  collector.decoder.tick(BOOTED);
  return collector;
}

const describeAll = ({ peer }: TestCollector) => [...peer.protocols.values()].map((state) => state.describe());

const v9 = (sets: readonly SetSpec[], sequence = 0) =>
  encodeNetflow9({ time: NOW, sysUptime: UPTIME, sequence, sourceId: 3 }, sets);
const ipfix = (sets: readonly SetSpec[], sequence = 0, domain = 3) =>
  encodeIpfix({ time: NOW, sysUptime: UPTIME, sequence, domain }, sets).bytes;

const FLOW: TemplateSpec = { id: 300, fields: [8, 12, 7, 11, 4, 1, 2].map((id) => templateField(id)) };
const RECORD = [ipv4('10.0.0.1'), ipv4('10.0.0.2'), 1000, 443, 6, 100, 1];
const DATA: readonly SetSpec[] = [{ template: FLOW, records: [RECORD] }];
const BOTH: readonly SetSpec[] = [{ templates: [FLOW] }, ...DATA];

/** Elements of all kinds of steps, each with a length that it may come in. */
// biome-ignore format: a table
const FIELDS: readonly (readonly [number | string, number])[] = [
  [8, 4], [12, 4], [27, 16], [28, 16], [7, 2], [11, 2], [4, 1], [1, 8], [1, 4], [2, 4], [5, 1], [6, 2], [10, 4], [14, 2],
  [21, 4], [22, 4], [152, 8], [153, 8], [158, 4], [56, 6], [61, 1], [70, 3], [82, 16], [82, 65_535], [96, 65_535], [32, 2],
  [34, 4], [48, 2], [302, 4], [136, 1], [130, 4], [403, 4], [999, 3],
];

const template = fc
  .tuple(fc.integer({ min: 256, max: 280 }), fc.array(fc.constantFrom(...FIELDS), { minLength: 1, maxLength: 12 }))
  .map(([id, fields]): TemplateSpec => ({ id, fields: fields.map(([key, length]) => templateField(key, length)) }));

const OPTIONS: TemplateSpec = {
  id: 500,
  scopes: 1,
  fields: [templateField(10, 4), templateField(82, 8), templateField(34)],
};
const SAMPLERS: TemplateSpec = { id: 501, scopes: 1, fields: [templateField(302, 4), templateField(34)] };
const SYSTEM: TemplateSpec = {
  id: 502,
  scopes: 1,
  fields: [templateField(149), templateField(160), templateField(34)],
};

const learnt = fc.record({
  templates: fc.array(template, { minLength: 1, maxLength: 6 }),
  interfaces: fc.array(fc.tuple(fc.nat(9), fc.constantFrom('', 'eth0', 'naïve'), fc.nat(3)), { maxLength: 5 }),
  samplers: fc.array(fc.tuple(fc.nat(9), fc.nat(99)), { maxLength: 5 }),
  system: fc.array(fc.tuple(fc.constant(0), fc.constantFrom(0, NOW - 5000), fc.nat(9)), { maxLength: 1 }),
});

describe('what was saved of exporters', () => {
  it('lets the next process read data sets as the one before would have', () => {
    const protocol = fc.constantFrom('v9', 'ipfix');
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 200 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(protocol, learnt, bodies, (which, { templates, interfaces, samplers, system }, data) => {
        const encode = which === 'v9' ? v9 : ipfix;
        const before = collectorNow();
        before.receive(
          encode([
            { templates: [...templates, OPTIONS, SAMPLERS, SYSTEM] },
            { template: OPTIONS, records: interfaces },
            { template: SAMPLERS, records: samplers },
            { template: SYSTEM, records: system },
          ]),
        );
        const after = next(before, 0, {}, true);
        expect(describeAll(after)).toEqual(describeAll(before));
        expect(after.peer.memory.held).toBe(before.peer.memory.held);
        for (const [index, { id }] of templates.entries()) {
          const message = encode([], 1);
          const body = data[index];
          const bytes = new Uint8Array(message.length + 4 + body.length);
          bytes.set(message);
          bytes.set([id >> 8, id & 255, (body.length + 4) >> 8, (body.length + 4) & 255], message.length);
          bytes.set(body, message.length + 4);
          if (which === 'ipfix') new DataView(bytes.buffer).setUint16(2, bytes.length);
          expect(after.receive(bytes)).toEqual(before.receive(bytes));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are the rates and interfaces of sFlow agents too, for who sent them', () => {
    const before = collectorNow();
    const counters = (ifIndex: number) => ({
      kind: 'counter' as const,
      sequence: 1,
      source: { class: 0, index: ifIndex },
      records: [interfaceCountersRecord({ ifIndex, speed: 100e9 }), portNameRecord(`eth${ifIndex}`)],
    });
    const agent = parseAddress('10.9.0.1');
    before.receive(
      encodeSflowDatagram({ agent, subAgent: 3, sequence: 7, uptime: 1 }, [
        counters(4),
        flowSample([headerOf(tcpFrame)]),
      ]),
    );
    const after = next(before);
    const told = (collector: TestCollector) =>
      collector.decoder.exporters.find(agent, 0)?.protocols.get(SOURCE.sflow5)?.describe();
    expect(told(after)).toEqual(told(before));
    expect(told(after)?.domains[0].interfaces).toEqual([{ ifIndex: 4, name: 'eth4', alias: '', speed: 100e9 }]);
    // The sender pays, and may name the agent.
    expect(after.peer.memory.held).toBe(before.peer.memory.held);
    after.receive(encodeSflowDatagram({ agent, subAgent: 3, sequence: 8, uptime: 1 }, [counters(5)]));
    expect(after.counts().flows_names_cap).toBeUndefined();
  });

  it('is how NetFlow v5 engines sample, and how they number their messages', () => {
    const before = collectorNow();
    const message = (sequence: number, count: number) => {
      const bytes = new Uint8Array(24 + 48 * count);
      const view = new DataView(bytes.buffer);
      view.setUint16(0, 5);
      view.setUint16(2, count);
      view.setUint32(16, sequence);
      view.setUint16(22, 100);
      return bytes;
    };
    // Numbered by the last flow of each message, as Open vSwitch does.
    let last = 0;
    for (const count of [1, 2, 3, 1, 2, 3, 1]) {
      last += count;
      before.receive(message(last, count));
    }
    const lost = before.counts().sequence_lost_flows;
    const after = next(before, 0, {}, true);
    expect(describeAll(after)).toEqual(describeAll(before));
    for (const count of [5, 1, 7, 2, 3]) {
      last += count;
      after.receive(message(last, count));
      before.receive(message(last, count));
    }
    expect(before.counts().sequence_lost_flows).toBe(lost);
    expect(after.counts().sequence_lost_flows).toBeUndefined();
  });

  it('goes on in the sequences for a hand-over, and begins them anew after a crash', () => {
    const before = collectorNow();
    before.receive(v9(BOTH, 10));
    before.receive(ipfix(BOTH, 500));
    for (const [sequences, flows, datagrams] of [
      [true, 9, 4],
      [false, undefined, undefined],
    ] as const) {
      const after = next(before, 0, {}, sequences);
      expect(after.receive(v9(DATA, 15))).toHaveLength(1);
      expect(after.receive(ipfix(DATA, 510))).toHaveLength(1);
      expect(after.counts().sequence_lost_flows).toBe(flows);
      expect(after.counts().sequence_lost_datagrams).toBe(datagrams);
    }
  });

  it('keeps known exporters known', () => {
    const before = collectorNow();
    for (let minute = 0; minute < KNOWN_MINUTES; minute++) {
      before.decoder.tick(BOOTED + minute * MINUTE);
      before.receive(v9(BOTH), NOW + minute * MINUTE);
    }
    const after = next(before, 10 * MINUTE);
    expect(after.peer.known).toBe(true);
    expect(after.peer.memory.known).toBe(true);
    expect([after.peer.firstSeen, after.peer.lastSeen]).toEqual([NOW, NOW + (KNOWN_MINUTES - 1) * MINUTE]);
  });
});

describe('what is too old', () => {
  const limits = { lifetimeMs: 2 * HOUR };

  function saved(): TestCollector {
    const before = collectorNow({ limits });
    before.receive(ipfix(BOTH, 0, 1));
    before.receive(ipfix(BOTH, 0, 2));
    before.decoder.tick(BOOTED + HOUR);
    before.receive(ipfix(DATA, 0, 2));
    return before;
  }

  it('is not restored', () => {
    const domains = (later: number) => {
      const bytes = saved().decoder.save({ time: NOW });
      const after = new TestCollector({ limits });
      after.decoder.tick(BOOTED + HOUR + later);
      const restored = after.decoder.restore(bytes, NOW + later);
      const known = after.peer.protocols.get(SOURCE.ipfix)?.describe().domains ?? [];
      expect(restored).toEqual({ exporters: 1, templates: known.length });
      expect(known.flatMap(({ templates }) => templates)).toHaveLength(known.length);
      return known.map(({ domain }) => domain);
    };
    expect(domains(HOUR)).toEqual([1, 2]);
    expect(domains(HOUR + 1)).toEqual([2]);
    expect(domains(2 * HOUR + 1)).toEqual([]);
  });

  it('grows older from where it was', () => {
    const after = next(saved(), HOUR, { limits });
    after.decoder.tick(BOOTED + 2 * HOUR + 1);
    expect(after.receive(ipfix(DATA, 0, 1))).toEqual([]);
    expect(after.receive(ipfix(DATA, 0, 2))).toHaveLength(1);
  });

  it.each([
    ['jumped ahead', HOUR, 400 * 24 * HOUR, 2],
    ['jumped back', HOUR, -24 * HOUR, 2],
    ['began anew with the system', -BOOTED, HOUR, 2],
    ['began anew long ago', -BOOTED, 400 * 24 * HOUR, 0],
    ['began anew, where the time of day is not given', -BOOTED, undefined, 2],
    ['passed, where the time of day is not given', 4 * HOUR, undefined, 0],
  ])('is not what a clock says that %s', (_, monotonic, time, domains) => {
    const bytes = saved().decoder.save({ time: NOW });
    const after = new TestCollector({ limits });
    after.decoder.tick(BOOTED + HOUR + monotonic);
    const restored = after.decoder.restore(bytes, time === undefined ? undefined : NOW + time);
    expect(restored.templates).toBe(domains);
  });
});

describe('a state that is restored', () => {
  it('goes through the same caps', () => {
    const before = collectorNow();
    for (let domain = 0; domain < 8; domain++) before.receive(ipfix(BOTH, 0, domain));
    const few = next(before, 0, { limits: { domains: 3 } });
    expect(few.peer.protocols.get(SOURCE.ipfix)?.describe().domains).toHaveLength(3);
    const poor = next(before, 0, { stateBytes: 10_000 });
    expect(poor.decoder.exporters.memory.held).toBeLessThanOrEqual(10_000);
    const narrow = next(before, 0, { limits: { fields: 2 } });
    expect(
      narrow.peer.protocols
        .get(SOURCE.ipfix)
        ?.describe()
        .domains.flatMap(({ templates }) => templates),
    ).toEqual([]);

    const saved = before.decoder.save({ time: NOW });
    const others = new TestCollector({ allow: [parseNetwork('10.0.0.0/8')] }, '10.0.0.1');
    expect(others.decoder.restore(saved, NOW)).toEqual({ exporters: 0, templates: 0 });
    const full = new TestCollector({ exporterCap: 1 }, '10.0.0.1');
    expect(full.decoder.restore(saved, NOW)).toEqual({ exporters: 0, templates: 0 });
  });

  it('may be of any size', () => {
    const before = collectorNow();
    const records = Array.from({ length: 2000 }, (_, index) => [index, `interface ${index}`.padEnd(index % 300), 10]);
    const LONG = { ...OPTIONS, fields: [templateField(10, 4), templateField(82), templateField(34)] };
    for (let domain = 0; domain < 5; domain++) {
      for (let from = 0; from < 2000; from += 200) {
        const sets = [{ templates: [LONG] }, { template: LONG, records: records.slice(from, from + 200) }];
        before.receive(ipfix(sets, 0, domain));
      }
    }
    expect(before.decoder.save().length).toBeGreaterThan(1_000_000);
    expect(describeAll(next(before))).toEqual(describeAll(before));
  });

  it('leaves out newcomers first where it may take only so much', () => {
    const collector = collectorNow();
    for (let minute = 0; minute < 3; minute++) {
      collector.decoder.tick(BOOTED + minute * MINUTE);
      collector.receive(ipfix(BOTH));
    }
    const bytes = ipfix(BOTH);
    for (let last = 1; last < 100; last++) {
      const batch = collector.batch(bytes);
      collector.decoder.decode(bytes, 0, bytes.length, parseAddress(`198.51.100.${last}`), 0, NOW, batch);
    }
    const all = collector.decoder.save({ time: NOW });
    const some = collector.decoder.save({ time: NOW, maxBytes: all.length / 3 });
    expect(some.length).toBeLessThanOrEqual(all.length / 3);
    const after = new TestCollector();
    expect(after.decoder.restore(some, NOW).exporters).toBeGreaterThan(25);
    expect(after.peer.minutes).toBe(3);
  });

  it('is worth saving again when something was learnt, and not before', () => {
    const collector = collectorNow();
    const version = () => collector.decoder.stateVersion;
    const rises = (bytes: Uint8Array) => {
      const before = version();
      collector.receive(bytes);
      return version() > before;
    };
    const named = (rate: number, name: string): SetSpec[] => [{ template: OPTIONS, records: [[5, name, rate]] }];
    expect(rises(ipfix(BOTH))).toBe(true);
    expect(rises(ipfix(BOTH))).toBe(false);
    expect(rises(ipfix(DATA))).toBe(false);
    expect(rises(ipfix([{ templates: [OPTIONS] }]))).toBe(true);
    expect(rises(ipfix(named(10, 'eth0')))).toBe(true);
    expect(rises(ipfix(named(10, 'eth0')))).toBe(false);
    expect(rises(ipfix(named(11, 'eth0')))).toBe(true);
    expect(rises(ipfix(named(11, 'eth1')))).toBe(true);
    expect(rises(ipfix([{ templates: [{ ...FLOW, fields: FLOW.fields.slice(1) }] }]))).toBe(true);
    const before = version();
    collector.decoder.tick(BOOTED + 25 * HOUR);
    expect(version()).toBeGreaterThan(before);
  });
});

describe('bytes that are no state', () => {
  const good = (() => {
    const collector = collectorNow();
    collector.receive(v9(BOTH));
    collector.receive(ipfix([{ templates: [FLOW, OPTIONS] }, { template: OPTIONS, records: [[5, 'eth0', 10]] }]));
    collector.receive(
      encodeSflowDatagram({ agent: parseAddress('10.9.0.1'), subAgent: 3, sequence: 7, uptime: 1 }, [
        { kind: 'counter', sequence: 1, source: { class: 0, index: 4 }, records: [portNameRecord('eth4')] },
        flowSample([headerOf(tcpFrame)]),
      ]),
    );
    return collector.decoder.save({ time: NOW, sequences: true });
  })();

  function refused(bytes: Uint8Array): WireError {
    const collector = new TestCollector({}, '192.0.2.99');
    try {
      collector.decoder.restore(bytes, NOW);
    } catch (error) {
      expect(collector.decoder.exporters.all()).toEqual([collector.peer]);
      if (error instanceof WireError) return error;
      throw error;
    }
    throw new Error('the bytes were restored');
  }

  it('are refused with what to do', () => {
    expect(refused(new Uint8Array(0))).toMatchObject({ code: 'bad_state' });
    expect(refused(new Uint8Array(100))).toMatchObject({
      code: 'bad_state',
      message: 'these bytes are no saved state of exporters. Start without them',
    });
    const later = good.slice();
    later[7] = 9;
    expect(refused(later).message).toBe(
      'the saved state of the exporters has format 9, and this version reads 1. Start without it',
    );
  });

  it('are found out by their checksum, whichever bit is wrong and wherever they end', () => {
    for (let at = 0; at < good.length; at++) {
      const wrong = good.slice();
      wrong[at] ^= 1 << (at % 8);
      expect(refused(wrong).code).toBe('bad_state');
    }
    for (let length = 0; length < good.length; length += 7)
      expect(refused(good.slice(0, length)).code).toBe('bad_state');
  });

  it('that were forged with a checksum that fits restore what fits, or are refused', () => {
    const change = fc.tuple(
      fc.integer({ min: 8, max: good.length - 1 }),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255)),
    );
    let restored = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const forged = good.slice();
        for (const [at, value] of changes) forged[at] = value;
        sign(forged);
        const collector = new TestCollector({ stateBytes: 20_000 });
        try {
          collector.decoder.restore(forged, NOW);
          restored++;
        } catch (error) {
          expect(error).toMatchObject({ name: 'WireError', code: 'bad_state' });
        }
        const { exporters } = collector.decoder;
        expect(exporters.memory.held).toBeLessThanOrEqual(20_000);
        // It still receives.
        collector.receive(v9(BOTH));
        expect(collector.counts().flows_received).toBe(1);
      }),
      { numRuns: 2000 },
    );
    expect(restored).toBeGreaterThan(100);
  });
});

/** Gives bytes the checksum that fits them. */
function sign(bytes: Uint8Array): void {
  const head = hashBytes(bytes.subarray(0, 24));
  const body = hashBytes(bytes.subarray(32));
  const view = new DataView(bytes.buffer);
  view.setUint32(24, head.lo ^ body.lo);
  view.setUint32(28, head.hi ^ body.hi);
}
