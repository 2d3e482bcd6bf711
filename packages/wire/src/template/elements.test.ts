import {
  CODES,
  DIRECTION,
  END_REASON,
  exporterKey,
  keyText,
  QUALITY,
  RECORD_TYPE,
  TUNNEL_TYPE,
  VERDICT,
  VERDICT_SOURCE,
} from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { ipv4, ipv6, NOW, oneRecord, type Row, TestCollector, UPTIME } from '../testing/collector.ts';
import type { FieldValue } from './row-values.ts';

type Values = readonly (readonly [number | string, FieldValue, number?])[];
const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };

/** What an IPFIX record of these elements becomes. */
function ipfix(...values: Values): Row {
  return new TestCollector().receive(encodeIpfix({ ...CONTEXT, domain: 1 }, oneRecord(values).sets).bytes)[0];
}

/** The same in NetFlow v9. */
function v9(...values: Values): Row {
  return new TestCollector().receive(encodeNetflow9({ ...CONTEXT, sourceId: 1 }, oneRecord(values).sets))[0];
}

const quality = (row: Row, bit: keyof typeof QUALITY) => (Number(row.quality ?? 0) & QUALITY[bit]) !== 0;

describe('addresses', () => {
  it('are IPv4 or IPv6', () => {
    expect(ipfix([8, ipv4('10.1.2.3')], [12, ipv4('10.4.5.6')])).toMatchObject({
      src_addr: '10.1.2.3',
      dst_addr: '10.4.5.6',
    });
    expect(ipfix([27, ipv6('2001:db8::1')], [28, ipv6('2001:db8::2')])).toMatchObject({
      src_addr: '2001:db8::1',
      dst_addr: '2001:db8::2',
    });
  });

  it('are the one that is not zero where the template has both', () => {
    const none4 = ipv4('0.0.0.0');
    const none6 = new Uint8Array(16);
    expect(ipfix([8, none4], [12, none4], [27, ipv6('2001:db8::1')], [28, ipv6('2001:db8::2')])).toMatchObject({
      src_addr: '2001:db8::1',
      dst_addr: '2001:db8::2',
    });
    expect(ipfix([27, none6], [28, none6], [8, ipv4('10.0.0.1')], [12, ipv4('10.0.0.2')])).toMatchObject({
      src_addr: '10.0.0.1',
      dst_addr: '10.0.0.2',
    });
    const neither = ipfix([27, none6], [8, none4], [12, ipv4('10.0.0.2')]);
    expect(neither.src_addr).toBeUndefined();
    expect(quality(neither, 'address_unknown')).toBe(true);
  });

  it('of 0.0.0.0 stay for an end and mean none for a next hop', () => {
    const row = ipfix([8, ipv4('0.0.0.0')], [12, ipv4('255.255.255.255')], [15, ipv4('0.0.0.0')]);
    expect(row.src_addr).toBe('0.0.0.0');
    expect(row.next_hop).toBeUndefined();
    expect(quality(row, 'address_unknown')).toBe(false);
  });

  it('that are missing are flagged', () => {
    expect(quality(ipfix([8, ipv4('10.0.0.1')]), 'address_unknown')).toBe(true);
    expect(quality(ipfix([8, ipv4('10.0.0.1')], [28, new Uint8Array(16)]), 'address_unknown')).toBe(true);
  });

  it('of next hops and translations are read', () => {
    expect(
      ipfix([62, ipv6('fe80::1')], [18, ipv4('192.0.2.9')], [225, ipv4('198.51.100.1')], [282, ipv6('64:ff9b::1')]),
    ).toMatchObject({
      next_hop: 'fe80::1',
      bgp_next_hop: '192.0.2.9',
      nat_src_addr: '198.51.100.1',
      nat_dst_addr: '64:ff9b::1',
    });
  });

  it('of the exporter that a mediator names make the row and its count that exporter’s', () => {
    const collector = new TestCollector();
    const { sets } = oneRecord([
      [8, ipv4('10.0.0.1')],
      [130, ipv4('203.0.113.7')],
    ]);
    const [row] = collector.receive(encodeIpfix({ ...CONTEXT, domain: 1 }, sets).bytes);
    expect(row.exporter).toBe(keyText(exporterKey('203.0.113.7')));
    const named = collector.decoder.exporters.all().find(({ address }) => address === '203.0.113.7');
    expect(collector.counts(named)).toEqual({ flows_received: 1 });
    expect(collector.counts().flows_received).toBeUndefined();
  });
});

