import { parseAddress, QUALITY } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ethernet, ipv4, u16, udp, vxlan } from '../testing/layers.ts';
import { flowSample, header, headerOf, record, SflowCollector, tcpFrame, wantedFlow, words } from '../testing/sflow.ts';
import { encodeSflowDatagram, interfaceCountersRecord, portNameRecord, type SflowSample } from './index.ts';

describe('an agent', () => {
  it('is known by the address in the datagram, IPv6 too, and counted under it', () => {
    const collector = new SflowCollector();
    collector.take(
      encodeSflowDatagram({ ...header, agent: parseAddress('2001:db8::9') }, [flowSample([headerOf(tcpFrame)])]),
    );
    expect(collector.count('2001:db8::9', 'datagrams_decoded')).toBe(1);
    expect(collector.count('2001:db8::9', 'flows_received')).toBe(1);
    expect(collector.count('192.0.2.1', 'datagrams_received')).toBe(0);
  });

  it("without an address is known by the socket's peer", () => {
    const collector = new SflowCollector();
    collector.take(encodeSflowDatagram({ ...header, agent: parseAddress('0.0.0.0') }, []));
    expect(collector.count('192.0.2.1', 'datagrams_decoded')).toBe(1);
  });

  it('over the cap on exporters leaves its rows to the sender, and nothing is kept of it', () => {
    const collector = new SflowCollector({ exporterCap: 2 });
    collector.take(encodeSflowDatagram(header, []));
    const other = { ...header, agent: parseAddress('10.9.0.2') };
    const [row] = collector.take(encodeSflowDatagram(other, [flowSample([headerOf(tcpFrame)])]));
    expect(row).toMatchObject({ exporter: '192.0.2.1', bytes: 100 * 400 });
    expect(collector.count('192.0.2.1', 'datagrams_decoded')).toBe(1);
    expect(collector.count('192.0.2.1', 'flows_received')).toBe(1);
    expect(collector.count('192.0.2.1', 'flows_names_cap')).toBe(1);
    const [sender] = collector.decoder.exporters.all();
    expect(sender.protocols.size).toBe(0);
  });

  it('has its lost datagrams counted by sub-agent', () => {
    const collector = new SflowCollector();
    const send = (subAgent: number, sequence: number) =>
      collector.take(encodeSflowDatagram({ ...header, subAgent, sequence }, [flowSample([headerOf(tcpFrame)])]));
    send(1, 10);
    send(2, 500);
    send(1, 11);
    const [after] = send(1, 15);
    expect(collector.count('10.9.0.1', 'sequence_lost_datagrams')).toBe(3);
    expect(after.quality).toBe(QUALITY.after_sequence_gap);
  });

  it('has its interfaces and sampling rates from counter and flow samples', () => {
    const collector = new SflowCollector();
    const counters: SflowSample = {
      kind: 'counter',
      sequence: 1,
      source: { class: 0, index: 4 },
      records: [interfaceCountersRecord({ ifIndex: 4, speed: 100e9 }), portNameRecord('eth4')],
    };
    collector.take(encodeSflowDatagram(header, [counters, flowSample([headerOf(tcpFrame)])]));
    const [, agent] = collector.decoder.exporters.all();
    expect([...agent.protocols.values()].map((state) => state.describe())).toEqual([
      {
        protocol: 'sFlow v5',
        domains: [
          {
            domain: 3,
            templates: [],
            sampling: [{ selector: 'source 4', rate: 400 }],
            interfaces: [{ ifIndex: 4, name: 'eth4', alias: '', speed: 100e9 }],
          },
        ],
      },
    ]);
    expect(collector.count('10.9.0.1', 'samples_counter')).toBe(1);
  });
});

