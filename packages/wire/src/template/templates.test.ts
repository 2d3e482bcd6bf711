import { SOURCE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { ipv4, NOW, TestCollector, UPTIME } from '../testing/collector.ts';
import { type SetSpec, templateField } from './encode.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME };
const PORTS = { id: 256, fields: [templateField(7), templateField(11)] };
const SWAPPED = { id: 256, fields: [templateField(11), templateField(7)] };

function ipfix(sets: readonly SetSpec[], sequence = 0, domain = 1): Uint8Array {
  return encodeIpfix({ ...CONTEXT, sequence, domain }, sets).bytes;
}

/** An IPFIX message of raw sets: id and body. */
function raw(...sets: readonly (readonly [number, readonly number[]])[]): Uint8Array {
  const body = sets.flatMap(([id, bytes]) => [...u16(id), ...u16(bytes.length + 4), ...bytes]);
  return Uint8Array.from([...u16(10), ...u16(16 + body.length), ...u32(NOW / 1000), ...u32(0), ...u32(1), ...body]);
}

const u16 = (value: number) => [value >>> 8, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];

describe('templates', () => {
  it('of several sets and several a set describe the data of one message', () => {
    const proto = { id: 257, fields: [templateField(4)] };
    const rows = new TestCollector().receive(
      ipfix([
        { templates: [PORTS, proto] },
        { template: proto, records: [[6], [17]] },
        { template: PORTS, records: [[1000, 80]] },
        { templates: [{ id: 300, fields: [templateField(5)] }] },
        { template: { id: 300, fields: [templateField(5)] }, records: [[0xb8]] },
      ]),
    );
    expect(rows.map(({ proto: p, src_port, dst_port, dscp }) => [p, src_port, dst_port, dscp])).toEqual([
      [6, undefined, undefined, undefined],
      [17, undefined, undefined, undefined],
      [undefined, 1000, 80, undefined],
      [undefined, undefined, undefined, 46],
    ]);
  });

  it('are kept by exporter, version and observation domain', () => {
    const collector = new TestCollector();
    collector.receive(ipfix([{ templates: [PORTS] }], 0, 1));
    collector.receive(ipfix([{ templates: [SWAPPED] }], 0, 2));
    const data = [{ template: PORTS, records: [[1, 2]] }];
    expect(collector.receive(ipfix(data, 0, 1))[0]).toMatchObject({ src_port: 1, dst_port: 2 });
    expect(collector.receive(ipfix(data, 0, 2))[0]).toMatchObject({ src_port: 2, dst_port: 1 });
    expect(collector.receive(ipfix(data, 0, 3))).toEqual([]);
    expect(collector.receive(encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 1 }, data))).toEqual([]);
    expect(collector.counts().sets_no_template).toBe(2);
  });

  it('that come again with other fields replace the old ones whole', () => {
    const collector = new TestCollector();
    const data = { template: PORTS, records: [[1, 2]] };
    expect(collector.receive(ipfix([{ templates: [PORTS] }, data, { templates: [SWAPPED] }, data]))).toMatchObject([
      { src_port: 1, dst_port: 2 },
      { src_port: 2, dst_port: 1 },
    ]);
    expect(collector.peer.protocols.get(SOURCE.ipfix)?.describe().domains[0].templates).toHaveLength(1);
  });

  it('that are not known cost their set only', () => {
    const collector = new TestCollector();
    const rows = collector.receive(
      ipfix([
        { template: { id: 999, fields: [templateField(4)] }, records: [[6]] },
        { templates: [PORTS] },
        {
          template: PORTS,
          records: [[1, 2]],
        },
      ]),
    );
    expect(rows).toHaveLength(1);
    expect(collector.counts()).toEqual({
      datagrams_received: 1,
      datagrams_decoded: 1,
      flows_received: 1,
      sets_no_template: 1,
      templates_received: 1,
    });
  });

  it('without fields withdraw nothing over UDP in IPFIX, and are refused in NetFlow v9', () => {
    const collector = new TestCollector();
    collector.receive(ipfix([{ templates: [PORTS] }]));
    // One template, all templates, all options templates (RFC 7011 section 8.1).
    const withdrawals = raw([2, [...u16(256), ...u16(0)]], [2, [...u16(2), ...u16(0)]], [3, [...u16(3), ...u16(0)]]);
    expect(collector.receive(withdrawals)).toEqual([]);
    expect(collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }]))).toHaveLength(1);
    expect(collector.counts().datagrams_decoded).toBe(3);

    const v9 = new TestCollector();
    v9.receive(encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 0 }, [{ templates: [{ id: 256, fields: [] }] }]));
    expect(v9.counts()).toMatchObject({ datagrams_decoded: 1, templates_refused: 1 });
  });

  it('whose records would have no bytes are refused; fields without bytes beside others are not', () => {
    const collector = new TestCollector();
    collector.receive(ipfix([{ templates: [{ id: 256, fields: [templateField(7, 0), templateField(11, 0)] }] }]));
    expect(collector.counts()).toMatchObject({ templates_refused: 1 });
    expect(collector.receive(raw([256, [1, 2, 3, 4]]))).toEqual([]);

    const withEmpty = { id: 257, fields: [templateField(96, 0), templateField(7), templateField(12, 0)] };
    expect(
      collector.receive(ipfix([{ templates: [withEmpty] }, { template: withEmpty, records: [['', 80, '']] }])),
    ).toMatchObject([{ src_port: 80 }]);
  });

  it('that are refused leave no older one behind', () => {
    const collector = new TestCollector({ limits: { fields: 2 } });
    collector.receive(ipfix([{ templates: [PORTS] }]));
    const tooMany = { id: 256, fields: [4, 5, 6].map((id) => templateField(id)) };
    collector.receive(ipfix([{ templates: [tooMany] }]));
    expect(collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }]))).toEqual([]);
    expect(collector.counts()).toMatchObject({ templates_refused: 1, sets_no_template: 1 });
  });

  it('past the caps on templates and domains push out others, and past that on record size are refused', () => {
    const many = Array.from({ length: 5 }, (_, index) => ({ id: 256 + index, fields: [templateField(4)] }));
    const capped = new TestCollector({ limits: { templates: 3 } });
    capped.receive(ipfix([{ templates: many }]));
    expect(capped.counts()).toMatchObject({ templates_received: 5, templates_evicted: 2 });

    const wide = new TestCollector();
    wide.receive(ipfix([{ templates: [{ id: 256, fields: [templateField(96, 60_000)] }] }]));
    expect(wide.counts()).toMatchObject({ templates_refused: 1 });

    const domains = new TestCollector({ limits: { domains: 2 } });
    for (const domain of [1, 2, 3]) domains.receive(ipfix([{ templates: [PORTS] }], 0, domain));
    expect(domains.counts()).toMatchObject({ datagrams_decoded: 3, domains_evicted: 1, templates_evicted: 1 });
  });
});