describe('times', () => {
  it('are taken from the uptime of a NetFlow v9 header', () => {
    expect(v9([22, UPTIME - 5000], [21, UPTIME - 1000])).toMatchObject({
      time_start: NOW - 5000,
      time_end: NOW - 1000,
    });
  });

  it('survive a wrap of the uptime', () => {
    const { sets } = oneRecord([
      [22, 0xffffffff - 999],
      [21, 1010],
    ]);
    const message = encodeNetflow9({ time: NOW, sysUptime: 1000, sequence: 0, sourceId: 0 }, sets);
    expect(new TestCollector().receive(message)[0]).toMatchObject({ time_start: NOW - 2000, time_end: NOW + 10 });
  });

  it('relative to the uptime need its beginning in IPFIX: in the record, in options data, or the duration alone is kept', () => {
    const began = NOW - UPTIME;
    expect(ipfix([160, began], [22, UPTIME - 5000], [21, UPTIME - 1000])).toMatchObject({
      time_start: NOW - 5000,
      time_end: NOW - 1000,
    });

    const collector = new TestCollector();
    const options = { id: 300, scopes: 1, fields: [field(149, 4), field(160, 8)] };
    const { sets } = oneRecord([
      [22, UPTIME - 5000],
      [21, UPTIME - 1000],
    ]);
    const told = [{ templates: [options] }, { template: options, records: [[1, began]] }, ...sets];
    expect(collector.receive(encodeIpfix({ ...CONTEXT, domain: 1 }, told).bytes)[0]).toMatchObject({
      time_start: NOW - 5000,
      time_end: NOW - 1000,
    });

    const guessed = ipfix([22, UPTIME - 5000], [21, UPTIME - 1000]);
    expect(guessed).toMatchObject({ time_start: NOW - 4000, time_end: NOW });
    expect(quality(guessed, 'time_guessed')).toBe(true);
  });

  it.each([
    ['seconds', 150, 151],
    ['milliseconds', 152, 153],
    ['microseconds', 154, 155],
    ['nanoseconds', 156, 157],
  ])('in %s since an epoch are read', (unit, start, end) => {
    const ms = unit === 'seconds' ? 0 : 123;
    // 2025-11-20T00:53:20.123Z as NTP: 1,763,600,000 s and 2,208,988,800 s from 1900 to 1970; 0.123 of 2^32 rounded up.
    const at = (seconds: number): FieldValue => {
      if (unit === 'seconds') return seconds;
      if (unit === 'milliseconds') return seconds * 1000 + ms;
      return (BigInt(seconds + 2_208_988_800) << 32n) | 528_280_978n;
    };
    expect(ipfix([start, at(NOW / 1000 - 10)], [end, at(NOW / 1000)])).toMatchObject({
      time_start: NOW - 10_000 + ms,
      time_end: NOW + ms,
    });
  });

  it('after 2036 have an NTP era of their own', () => {
    // Seconds whose high bit is clear count from 2036-02-07T06:28:16Z.
    const row = ipfix([154, (100n << 32n) | 0x80000000n], [155, 101n << 32n]);
    expect(row).toMatchObject({ time_start: 2_085_978_496_000 + 100_500, time_end: 2_085_978_496_000 + 101_000 });
  });

  it('may be microseconds before the export time', () => {
    expect(ipfix([158, 2_500_000], [159, 1000])).toMatchObject({ time_start: NOW - 2500, time_end: NOW - 1 });
  });

  it('may be when the packet was seen', () => {
    expect(ipfix([323, NOW - 7])).toMatchObject({ time_start: NOW - 7, time_end: NOW - 7 });
    expect(ipfix([322, NOW / 1000])).toMatchObject({ time_start: NOW, time_end: NOW });
  });

  it('are completed by the duration', () => {
    expect(ipfix([152, NOW - 9000], [161, 4000])).toMatchObject({ time_start: NOW - 9000, time_end: NOW - 5000 });
    expect(ipfix([153, NOW - 1000], [161, 4000])).toMatchObject({ time_start: NOW - 5000, time_end: NOW - 1000 });
    // A start that would lie before 1970.
    expect(ipfix([153, 5e9], [161, 2 ** 40, 8])).toMatchObject({ time_start: 5e9, time_end: 5e9 });
    const row = ipfix([161, 4000]);
    expect(row).toMatchObject({ time_start: NOW - 4000, time_end: NOW });
    expect(quality(row, 'time_guessed')).toBe(true);
  });

  it('that are missing, zero or nonsense become the time of receipt and are flagged', () => {
    for (const row of [ipfix([1, 5]), ipfix([152, 0], [153, 0]), ipfix([152, (1n << 62n) | 5n], [153, 1n << 62n])]) {
      expect(row).toMatchObject({ time_start: NOW, time_end: NOW });
      expect(quality(row, 'time_guessed')).toBe(true);
    }
  });
});

