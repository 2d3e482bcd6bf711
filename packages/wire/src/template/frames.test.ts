import { QUALITY, SAMPLING_SOURCE, TUNNEL_TYPE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import * as addresses from '../testing/collector.ts';
import { NOW, oneRecord, type Row, TestCollector, UPTIME } from '../testing/collector.ts';
import { type Bytes, ethernet, icmp, ipv4, ipv6, mpls, tag, tcp, u16, udp, vxlan } from '../testing/layers.ts';
import { type SetSpec, templateField } from './encode.ts';
import type { FieldValue } from './row-values.ts';

type Values = readonly (readonly [number | string, FieldValue, number?])[];
const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };

const bytes = (layers: Bytes): Uint8Array => Uint8Array.from(layers);

/** What an IPFIX record of these elements becomes, after options data if there are some. */
function ipfix(values: Values, options: readonly SetSpec[] = []): Row {
  const sets = [...options, ...oneRecord(values).sets];
  return new TestCollector().receive(encodeIpfix({ ...CONTEXT, domain: 3 }, sets).bytes)[0];
}

function v9(values: Values): Row {
  return new TestCollector().receive(encodeNetflow9({ ...CONTEXT, sourceId: 3 }, oneRecord(values).sets))[0];
}

const quality = (row: Row, bit: keyof typeof QUALITY) => (Number(row.quality ?? 0) & QUALITY[bit]) !== 0;

/** 10.0.0.1:40000 to 10.0.0.2:443 over TCP: 20 bytes of IP, 20 of TCP. */
const packet = ipv4(6, tcp(40000, 443, 0x12), 1, 2, { id: 7, fragment: 0x4000, tos: 0xb9, totalLength: 1400 });
const frame = ethernet(0x8100, tag(231, 0x0800, packet));
const flow = {
  src_addr: '10.0.0.1',
  dst_addr: '10.0.0.2',
  src_port: 40000,
  dst_port: 443,
  proto: 6,
  tcp_flags: 0x12,
  dscp: 46,
  ecn: 1,
};
const layer2 = {
  src_mac: '02:00:00:00:00:01',
  dst_mac: '02:00:00:00:00:02',
  src_vlan: 231,
  dst_vlan: 231,
  ether_type: 0x0800,
  ip_ttl: 64,
  fragment_id: 7,
  fragment_flags: 0x40,
};

/** One packet in 100, for selector 7. */
const selector = { id: 512, scopes: 1, fields: [302, 304, 309, 310].map((id) => templateField(id)) };
const sampled: readonly SetSpec[] = [{ templates: [selector] }, { template: selector, records: [[7, 3, 1, 100]] }];