describe('templates that are idle', () => {
  const HOUR = 3_600_000;
  const data = ipfix([{ template: PORTS, records: [[1, 2]] }]);
  const both = ipfix([{ templates: [PORTS] }, { template: PORTS, records: [[1, 2]] }]);

  /** A collector whose templates live for two hours. */
  function collectorAt(): { collector: TestCollector; at: (hour: number) => void } {
    const collector = new TestCollector({ limits: { lifetimeMs: 2 * HOUR } });
    // The clock may begin anywhere.
    const at = (hour: number) => collector.decoder.tick(1e10 + hour * HOUR);
    at(0);
    return { collector, at };
  }

  it('expire after their lifetime, and are counted; data by them is then data without a template', () => {
    const { collector, at } = collectorAt();
    collector.receive(both);
    at(2);
    expect(collector.receive(data)).toHaveLength(1);
    at(4.001);
    expect(collector.receive(data)).toEqual([]);
    expect(collector.counts()).toMatchObject({ templates_expired: 1, sets_no_template: 1 });
    expect(collector.receive(both)).toHaveLength(1);
  });

  it('live on while they are sent again or have data', () => {
    const { collector, at } = collectorAt();
    collector.receive(both);
    for (let hour = 1; hour < 100; hour += 1.5) {
      at(hour);
      collector.receive(hour < 50 ? ipfix([{ templates: [PORTS] }]) : data);
    }
    expect(collector.counts().templates_expired).toBeUndefined();
    expect(collector.receive(data)).toHaveLength(1);
  });

  it('give back their memory, and so do domains of which nothing comes', () => {
    const { collector, at } = collectorAt();
    collector.receive(both);
    collector.receive(ipfix([{ templates: [PORTS] }], 0, 2));
    const { held } = collector.peer.memory;
    at(1);
    collector.receive(ipfix([], 0, 2));
    at(2.5);
    at(2.6);
    const [domain, ...others] = collector.peer.protocols.get(SOURCE.ipfix)?.describe().domains ?? [];
    expect(others).toEqual([]);
    expect(domain).toMatchObject({ domain: 2, templates: [] });
    expect(collector.peer.memory.held).toBeLessThan(held / 2);
    at(4);
    expect(collector.peer.memory.held).toBe(0);
    expect(collector.counts()).toMatchObject({ templates_expired: 2 });
  });

  it('do not expire when the time of day jumps', () => {
    const { collector, at } = collectorAt();
    for (const [hour, jump] of [
      [0, 0],
      [0.1, 400 * 24 * HOUR],
      [0.2, -24 * HOUR],
    ]) {
      at(hour);
      expect(collector.receive(hour === 0 ? both : data, NOW + jump)).toHaveLength(1);
    }
  });
});