describe('ICMP', () => {
  it.each([
    ['32', [32, 0x0301]],
    ['139', [139, 0x0301]],
  ] as const)('type and code come together in element %s', (_, value) => {
    expect(ipfix([4, 1], [...value])).toMatchObject({ icmp_type: 3, icmp_code: 1 });
  });

  it('type and code come apart in 176 to 179', () => {
    expect(ipfix([4, 1], [176, 11], [177, 1])).toMatchObject({ icmp_type: 11, icmp_code: 1 });
    expect(ipfix([4, 58], [178, 129], [179, 2])).toMatchObject({ icmp_type: 129, icmp_code: 2 });
  });

  it('hides in the destination port where no element has it', () => {
    expect(v9([4, 1], [7, 0], [11, 0x0800])).toMatchObject({ icmp_type: 8 });
    expect(ipfix([4, 58], [11, 0x8700])).toMatchObject({ icmp_type: 135 });
    expect(v9([4, 6], [11, 0x0800])).toMatchObject({ dst_port: 0x0800 });
    expect(v9([4, 6], [11, 0x0800]).icmp_type).toBeUndefined();
  });

  it.each([
    ['none', []],
    ['32', [[32, 0x0800]]],
    ['139', [[139, 0x0800]]],
    [
      '176 and 177',
      [
        [176, 8],
        [177, 0],
      ],
    ],
  ] as const)('has no ports, whatever stands in their elements (type and code in %s)', (_, values) => {
    // Cisco's ASA sends the identifier of the echo request as a port.
    for (const row of [
      v9([4, 1], [7, 17549], [11, 0x0800], ...values),
      ipfix([7, 17549], [11, 0x0800], [4, 1], ...values),
    ]) {
      expect(row).toMatchObject({ proto: 1, icmp_type: 8 });
      expect(row).not.toHaveProperty('src_port');
      expect(row).not.toHaveProperty('dst_port');
    }
    expect(ipfix([4, 17], [7, 17549], [11, 53], ...values)).toMatchObject({ src_port: 17549, dst_port: 53 });
    // A port of a length that holds no type and code goes too.
    expect(ipfix([4, 1], [7, 1, 4], [11, 2, 4], ...values)).not.toHaveProperty('dst_port');
  });

  it('of type zero is known to be given', () => {
    expect(quality(ipfix([4, 1], [176, 0], [177, 0]), 'icmp_given')).toBe(true);
    expect(quality(ipfix([4, 6], [176, 0], [177, 0]), 'icmp_given')).toBe(false);
    // Without a protocol a zero may be anything.
    expect(quality(ipfix([176, 0], [177, 0]), 'icmp_given')).toBe(false);
    expect(quality(ipfix([176, 3], [177, 0]), 'icmp_given')).toBe(true);
  });
});

describe('the protocol', () => {
  it('of IPv6 flows may come as the next header', () => {
    const ends = [
      [27, ipv6('2001:db8::1')],
      [28, ipv6('2001:db8::2')],
    ] as const;
    expect(ipfix(...ends, [193, 6], [7, 40000], [11, 443])).toMatchObject({ proto: 6, dst_port: 443 });
    const icmp = ipfix(...ends, [193, 58], [7, 0], [11, 0x8000]);
    expect(icmp).toMatchObject({ proto: 58, icmp_type: 128 });
    expect(quality(icmp, 'icmp_given')).toBe(true);
  });

  it('that is TCP has no ICMP type, where the template has both', () => {
    const row = ipfix([193, 6], [178, 0], [179, 0]);
    expect(row.proto).toBe(6);
    expect(quality(row, 'icmp_given')).toBe(false);
    expect(ipfix([193, 58], [178, 134], [179, 0])).toMatchObject({ proto: 58, icmp_type: 134 });
  });

  it('is the one behind the extension headers where the record has both', () => {
    expect(ipfix([193, 44], [4, 17]).proto).toBe(17);
    expect(ipfix([4, 0], [193, 17]).proto).toBe(17);
  });
});

