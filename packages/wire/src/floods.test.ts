// Senders that make up addresses, domains and templates, by the thousand: what they cost others.
import { ACCOUNT, type AccountName, FlowBatch, parseAddress, SOURCE } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decoder, type DecoderOptions } from './dispatch.ts';
import { type Exporter, KNOWN_MINUTES, type ProtocolSummary } from './exporter.ts';
import { encodeIpfix } from './ipfix/encode.ts';
import { encodeNetflow9 } from './netflow/v9-encode.ts';
import { encodeSflowDatagram, interfaceCountersRecord, portNameRecord } from './sflow/index.ts';
import { STATE_COST } from './state-memory.ts';
import { type SetSpec, type TemplateSpec, templateField } from './template/encode.ts';
import { ipv4, NOW, UPTIME } from './testing/collector.ts';

const MINUTE = 60_000;
const ROUTER = '192.0.2.1';

const FLOW: TemplateSpec = { id: 300, fields: [8, 12, 7, 11, 4, 1, 2].map((id) => templateField(id)) };
const RECORD = [ipv4('10.0.0.1'), ipv4('10.0.0.2'), 1000, 443, 6, 100, 1];

function ipfix(domain: number, sets: readonly SetSpec[]): Uint8Array {
  return encodeIpfix({ time: NOW, sysUptime: UPTIME, sequence: 0, domain }, sets).bytes;
}

/** Templates of so many fields, which are nonsense and cost as much as others. */
function templates(count: number, fields: number, first = 256): TemplateSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    id: first + index,
    fields: Array.from({ length: fields }, (_, field) => templateField((field % 400) + 1, 1)),
  }));
}

const BOTH = ipfix(1, [{ templates: [FLOW] }, { template: FLOW, records: [RECORD] }]);
const DATA = ipfix(1, [{ template: FLOW, records: [RECORD] }]);

/** A decoder with a clock, that anybody sends to. */
class Flooded {
  readonly decoder: Decoder;
  readonly #batch = new FlowBatch(70_000);
  #now = 0;

  constructor(options?: DecoderOptions) {
    this.decoder = new Decoder(options);
    this.decoder.tick(0);
  }