describe('sets', () => {
  it('may be padded with less than a record, and messages with zeros', () => {
    const template = raw([2, [...u16(256), ...u16(1), ...u16(8), ...u16(4), 0, 0]], [256, [10, 0, 0, 1, 0, 0, 0]]);
    expect(new TestCollector().receive(template)).toMatchObject([{ src_addr: '10.0.0.1' }]);

    const v9 = encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 0 }, [
      { templates: [PORTS] },
      { template: PORTS, records: [[1, 2]] },
    ]);
    const padded = new Uint8Array(v9.length + 11);
    padded.set(v9);
    const collector = new TestCollector();
    expect(collector.receive(padded)).toHaveLength(1);
    expect(collector.counts()).toMatchObject({ datagrams_decoded: 1 });
  });

  it.each([
    ['shorter than its header', 3],
    ['of no length', 0],
    ['longer than the message', 200],
  ])('%s ends the message as malformed; rows before it stay', (_, length) => {
    const bytes = ipfix([
      { templates: [PORTS] },
      { template: PORTS, records: [[1, 2]] },
      { template: PORTS, records: [[3, 4]] },
    ]);
    new DataView(bytes.buffer).setUint16(bytes.length - 6, length);
    const collector = new TestCollector();
    expect(collector.receive(bytes)).toHaveLength(1);
    expect(collector.counts()).toMatchObject({ datagrams_received: 1, datagrams_malformed: 1, flows_received: 1 });
  });

  it('with reserved ids are passed over', () => {
    const collector = new TestCollector();
    expect(collector.receive(raw([100, [1, 2, 3, 4]]))).toEqual([]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_decoded: 1 });
  });

  it('whose template record says more fields than there are make the message malformed', () => {
    for (const count of [2, 0xffff]) {
      const collector = new TestCollector();
      expect(collector.receive(raw([2, [...u16(256), ...u16(count), ...u16(8), ...u16(4)]]))).toEqual([]);
      expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_malformed: 1, templates_refused: 1 });
    }
  });

  it('with a variable length past the end make the message malformed; records before it stay', () => {
    const template = { id: 256, fields: [templateField(82), templateField(4)] };
    const collector = new TestCollector();
    collector.receive(ipfix([{ templates: [template] }]));
    expect(collector.receive(raw([256, [2, 101, 48, 6, 200, 1, 1]]))).toMatchObject([{ in_if_name: 'e0', proto: 6 }]);
    expect(collector.receive(raw([256, [255, 255, 255, 6]]))).toEqual([]);
    expect(collector.counts().datagrams_malformed).toBe(2);
  });
});