describe('packet headers', () => {
  it('give the traffic class as DSCP and ECN', () => {
    expect(ipfix([5, 0xbb])).toMatchObject({ dscp: 46, ecn: 3 });
    expect(ipfix([195, 46], [5, 0xbb])).toMatchObject({ dscp: 46, ecn: 3 });
    expect(ipfix([5, 0xb8]).ecn).toBeUndefined();
  });

  it('give MAC addresses, the first that is not zero', () => {
    const mac = Uint8Array.of(2, 0, 0, 0, 1, 0xfe);
    expect(ipfix([56, mac], [80, Uint8Array.of(2, 0, 0, 0, 2, 0xfe)])).toMatchObject({
      src_mac: '02:00:00:00:01:fe',
      dst_mac: '02:00:00:00:02:fe',
    });
    expect(ipfix([56, new Uint8Array(6)], [81, mac], [57, mac])).toMatchObject({
      src_mac: '02:00:00:00:01:fe',
      dst_mac: '02:00:00:00:01:fe',
    });
  });

  it('give VLANs', () => {
    expect(ipfix([58, 0], [243, 100], [254, 200], [245, 7], [255, 8])).toMatchObject({
      src_vlan: 100,
      dst_vlan: 200,
      src_inner_vlan: 7,
      dst_inner_vlan: 8,
    });
  });

  it('give MPLS labels, top first, without the entries that are zero', () => {
    expect(ipfix([70, 0x012340], [71, 0x000ff1], [72, 0]).mpls_labels).toEqual([0x01234, 0xff]);
    expect(ipfix([70, 0], [71, 0]).mpls_labels).toBeUndefined();
  });

  it('give TCP flags of one byte and of two', () => {
    expect(ipfix([6, 0x12, 1]).tcp_flags).toBe(0x12);
    expect(ipfix([6, 0x112, 2]).tcp_flags).toBe(0x112);
  });

  it('give no TCP flags that the header does not have', () => {
    // The data offset of a header of five words, and the bits that are not assigned.
    expect(ipfix([6, 0x5112, 2]).tcp_flags).toBe(0x112);
    expect(ipfix([6, 0x0e02, 2]).tcp_flags).toBe(0x02);
    expect(ipfix([6, 0x5018, 4]).tcp_flags).toBe(0x18);
    expect(ipfix([6, Uint8Array.of(0x50, 0x18), 65535]).tcp_flags).toBe(0x18);
  });

  it.each([
    ['SYN and ACK of one packet', 0x110, 0x12],
    ['FIN and ACK of one packet', 0x211, 0x11],
    ['RST and ACK of one packet', 0x400, 0x14],
    ['all that it has', 0x7ff, 0xff],
    ['PSH and ACK, as they are', 0x18, 0x18],
  ])('give the flags that NetObserv’s own bits stand for: %s', (_, bits, flags) => {
    const mac = new Uint8Array(6);
    const layer2 = [
      [256, 0x0800],
      [61, 0],
      [56, mac],
      [80, mac],
    ] as const;
    expect(ipfix(...layer2, [8, ipv4('10.0.0.1')], [12, ipv4('10.0.0.2')], [4, 6], [6, bits, 2]).tcp_flags).toBe(flags);
    // As its pipeline orders them.
    expect(ipfix(...layer2, [193, 6], [7, 1], [11, 2], [1, 1], [6, bits, 2]).tcp_flags).toBe(flags);
  });

  it('give the direction, moved by one', () => {
    expect(ipfix([61, 0]).direction).toBe(DIRECTION.ingress);
    expect(ipfix([61, 1]).direction).toBe(DIRECTION.egress);
    expect(ipfix([61, 255]).direction).toBeUndefined();
  });

  it('give interfaces, physical ones where the others are zero', () => {
    expect(ipfix([10, 5], [252, 9], [14, 0], [253, 6])).toMatchObject({ in_if: 5, out_if: 6 });
  });

  it('give ports of UDP and TCP under their own elements', () => {
    expect(ipfix([180, 0], [182, 40000], [181, 0], [183, 443])).toMatchObject({ src_port: 40000, dst_port: 443 });
  });

  it('say that AS numbers were given, even if zero', () => {
    expect(quality(ipfix([16, 0], [17, 0]), 'as_given')).toBe(true);
    expect(quality(ipfix([8, ipv4('10.0.0.1')]), 'as_given')).toBe(false);
  });

  it('give a segment id of an overlay', () => {
    expect(ipfix([351, 0x0100000000001234n])).toMatchObject({ tunnel_id: 0x1234, tunnel_type: TUNNEL_TYPE.vxlan });
  });

  it('give the end reason', () => {
    expect(ipfix([136, 3]).end_reason).toBe(END_REASON.end_of_flow);
  });
});