  /** The rows of a datagram. */
  send(address: string, bytes: Uint8Array): number {
    this.#batch.clear();
    this.decoder.decode(bytes, 0, bytes.length, parseAddress(address), 0, NOW + this.#now, this.#batch);
    return this.#batch.length;
  }

  pass(ms: number): void {
    this.#now += ms;
    this.decoder.tick(this.#now);
  }

  exporter(address: string): Exporter {
    const found = this.decoder.exporters.find(parseAddress(address), 0);
    if (found === undefined) throw new Error(`${address} is not known`);
    return found;
  }

  count(address: string, account: AccountName): number {
    return this.exporter(address).counters[ACCOUNT[account]];
  }

  /** Makes an exporter known: it sends templates and data in as many minutes as it takes. */
  introduce(address: string): void {
    for (let minute = 0; minute < KNOWN_MINUTES; minute++) {
      this.send(address, BOTH);
      this.pass(MINUTE);
    }
  }
}

describe('29 senders that fill the state with template datagrams', () => {
  it('refuse no newcomer, then or six minutes later, and are named in a warning', () => {
    const flooded = new Flooded();
    // 16 MB of templates from each of 17 senders, and domains from 12 more.
    for (let sender = 0; sender < 17; sender++) {
      for (let datagram = 0; datagram < 5; datagram++) {
        flooded.send(`10.1.0.${sender}`, ipfix(0, [{ templates: templates(16, 1000, 256 + datagram * 16) }]));
      }
    }
    for (let sender = 0; sender < 12; sender++) {
      for (let domain = 0; domain < 60; domain++) {
        flooded.send(`10.2.0.${sender}`, ipfix(domain, [{ templates: templates(5, 50) }]));
      }
    }
    let rows = 0;
    for (let datagram = 0; datagram < 100; datagram++) rows += flooded.send(ROUTER, BOTH);
    flooded.pass(6 * MINUTE);
    for (let datagram = 0; datagram < 80; datagram++) rows += flooded.send(ROUTER, DATA);
    expect(rows).toBe(180);
    expect(flooded.count(ROUTER, 'datagrams_decoded')).toBe(180);
    expect(flooded.decoder.warnings()).toContainEqual(
      expect.stringMatching(/^an exporter holds as much of listen\.state_memory as one may.* by 10\.1\.0\.\d+, /),
    );
  });
});

describe('thousands of made-up senders', () => {
  it('of templates leave known exporters all that they hold, and newcomers the templates that they need', () => {
    const flooded = new Flooded({ stateBytes: 64 * 1024 * 1024 });
    for (let router = 0; router < 10; router++) flooded.introduce(`192.0.2.${router}`);
    const before = Array.from({ length: 10 }, (_, router) => describeAll(flooded.exporter(`192.0.2.${router}`)));
    const flood = ipfix(7, [{ templates: templates(3, 50) }, { template: templates(1, 50)[0], records: [zeros(50)] }]);
    let refused = 0;
    for (let sender = 0; sender < 8000; sender++) {
      flooded.send(`172.${16 + (sender >> 16)}.${(sender >> 8) & 255}.${sender & 255}`, flood);
      if (sender % 100 !== 0) continue;
      const newcomer = `198.51.100.${(sender / 100) & 255}`;
      if (flooded.send(newcomer, BOTH) !== 1 || flooded.send(newcomer, DATA) !== 1) refused++;
    }
    expect(refused).toBe(0);
    flooded.pass(6 * MINUTE);
    for (let router = 0; router < 10; router++) {
      const address = `192.0.2.${router}`;
      expect(describeAll(flooded.exporter(address))).toEqual(before[router]);
      expect(flooded.send(address, DATA)).toBe(1);
    }
    expect(flooded.decoder.warnings()).toContainEqual(expect.stringContaining('listen.state_memory is used up'));
  });

  it('of readable datagrams leave known exporters their place in the table', () => {
    const flooded = new Flooded({ exporterCap: 1000 });
    flooded.introduce(ROUTER);
    for (let second = 0; second < 300; second++) {
      flooded.pass(1000);
      for (let sender = 0; sender < 200; sender++) flooded.send(`172.16.${second & 255}.${sender}`, BOTH);
      flooded.decoder.exporters.retire(10_000);
    }
    expect(flooded.send(ROUTER, DATA)).toBe(1);
    expect(flooded.decoder.warnings()).toContainEqual(expect.stringContaining('listen.max_exporters is reached'));
  });

  it('of nothing readable take a part of the table only, and nobody a place', () => {
    const flooded = new Flooded({ exporterCap: 1600 });
    for (let sender = 0; sender < 5000; sender++) {
      flooded.send(`172.16.${sender >> 8}.${sender & 255}`, Uint8Array.of(0x47, 0x45, 0x54, 0x20));
    }
    const { exporters } = flooded.decoder;
    expect(exporters.all()).toHaveLength(100);
    expect(exporters.unattributed.counters[ACCOUNT.datagrams_unknown_protocol]).toBe(4900);
    expect(exporters.unattributed.counters[ACCOUNT.datagrams_received]).toBe(4900);
    expect(flooded.decoder.warnings()).toEqual([expect.stringContaining('more senders of nothing readable')]);
    expect(flooded.send(ROUTER, BOTH)).toBe(1);
  });
});

describe('a flood under an address of its own', () => {
  it('of templates pushes out its own before what the exporter uses', () => {
    const flooded = new Flooded();
    flooded.introduce(ROUTER);
    for (let id = 1000; id < 21_000; id += 20) flooded.send(ROUTER, ipfix(1, [{ templates: templates(20, 2, id) }]));
    expect(flooded.send(ROUTER, DATA)).toBe(1);
    expect(flooded.count(ROUTER, 'templates_evicted')).toBeGreaterThan(15_000);
    expect(flooded.decoder.warnings()).toEqual([
      expect.stringMatching(/^an exporter has more templates than are kept of one.* by 192\.0\.2\.1\)/),
    ]);
  });

  it('of domains with templates and data does too', () => {
    const flooded = new Flooded();
    flooded.introduce(ROUTER);
    for (let domain = 2; domain < 5000; domain++) {
      flooded.send(ROUTER, ipfix(domain, [{ templates: [FLOW] }, { template: FLOW, records: [RECORD] }]));
    }
    expect(flooded.send(ROUTER, DATA)).toBe(1);
    expect(flooded.count(ROUTER, 'domains_evicted')).toBeGreaterThan(3900);
    expect(flooded.decoder.warnings()).toEqual([
      expect.stringMatching(/^an exporter has more observation domains.* by 192\.0\.2\.1\)/),
    ]);
  });
});

const zeros = (count: number) => Array.from({ length: count }, () => 0);

function describeAll(exporter: Exporter): ProtocolSummary[] {
  return [...exporter.protocols.values()].map((state) => state.describe());
}