describe('a section of a data link frame', () => {
  it('is taken apart, and the size of the frame is scaled by the sampling rate', () => {
    const row = ipfix(
      [
        [302, 7],
        [10, 582],
        [312, 1418],
        [315, bytes(frame)],
      ],
      sampled,
    );
    expect(row).toMatchObject({
      ...flow,
      ...layer2,
      in_if: 582,
      bytes: 141_800,
      bytes_sampled: 1418,
      bytes_l2: 141_800,
      packets: 100,
      packets_sampled: 1,
      sampling_rate: 100,
      sampling_source: SAMPLING_SOURCE.options,
      header_bytes: frame.length,
    });
    for (const bit of ['address_unknown', 'dissected_partly', 'no_sampling_rate'] as const) {
      expect(quality(row, bit)).toBe(false);
    }
  });

  it('may have a fixed length, with padding behind a short frame', () => {
    const short = ethernet(0x0800, ipv4(17, udp(53, 5353)));
    const padded = bytes([...short, ...new Array(128 - short.length).fill(0)]);
    for (const values of [
      [
        [312, short.length],
        [315, padded, 128],
      ],
      [
        [315, padded, 128],
        [410, short.length],
      ],
      // In a record with a variable field, which is read from another buffer.
      [
        [82, 'eth0'],
        [315, padded, 128],
        [312, short.length],
      ],
    ] as const) {
      const row = ipfix(values);
      expect(row).toMatchObject({ src_port: 53, dst_port: 5353, proto: 17, packets: 1, header_bytes: short.length });
      expect(quality(row, 'dissected_partly')).toBe(false);
    }
    // Cut in the transport header: what stands behind is padding, and no port.
    const cut = ipfix([
      [312, short.length - 8],
      [315, padded, 128],
    ]);
    expect(cut).toMatchObject({ src_addr: '10.0.0.1', proto: 17 });
    expect(cut).not.toHaveProperty('src_port');
    expect(quality(cut, 'dissected_partly')).toBe(true);
  });

  it('comes in layer2packetSectionData from NetFlow v9', () => {
    expect(
      v9([
        [103, 1418],
        [104, bytes(frame), 64],
      ]),
    ).toMatchObject({
      ...flow,
      ...layer2,
      bytes: 1418,
      bytes_l2: 1418,
      packets: 1,
    });
    expect(
      quality(
        v9([
          [102, 14],
          [104, bytes(packet), 40],
        ]),
        'dissected_partly',
      ),
    ).toBe(true);
  });

  it('shows the flow in a tunnel, and the labels in its header', () => {
    const inner = ethernet(0x0800, packet);
    const outer = ethernet(0x0800, ipv4(17, udp(50000, 4789, vxlan(77, inner)), 3, 4));
    expect(
      ipfix([
        [315, bytes(outer)],
        [312, 1500],
      ]),
    ).toMatchObject({
      ...flow,
      outer_src_addr: '10.0.0.3',
      outer_dst_addr: '10.0.0.4',
      outer_dst_port: 4789,
      tunnel_type: TUNNEL_TYPE.vxlan,
      tunnel_id: 77,
    });
    const labelled = ethernet(0x8847, mpls([17, 18], packet));
    expect(
      ipfix([
        [70, 0x00fff1],
        [315, bytes(labelled)],
      ]),
    ).toMatchObject({ ...flow, mpls_labels: [17, 18] });
  });

  it('goes before what other elements of the record say, which stands where the section says nothing', () => {
    const values: Values = [
      [8, addresses.ipv4('192.0.2.1')],
      [12, addresses.ipv4('192.0.2.2')],
      [4, 17],
      [7, 1],
      [11, 2],
      [6, 0xff, 1],
    ];
    expect(ipfix([...values, [315, bytes(frame)]])).toMatchObject(flow);
    const echo = ipfix([...values, [315, bytes(ethernet(0x0800, ipv4(1, icmp(8, 0))))]]);
    expect(echo).toMatchObject({ proto: 1, icmp_type: 8 });
    for (const name of ['src_port', 'dst_port', 'tcp_flags']) expect(echo).not.toHaveProperty(name);
    expect(quality(echo, 'icmp_given')).toBe(true);
    const arp = ipfix([...values, [315, bytes(ethernet(0x0806, new Array(28).fill(0)))]]);
    expect(arp).toMatchObject({ src_addr: '192.0.2.1', proto: 17, dst_port: 2, ether_type: 0x0806 });
    // ICMP of the elements is none of the frame's.
    expect(
      quality(
        ipfix([
          [4, 1],
          [32, 0x0301],
          [315, bytes(frame)],
        ]),
        'icmp_given',
      ),
    ).toBe(false);
    expect(
      ipfix([
        [4, 1],
        [32, 0x0301],
        [315, bytes(frame)],
      ]),
    ).not.toHaveProperty('icmp_type');
  });

  it('leaves counters to the elements that count', () => {
    expect(
      ipfix([
        [1, 9000],
        [2, 6],
        [312, 1418],
        [315, bytes(frame)],
      ]),
    ).toMatchObject({
      bytes: 9000,
      packets: 6,
      bytes_l2: 1418,
    });
    // Where nothing counts bytes the packet's own length does.
    expect(
      ipfix(
        [
          [302, 7],
          [315, bytes(frame)],
        ],
        sampled,
      ),
    ).toMatchObject({
      bytes: 140_000,
      bytes_sampled: 1400,
      packets: 100,
    });
  });

  it.each([
    [
      'of another link type',
      [
        [408, 2],
        [315, bytes(frame)],
      ],
    ],
    [
      'that begins inside the frame',
      [
        [409, 18],
        [315, bytes(packet)],
      ],
    ],
    ['that is empty', [[315, new Uint8Array(0)]]],
  ] as const)('%s is counted and flagged', (_, values) => {
    const row = ipfix([[312, 1418], ...values]);
    expect(row).toMatchObject({ bytes: 1418, packets: 1 });
    expect(row).not.toHaveProperty('proto');
    expect(quality(row, 'dissected_partly')).toBe(true);
    expect(quality(row, 'address_unknown')).toBe(true);
  });

  it('of Ethernet says so in its type', () => {
    expect(
      ipfix([
        [408, 1],
        [409, 0],
        [315, bytes(frame)],
      ]),
    ).toMatchObject(flow);
  });

  it('is told from the next by the order of offsets', () => {
    expect(
      ipfix([
        [409, 0],
        [409, 4],
        [315, bytes(frame)],
        [314, bytes([1, 2, 3])],
      ]),
    ).toMatchObject(flow);
    const swapped = ipfix([
      [409, 0],
      [409, 4],
      [314, bytes([1, 2, 3])],
      [315, bytes(frame)],
    ]);
    expect(swapped).not.toHaveProperty('src_addr');
  });
});