describe('counters', () => {
  it('of several kinds are never summed: delta before total before post', () => {
    expect(ipfix([23, 7], [85, 1000], [1, 300], [24, 1], [86, 10], [2, 3])).toMatchObject({
      bytes: 300,
      packets: 3,
      total_bytes: 1000,
      total_packets: 10,
    });
    expect(ipfix([23, 7], [85, 1000])).toMatchObject({ bytes: 1000, total_bytes: 1000 });
    expect(ipfix([23, 7], [24, 1])).toMatchObject({ bytes: 7, packets: 1 });
    expect(ipfix([1, 0], [85, 1000]).bytes).toBeUndefined();
  });

  it('of the other direction come from RFC 5103 or from the responder', () => {
    expect(ipfix([1, 10], [2, 1], ['29305/1', 20], ['29305/2', 2], ['29305/85', 200])).toMatchObject({
      bytes: 10,
      packets: 1,
      rev_bytes: 20,
      rev_packets: 2,
      rev_total_bytes: 200,
    });
    expect(ipfix([231, 10], [298, 1], [232, 20], [299, 2])).toMatchObject({
      bytes: 10,
      packets: 1,
      rev_bytes: 20,
      rev_packets: 2,
    });
  });

  it('of any length are read: reduced-size encoding', () => {
    for (const length of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const value = length < 4 ? 0x41 : 2 ** (8 * Math.min(length, 6)) - 5;
      expect(ipfix([1, value, length], [2, 1, length])).toMatchObject({
        bytes: value,
        packets: 1,
        bytes_sampled: value,
      });
    }
  });

  it('above 2^53 keep every bit', () => {
    const row = new TestCollector();
    const { sets } = oneRecord([[1, 0xfedcba9876543211n]]);
    const batch = row.batch(encodeIpfix({ ...CONTEXT, domain: 1 }, sets).bytes);
    const words = batch.use({ ...batch.fields().find(({ name }) => name === 'bytes')!, kind: 'u64' as const });
    expect([...words.subarray(0, 2)]).toEqual([0x76543211, 0xfedcba98]);
  });

  it('of layer 2 have a column, and stand for the bytes where nothing else does', () => {
    expect(ipfix([1, 100], [352, 118])).toMatchObject({ bytes: 100, bytes_l2: 118 });
    expect(ipfix([352, 118])).toMatchObject({ bytes: 118, bytes_l2: 118 });
  });

  it('of drops are read', () => {
    expect(ipfix([132, 1500], [133, 1])).toMatchObject({ dropped_bytes: 1500, dropped_packets: 1 });
  });

  it('longer than a column are cut to the low bits and flagged', () => {
    const row = ipfix([4, 0x0106, 2], [10, 0x1_0000_0007, 8]);
    expect(row).toMatchObject({ proto: CODES.proto.tcp, in_if: 7 });
    expect(quality(row, 'value_cut')).toBe(true);
    expect(quality(ipfix([4, 6, 2]), 'value_cut')).toBe(false);
  });
});

describe('events', () => {
  const { conversation_start, conversation_update, conversation_end, nat_event, deny, alert } = RECORD_TYPE;

  it.each([
    ['created', 1, conversation_start, VERDICT.allowed],
    ['deleted', 2, conversation_end, VERDICT.allowed],
    ['denied', 3, deny, VERDICT.dropped],
    ['of an alert', 4, alert, undefined],
    ['updated', 5, conversation_update, VERDICT.allowed],
    ['to be ignored', 0, undefined, undefined],
    ['that nobody knows yet', 6, undefined, undefined],
    ['of a number that is no event', 255, undefined, undefined],
  ])('of a firewall have a type and a verdict: a flow %s', (_, event, record_type, verdict) => {
    for (const row of [ipfix([233, event], [4, 6]), v9([233, event], [4, 6]), v9([40005, event, 1], [4, 6])]) {
      expect([row.record_type, row.verdict]).toEqual([record_type, verdict]);
      expect(row.verdict_source).toBe(verdict === undefined ? undefined : VERDICT_SOURCE.reported);
    }
  });

  it.each([
    ['denied by an ACL', 1001, deny, VERDICT.dropped],
    ['denied for a first packet that is no SYN', 1004, deny, VERDICT.dropped],
    ['torn down', 2002, conversation_end, VERDICT.allowed],
    ['for which it says nothing', 0, undefined, undefined],
    ['for a reason that nobody knows', 7, undefined, undefined],
  ])('of a firewall that sends only its reason have them too: a flow %s', (_, reason, record_type, verdict) => {
    const row = v9([33002, reason, 2], [4, 6]);
    expect([row.record_type, row.verdict]).toEqual([record_type, verdict]);
    // The event itself counts before its reason.
    expect(v9([33002, reason, 2], [233, 5])).toMatchObject({ record_type: conversation_update });
  });

  it('of a translator are no flows', () => {
    for (const event of [1, 4, 5, 11, 13, 17]) {
      const row = ipfix([230, event], [8, ipv4('10.0.0.1')], [225, ipv4('192.0.2.1')]);
      expect(row).toMatchObject({ record_type: nat_event, nat_src_addr: '192.0.2.1' });
      expect(row).not.toHaveProperty('verdict');
    }
    expect(ipfix([230, 0], [1, 100])).not.toHaveProperty('record_type');
    expect(ipfix([230, 4], [233, 3])).toMatchObject({ record_type: deny, verdict: VERDICT.dropped });
  });

  it('keep the counters they carry', () => {
    expect(v9([233, 2], [231, 500], [298, 5], [232, 9000])).toMatchObject({
      record_type: conversation_end,
      bytes: 500,
      packets: 5,
      rev_bytes: 9000,
    });
  });
});