/** What an exporter must have paid for itself, as told by what is described of it. */
function costOf(exporter: Exporter): number {
  let cost = (exporter.names?.size ?? 0) * STATE_COST.name;
  for (const { protocol, domains } of describeAll(exporter)) {
    const sflow = protocol.startsWith('sFlow');
    for (const { templates: known, sampling, interfaces } of domains) {
      cost += sflow ? STATE_COST.subAgent : STATE_COST.domain;
      for (const { fields } of known) cost += STATE_COST.template + fields.length * STATE_COST.field;
      // The rate for all is part of its domain.
      cost += sampling.filter(({ selector }) => selector !== '').length * STATE_COST.rate;
      for (const { name, alias } of interfaces) {
        cost += STATE_COST.interface + (sflow ? 255 : name.length + alias.length) * STATE_COST.character;
      }
    }
  }
  return cost;
}

const NAMES: TemplateSpec = { id: 512, scopes: 1, fields: [templateField(10), templateField(82, 20)] };
const RATES: TemplateSpec = { id: 513, scopes: 1, fields: [templateField(302), templateField(34)] };

/** A datagram that makes a collector keep something, and who sends it. */
const keeping = fc.tuple(
  fc.integer({ min: 1, max: 12 }).map((last) => `10.0.0.${last}`),
  fc.oneof(
    fc
      .tuple(fc.nat(5), fc.nat(30), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }))
      .map(([domain, id, fields, count]) => ipfix(domain, [{ templates: templates(count, fields, 256 + id) }])),
    fc
      .tuple(fc.nat(5), fc.nat(20))
      .map(
        ([domain, first]) =>
          [domain, Array.from({ length: 8 }, (_, index) => [first + index, `if${first + index}`])] as const,
      )
      .map(([domain, records]) => ipfix(domain, [{ templates: [NAMES] }, { template: NAMES, records }])),
    fc
      .tuple(fc.nat(5), fc.nat(20), fc.integer({ min: 1, max: 9 }))
      .map(([sourceId, selector, rate]) =>
        encodeNetflow9({ time: NOW, sysUptime: UPTIME, sequence: 0, sourceId }, [
          { templates: [RATES] },
          { template: RATES, records: [[selector, rate]] },
        ]),
      ),
    fc.tuple(fc.nat(3), fc.nat(30), fc.integer({ min: 1, max: 12 })).map(([subAgent, ifIndex, agent]) =>
      encodeSflowDatagram({ agent: parseAddress(`10.0.0.${agent}`), subAgent, sequence: 1, uptime: 1 }, [
        {
          kind: 'counter',
          sequence: 1,
          source: { class: 0, index: ifIndex },
          records: [interfaceCountersRecord({ ifIndex, speed: 1e9 }), portNameRecord(`eth${ifIndex}`)],
        },
      ]),
    ),
    fc.constant(BOTH),
  ),
  fc.constantFrom(0, 0, 0, 1000, MINUTE),
);

describe('any datagrams of any senders', () => {
  it('make nothing be kept beyond the memory, and all that is kept is paid for', () => {
    fc.assert(
      fc.property(
        fc.array(keeping, { maxLength: 150 }),
        fc.integer({ min: 2_000, max: 60_000 }),
        (sent, stateBytes) => {
          const flooded = new Flooded({
            exporterCap: 10,
            stateBytes,
            limits: { templates: 20, domains: 4, options: 12, lifetimeMs: 30 * MINUTE },
          });
          const { exporters } = flooded.decoder;
          for (const [address, bytes, pause] of sent) {
            flooded.send(address, bytes);
            flooded.pass(pause);
            if (pause > 0) exporters.retire(0);
            expect(exporters.memory.held).toBeLessThanOrEqual(stateBytes);
            expect(exporters.memory.held).toBe(exporters.all().reduce((sum, { memory }) => sum + memory.held, 0));
            expect(exporters.memory.held).toBe(exporters.all().reduce((sum, exporter) => sum + costOf(exporter), 0));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('take nothing from who holds no more than an equal part of what its kind may hold', () => {
    const victim = '10.1.1.1';
    fc.assert(
      fc.property(fc.array(keeping, { minLength: 50, maxLength: 300 }), fc.boolean(), (sent, known) => {
        const state = STATE_COST.domain + STATE_COST.template + FLOW.fields.length * STATE_COST.field;
        // Twelve senders and their victim: its share is what it holds.
        const flooded = new Flooded({ stateBytes: 2 * 13 * state });
        flooded.send(victim, BOTH);
        if (known) flooded.introduce(victim);
        const before = describeAll(flooded.exporter(victim));
        for (const [address, bytes] of sent) flooded.send(address, bytes);
        expect(describeAll(flooded.exporter(victim))).toEqual(before);
        expect(flooded.exporter(victim).protocols.get(SOURCE.ipfix)).toBeDefined();
        expect(flooded.send(victim, DATA)).toBe(1);
      }),
      { numRuns: 60 },
    );
  });
});