describe('an agent that makes up sub-agents and interfaces', () => {
  it('has only so many kept, the last used, and its flows all the same', () => {
    const collector = new SflowCollector({ limits: { domains: 2, options: 3 } });
    for (let subAgent = 0; subAgent < 5; subAgent++) {
      const counters = [1, 2].map(
        (index): SflowSample => ({
          kind: 'counter',
          sequence: 1,
          source: { class: 0, index },
          records: [interfaceCountersRecord({ ifIndex: index, speed: 1e9 })],
        }),
      );
      const rows = collector.take(
        encodeSflowDatagram({ ...header, subAgent }, [...counters, flowSample([headerOf(tcpFrame)])]),
      );
      expect(rows).toHaveLength(1);
    }
    const [, agent] = collector.decoder.exporters.all();
    const domains = [...agent.protocols.values()].flatMap((state) => state.describe().domains);
    expect(domains.map(({ domain, interfaces, sampling }) => [domain, interfaces.length + sampling.length])).toEqual([
      [3, 0],
      [4, 3],
    ]);
    expect(collector.count('10.9.0.1', 'domains_evicted')).toBe(3);
    expect(collector.count('10.9.0.1', 'options_state_cap')).toBe(6);
    expect(collector.decoder.warnings()).toEqual([
      expect.stringContaining('more observation domains, engines or sub-agents'),
      expect.stringContaining('more interfaces or sampling rates'),
    ]);
  });
});

describe('a damaged datagram', () => {
  it('keeps the samples before the damage and is counted on the peer', () => {
    const collector = new SflowCollector();
    const datagram = encodeSflowDatagram(header, [flowSample([headerOf(tcpFrame)]), flowSample([headerOf(tcpFrame)])]);
    expect(collector.take(datagram.subarray(0, datagram.length - 4))).toEqual([wantedFlow]);
    expect(collector.count('192.0.2.1', 'datagrams_malformed')).toBe(1);
    expect(collector.count('10.9.0.1', 'flows_received')).toBe(1);
  });

  it('leaves nothing of a sample that was given up', () => {
    const collector = new SflowCollector();
    const bad = flowSample([headerOf(tcpFrame), record(1001, [1])]);
    collector.take(encodeSflowDatagram(header, [bad]));
    expect(collector.batch.length).toBe(0);
    expect(
      collector.take(encodeSflowDatagram({ ...header, sequence: 2 }, [flowSample([])]))[0].src_addr,
    ).toBeUndefined();
  });

  it('of a sample nobody here knows goes on behind it', () => {
    const collector = new SflowCollector();
    const datagram = encodeSflowDatagram(header, [flowSample([]), flowSample([headerOf(tcpFrame)])]);
    // The first sample's format becomes a vendor's.
    new DataView(datagram.buffer).setUint32(28, (4300 << 12) | 1002);
    expect(collector.take(datagram)).toEqual([wantedFlow]);
    expect(collector.count('10.9.0.1', 'samples_unknown')).toBe(1);
  });
});

describe('any bytes', () => {
  const samples: SflowSample[] = [
    flowSample([
      headerOf(ethernet(0x0800, ipv4(17, udp(9, 4789, vxlan(7, tcpFrame))))),
      record(1003, words(1, 9, 1, 1, 1, 1, 2, 1, 5, 1, 7, 1)),
    ]),
    flowSample([headerOf(tcpFrame), record(1001, words(1, 2, 3, 4))], { expanded: true }),
    { kind: 'counter', sequence: 1, source: { class: 0, index: 1 }, records: [portNameRecord('eth0')] },
    {
      kind: 'discarded',
      sequence: 1,
      source: { class: 0, index: 1 },
      drops: 0,
      input: 1,
      output: 0,
      reason: 256,
      records: [headerOf(tcpFrame), record(1042, words(2), [65, 66, 0, 0])],
    },
  ];
  const valid = encodeSflowDatagram(header, samples);

  /** Rows and counters when the bytes lie in the middle of a buffer full of `around`. */
  function outcome(bytes: Uint8Array, around: number) {
    const data = new Uint8Array(bytes.length + 128).fill(around);
    data.set(bytes, 64);
    const collector = new SflowCollector({});
    const rows = collector.take(data, 64, 64 + bytes.length);
    return { rows, counters: collector.decoder.exporters.all().map(({ address, counters }) => [address, ...counters]) };
  }

  it('neither throw nor change with what lies around them', () => {
    const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255))), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat(valid.length), (changes, length) => {
        const bytes = valid.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        expect(outcome(bytes, 0xff)).toEqual(outcome(bytes, 0));
      }),
      { numRuns: 1000 },
    );
  });

  it('behind an honest header neither throw nor leave more rows than fit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        const bytes = Uint8Array.from([...u16(0), ...u16(5), ...words(1, 0x0a000001, 0, 1, 1, 0xffffffff), ...tail]);
        const { rows } = outcome(bytes, 0xff);
        expect(rows.length).toBeLessThanOrEqual(tail.length / 8);
      }),
    );
  });
});