describe('texts', () => {
  it('become keys whose text is announced once', () => {
    const collector = new TestCollector();
    const { template, sets } = oneRecord([
      [82, 'eth0'],
      [96, 'https', 16],
    ]);
    const again = {
      template,
      records: [
        ['eth0', 'https'],
        ['', 'dns'],
      ],
    };
    const rows = collector.receive(encodeIpfix({ ...CONTEXT, domain: 1 }, [...sets, again]).bytes);
    expect(rows.map(({ in_if_name, app_name }) => [in_if_name, app_name])).toEqual([
      ['eth0', 'https'],
      ['eth0', 'https'],
      [undefined, 'dns'],
    ]);
    expect(collector.decoder.strings.drain()).toEqual([]);
  });

  it('of 255 bytes and more have a length of three bytes', () => {
    const text = 'x'.repeat(300);
    expect(ipfix([82, text], [4, 6])).toMatchObject({ in_if_name: text, proto: 6 });
  });

  it('of interfaces come twice from Open vSwitch: ingress, then egress', () => {
    expect(ipfix([82, 'in'], [83, 'in!'], [82, 'out'], [83, 'out!'])).toMatchObject({
      in_if_name: 'in',
      in_if_alias: 'in!',
      out_if_name: 'out',
      out_if_alias: 'out!',
    });
  });
});

describe('enterprise elements', () => {
  it('of Antrea fill their columns', () => {
    const row = ipfix(
      ['56506/106', ipv4('10.96.0.10')],
      ['56506/108', 53],
      ['56506/136', 'ESTABLISHED'],
      ['56506/139', 1],
      ['56506/140', 2],
      ['56506/145', 8000],
    );
    expect(row).toMatchObject({
      service_addr: '10.96.0.10',
      service_port: 53,
      tcp_state: 'ESTABLISHED',
      policy_in_action: 1,
      policy_out_action: 2,
      verdict: VERDICT.dropped,
      throughput: 8000,
    });
  });

  it('of Open vSwitch’s tunnels fill the outer columns', () => {
    const row = ipfix(
      ['6876/891', 7],
      ['6876/892', Uint8Array.of(0x12, 0x34, 0x56)],
      ['6876/893', ipv4('172.18.0.2')],
      ['6876/894', ipv4('172.18.0.3')],
      ['6876/895', 17],
      ['6876/896', 50000],
      ['6876/897', 6081],
    );
    expect(row).toMatchObject({
      tunnel_type: TUNNEL_TYPE.geneve,
      tunnel_id: 0x123456,
      outer_src_addr: '172.18.0.2',
      outer_dst_addr: '172.18.0.3',
      outer_proto: 17,
      outer_src_port: 50000,
      outer_dst_port: 6081,
    });
  });

  it('without a column, and structured data, are passed over by their length', () => {
    expect(
      ipfix(
        ['99999/5', Uint8Array.of(1, 2, 3)],
        [291, new Uint8Array(400)],
        ['99999/6', 7, 4],
        [293, new Uint8Array(3)],
        [4, 17],
      ),
    ).toMatchObject({ proto: 17 });
  });
});

function field(id: number, length: number) {
  return { enterprise: 0, id, length };
}