describe('IPFIX messages', () => {
  it('may come several in a datagram', () => {
    const one = ipfix([{ templates: [PORTS] }]);
    const two = ipfix([{ template: PORTS, records: [[1, 2]] }]);
    expect(new TestCollector().receive(Uint8Array.from([...one, ...two]))).toHaveLength(1);
  });

  it('that say to be longer than the datagram are read as far as it goes and counted as malformed', () => {
    const bytes = ipfix([{ templates: [PORTS] }, { template: PORTS, records: [[1, 2]] }]);
    new DataView(bytes.buffer).setUint16(2, 5000);
    const collector = new TestCollector();
    expect(collector.receive(bytes)).toHaveLength(1);
    expect(collector.counts().datagrams_malformed).toBe(1);
  });

  it('count data records, options data included, in their sequence', () => {
    const collector = new TestCollector();
    const options = { id: 512, scopes: 1, fields: [templateField(149), templateField(34)] };
    collector.receive(
      ipfix([
        { templates: [PORTS, options] },
        { template: options, records: [[1, 10]] },
        {
          template: PORTS,
          records: [
            [1, 2],
            [3, 4],
          ],
        },
      ]),
    );
    collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }], 3));
    expect(collector.counts().sequence_lost_flows).toBeUndefined();
    collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }], 9));
    expect(collector.counts().sequence_lost_flows).toBe(5);
  });

  it('after one whose records could not be counted are taken at their word', () => {
    const collector = new TestCollector();
    collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }], 0));
    collector.receive(ipfix([{ templates: [PORTS] }], 1));
    collector.receive(ipfix([{ template: PORTS, records: [[1, 2]] }], 1));
    expect(collector.counts().sequence_lost_flows).toBeUndefined();
  });

  it('of Open vSwitch count messages over all domains, whatever they hold', () => {
    const collector = new TestCollector();
    const fields = [138, 61, 56, 80, 256, 240, 8].map((id) => templateField(id));
    const template = { id: 280, fields };
    const mac = new Uint8Array(6);
    const record = [0, 0, mac, mac, 0x0800, 14, ipv4('10.0.0.1')];
    collector.receive(ipfix([{ templates: [template] }], 0, 0));
    collector.receive(ipfix([{ templates: [template] }], 1, 1));
    collector.receive(ipfix([{ template, records: [record] }], 2, 0));
    collector.receive(ipfix([{ template, records: [record] }], 3, 1));
    expect(collector.counts().sequence_lost_flows).toBeUndefined();
    collector.receive(ipfix([{ template, records: [record] }], 6, 1));
    expect(collector.counts().sequence_lost_flows).toBe(2);
  });
});

describe('NetFlow v9 messages', () => {
  it('count messages by source id in their sequence', () => {
    const collector = new TestCollector();
    const send = (sequence: number, sourceId: number) =>
      collector.receive(encodeNetflow9({ ...CONTEXT, sequence, sourceId }, [{ templates: [PORTS] }]));
    send(5, 1);
    send(900, 2);
    send(6, 1);
    expect(collector.counts().sequence_lost_datagrams).toBeUndefined();
    send(9, 1);
    expect(collector.counts().sequence_lost_datagrams).toBe(2);
  });

  it('may have variable-length fields, as H3C sends them', () => {
    const template = { id: 3281, fields: [templateField(82), templateField(4)] };
    const sets = [{ templates: [template] }, { template, records: [['Ten-GigabitEthernet1/0/1', 6]] }];
    const [row] = new TestCollector().receive(encodeNetflow9({ ...CONTEXT, sequence: 0, sourceId: 0 }, sets));
    expect(row).toMatchObject({ in_if_name: 'Ten-GigabitEthernet1/0/1', proto: 6 });
  });

  it('shorter than a header are malformed', () => {
    const collector = new TestCollector();
    collector.receive(Uint8Array.of(0, 9, 0, 0, 0));
    collector.receive(Uint8Array.of(0, 10, 0, 0, 0));
    expect(collector.counts()).toEqual({ datagrams_received: 2, datagrams_malformed: 2 });
  });
});