describe('sections of an IP packet', () => {
  it('are read by the version of their header', () => {
    expect(
      ipfix(
        [
          [302, 7],
          [313, bytes(packet)],
        ],
        sampled,
      ),
    ).toMatchObject({
      ...flow,
      bytes: 140_000,
      packets: 100,
      fragment_id: 7,
    });
    const six = ipv6(6, tcp(40000, 443, 0x12));
    expect(ipfix([[313, bytes(six), six.length]])).toMatchObject({
      src_addr: '2001:db8::1',
      dst_port: 443,
      bytes: six.length,
    });
    expect(quality(ipfix([[313, bytes([0x10, ...packet])]]), 'dissected_partly')).toBe(true);
  });

  it('may have the payload apart', () => {
    const row = ipfix([
      [313, bytes(packet.slice(0, 20))],
      [314, bytes(packet.slice(20))],
    ]);
    expect(row).toMatchObject({ ...flow, header_bytes: packet.length });
    expect(quality(row, 'dissected_partly')).toBe(false);
    const fragment = ipv4(17, udp(53, 5353), 1, 2, { id: 9, fragment: 185 });
    const later = ipfix([
      [313, bytes(fragment.slice(0, 20))],
      [314, bytes(fragment.slice(20))],
    ]);
    expect(later).toMatchObject({ proto: 17, fragment_id: 9, fragment_offset: 185 });
    expect(later).not.toHaveProperty('src_port');
  });

  it('of the payload alone need the protocol in an element of its own', () => {
    const values: Values = [
      [4, 6],
      [8, addresses.ipv4('10.0.0.1')],
      [12, addresses.ipv4('10.0.0.2')],
    ];
    const row = ipfix([...values, [314, bytes(packet.slice(20))]]);
    expect(row).toMatchObject({ src_addr: '10.0.0.1', src_port: 40000, dst_port: 443, tcp_flags: 0x12 });
    expect(quality(row, 'address_unknown')).toBe(false);
    expect(ipfix([[314, bytes(packet.slice(20))]])).not.toHaveProperty('src_port');
    const inside = ipfix([...values, [409, 4], [314, bytes(packet.slice(24))]]);
    expect(inside).not.toHaveProperty('src_port');
    expect(quality(inside, 'dissected_partly')).toBe(true);
  });
});

describe('sections of many records', () => {
  it('are each of their own packet', () => {
    const template = { id: 256, fields: [templateField(312), templateField(315)] };
    const frames = [
      ethernet(0x0800, ipv4(6, tcp(1, 2, 0x02))),
      ethernet(0x86dd, ipv6(17, udp(3, 4))),
      ethernet(0x0806, u16(1)),
      ethernet(0x0800, ipv4(1, icmp(3, 1))),
    ];
    const records = frames.map((layers) => [layers.length, bytes(layers)]);
    const rows = new TestCollector().receive(
      encodeIpfix({ ...CONTEXT, domain: 1 }, [{ templates: [template] }, { template, records }]).bytes,
    );
    expect(rows.map(({ proto, src_port, tcp_flags, icmp_type }) => [proto, src_port, tcp_flags, icmp_type])).toEqual([
      [6, 1, 2, undefined],
      [17, 3, undefined, undefined],
      [undefined, undefined, undefined, undefined],
      [1, undefined, undefined, 3],
    ]);
    expect(rows.map((row) => quality(row, 'address_unknown'))).toEqual([false, false, true, false]);
  });
});
