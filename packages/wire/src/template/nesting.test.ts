import { QUALITY, TUNNEL_TYPE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { encodeIpfix } from '../ipfix/encode.ts';
import { encodeNetflow9 } from '../netflow/v9-encode.ts';
import { ipv4, ipv6, NOW, oneRecord, type Row, TestCollector, UPTIME } from '../testing/collector.ts';
import { templateField } from './encode.ts';
import type { FieldValue } from './row-values.ts';

type Values = readonly (readonly [number | string, FieldValue, number?])[];
const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };

function ipfix(...values: Values): Row {
  return new TestCollector().receive(encodeIpfix({ ...CONTEXT, domain: 1 }, oneRecord(values).sets).bytes)[0];
}

/** The rows of records that share a template of these elements; an element may come as `[element, length]`. */
function rowsOf(
  elements: readonly (number | readonly [number, number])[],
  records: readonly (readonly FieldValue[])[],
  version: 9 | 10 = 10,
): Row[] {
  const fields = elements.map((one) => (typeof one === 'number' ? templateField(one) : templateField(...one)));
  const template = { id: 256, fields };
  const sets = [{ templates: [template] }, { template, records }];
  const bytes =
    version === 9
      ? encodeNetflow9({ ...CONTEXT, sourceId: 1 }, sets)
      : encodeIpfix({ ...CONTEXT, domain: 1 }, sets).bytes;
  const before = bytes.slice();
  const rows = new TestCollector().receive(bytes);
  // The message may be in a receive buffer that others read too.
  expect(bytes).toEqual(before);
  return rows;
}

const outer4 = { outer_src_addr: '192.0.2.1', outer_dst_addr: '192.0.2.2' };
const outer6 = { outer_src_addr: '2001:db8::1', outer_dst_addr: '2001:db8::2' };
const inner4 = { src_addr: '10.0.0.1', dst_addr: '10.0.0.2' };
const inner6 = { src_addr: 'fd00::1', dst_addr: 'fd00::2' };
const OUTER4 = [ipv4('192.0.2.1'), ipv4('192.0.2.2')];
const OUTER6 = [ipv6('2001:db8::1'), ipv6('2001:db8::2')];
const INNER4 = [ipv4('10.0.0.1'), ipv4('10.0.0.2')];
const INNER6 = [ipv6('fd00::1'), ipv6('fd00::2')];
const NONE4 = [ipv4('0.0.0.0'), ipv4('0.0.0.0')];
const NONE6 = [new Uint8Array(16), new Uint8Array(16)];

describe('elements that repeat', () => {
  it('are of the outer header first, and the flow is the innermost', () => {
    const elements = [8, 12, 4, 8, 12, 4, 7, 11, 1];
    const [row] = rowsOf(elements, [[...OUTER4, 4, ...INNER4, 6, 40000, 443, 900]]);
    expect(row).toMatchObject({
      ...inner4,
      ...outer4,
      proto: 6,
      src_port: 40000,
      dst_port: 443,
      outer_proto: 4,
      tunnel_type: TUNNEL_TYPE.ipip,
      bytes: 900,
    });
    expect(row).not.toHaveProperty('outer_dst_port');
  });

  it.each([9, 10] as const)('have all of a tunnel over UDP, each with its header (version %i)', (version) => {
    const elements = [27, 28, 4, 7, 11, 5, 27, 28, 4, 7, 11, 5, 6, 192, 192];
    const record = [...OUTER6, 17, 50000, 4789, 0, ...INNER6, 6, 40000, 443, 0xb9, 0x12, 255, 63];
    expect(rowsOf(elements, [record], version)[0]).toMatchObject({
      ...inner6,
      ...outer6,
      proto: 6,
      src_port: 40000,
      dst_port: 443,
      tcp_flags: 0x12,
      dscp: 46,
      ecn: 1,
      ip_ttl: 63,
      outer_proto: 17,
      outer_src_port: 50000,
      outer_dst_port: 4789,
      tunnel_type: TUNNEL_TYPE.vxlan,
    });
  });

  it('whose inner value is zero stay zero: nothing of the outer header is mixed in', () => {
    // ICMP in UDP: the ports are the outer ones.
    const elements = [8, 12, 4, 7, 11, 5, 8, 12, 4, 7, 11, 5, 32];
    const [row] = rowsOf(elements, [[...OUTER4, 17, 50000, 6081, 0xb8, ...INNER4, 1, 0, 0, 0, 0x0800]]);
    expect(row).toMatchObject({
      ...inner4,
      proto: 1,
      icmp_type: 8,
      outer_dst_port: 6081,
      tunnel_type: TUNNEL_TYPE.geneve,
    });
    for (const name of ['src_port', 'dst_port', 'dscp']) expect(row).not.toHaveProperty(name);
  });

  it('of which a record fills one are of that one header', () => {
    const elements = [8, 12, 4, 7, 11, 8, 12, 4, 7, 11];
    const [first, second, both] = rowsOf(elements, [
      [...INNER4, 6, 40000, 443, ...NONE4, 0, 0, 0],
      [...NONE4, 0, 0, 0, ...INNER4, 17, 53, 5353],
      [...OUTER4, 47, 0, 0, ...INNER4, 6, 40000, 443],
    ]);
    expect(first).toMatchObject({ ...inner4, proto: 6, src_port: 40000, dst_port: 443 });
    expect(second).toMatchObject({ ...inner4, proto: 17, src_port: 53, dst_port: 5353 });
    for (const row of [first, second]) {
      expect(row).not.toHaveProperty('outer_src_addr');
      expect(row).not.toHaveProperty('tunnel_type');
    }
    expect(both).toMatchObject({ ...inner4, ...outer4, proto: 6, outer_proto: 47, tunnel_type: TUNNEL_TYPE.gre });
  });

  it('are decided for each record, beside texts of variable length too', () => {
    const elements = [82, 8, 12, 4, 8, 12, 4, 96];
    const rows = rowsOf(elements, [
      ['eth0', ...INNER4, 6, ...NONE4, 0, 'https'],
      ['a longer name', ...OUTER4, 47, ...INNER4, 17, ''],
      ['eth1', ...INNER4, 1, ...NONE4, 0, 'dns'],
    ]);
    expect(
      rows.map(({ src_addr, proto, outer_proto, in_if_name, app_name }) => [
        src_addr,
        proto,
        outer_proto,
        in_if_name,
        app_name,
      ]),
    ).toEqual([
      ['10.0.0.1', 6, undefined, 'eth0', 'https'],
      ['10.0.0.1', 17, 47, 'a longer name', undefined],
      ['10.0.0.1', 1, undefined, 'eth1', 'dns'],
    ]);
  });

  it('of three headers leave out the middle', () => {
    const elements = [27, 28, 4, 8, 12, 4, 8, 12, 4, 7, 11];
    const [three, two] = rowsOf(elements, [
      [...OUTER6, 4, ...OUTER4, 47, ...INNER4, 6, 1, 2],
      [...OUTER6, 4, ...INNER4, 17, ...NONE4, 0, 3, 4],
    ]);
    expect(three).toMatchObject({ ...inner4, ...outer6, proto: 6, outer_proto: 4, src_port: 1 });
    expect(two).toMatchObject({ ...inner4, ...outer6, proto: 17, outer_proto: 4, src_port: 3 });
  });

  it('may have different lengths', () => {
    const elements = [8, 12, [4, 2], 8, 12, [4, 1], [7, 4], [7, 2]] as const;
    expect(rowsOf(elements, [[...OUTER4, 47, ...INNER4, 6, 9, 40000]])[0]).toMatchObject({
      proto: 6,
      outer_proto: 47,
      src_port: 40000,
    });
    expect(rowsOf([8, 12, [5, 2], 8, 12, [5, 1]], [[...OUTER4, 0xb8, ...INNER4, 0x28]])[0]).toMatchObject({ dscp: 10 });
  });

  it('without addresses that repeat are told by protocol and ports', () => {
    const [row] = rowsOf([8, 12, 4, 4, 7, 11, 7, 11], [[...INNER4, 17, 17, 50000, 8472, 53, 5353]]);
    expect(row).toMatchObject({
      ...inner4,
      proto: 17,
      src_port: 53,
      dst_port: 5353,
      outer_proto: 17,
      outer_src_port: 50000,
      outer_dst_port: 8472,
      tunnel_type: TUNNEL_TYPE.vxlan,
    });
    expect(rowsOf([8, 12, 4, 7, 11, 7, 11], [[...INNER4, 6, 50000, 4789, 53, 5353]])[0]).toMatchObject({
      proto: 6,
      dst_port: 5353,
      outer_dst_port: 4789,
    });
  });

  it('that say the same twice are no tunnel', () => {
    const [row] = rowsOf([8, 12, 4, 7, 11, 8, 12, 4, 7, 11], [[...INNER4, 6, 1, 2, ...INNER4, 6, 1, 2]]);
    expect(row).toMatchObject({ ...inner4, proto: 6, src_port: 1, dst_port: 2 });
    expect(row).not.toHaveProperty('tunnel_type');
    const mapped = rowsOf([8, 12, 27, 28, 4], [[...INNER4, ipv6('::ffff:10.0.0.1'), ipv6('::ffff:10.0.0.2'), 6]])[0];
    expect(mapped).toMatchObject({ ...inner4, proto: 6 });
    expect(mapped).not.toHaveProperty('tunnel_type');
    // A tunnel between the ends of the flow itself.
    const own = rowsOf([8, 12, 4, 8, 12, 4], [[...INNER4, 47, ...INNER4, 6]])[0];
    expect(own).toMatchObject({ proto: 6, outer_proto: 47, tunnel_type: TUNNEL_TYPE.gre });
  });

  it('more often than anyone nests headers are of the first and the last', () => {
    const elements = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 8 : 12));
    const record = Array.from({ length: 40 }, (_, index) => ipv4(`10.0.${index >> 1}.${(index & 1) + 1}`));
    expect(rowsOf(elements, [record])[0]).toMatchObject({
      src_addr: '10.0.19.1',
      dst_addr: '10.0.19.2',
      outer_src_addr: '10.0.0.1',
    });
  });

  it('of other than headers give the first that is not zero', () => {
    expect(ipfix([10, 0], [10, 7], [10, 9])).toMatchObject({ in_if: 7 });
  });
});

describe('elements of both families', () => {
  const both = [27, 28, 8, 12, 193, 4, 7, 11];

  it('that are both filled are IPv4 in IPv6, as with segment routing', () => {
    const [row] = rowsOf([...both, 498, 495], [[...OUTER6, ...INNER4, 43, 6, 40000, 443, 1, ipv6('2001:db8:f::1')]]);
    expect(row).toMatchObject({
      ...inner4,
      ...outer6,
      proto: 6,
      dst_port: 443,
      outer_proto: 43,
      tunnel_type: TUNNEL_TYPE.srv6,
    });
    expect(Number(row.quality) & QUALITY.address_unknown).toBe(0);
  });

  it('are outermost first, unless the packet says otherwise', () => {
    const four = [8, 12, 27, 28, 4, 7, 11];
    // Nothing but the order: IPv6 in IPv4.
    expect(rowsOf(four, [[...OUTER4, ...INNER6, 6, 1, 2]])[0]).toMatchObject({
      ...inner6,
      ...outer4,
      proto: 6,
      tunnel_type: TUNNEL_TYPE.other,
    });
    // The protocol says that an IPv4 packet is inside, so the IPv6 header is around it.
    expect(rowsOf(four, [[...INNER4, ...OUTER6, 4, 0, 0]])[0]).toMatchObject({
      ...inner4,
      ...outer6,
      outer_proto: 4,
      tunnel_type: TUNNEL_TYPE.ipip,
    });
    expect(rowsOf([27, 28, 8, 12, 4], [[...INNER6, ...OUTER4, 41]])[0]).toMatchObject({
      ...inner6,
      ...outer4,
      outer_proto: 41,
      tunnel_type: TUNNEL_TYPE.ip6_in_ip,
    });
    // A segment routing header is of the IPv6 header outside.
    const segments = [...four, 498];
    expect(rowsOf(segments, [[...INNER4, ...OUTER6, 6, 1, 2, 3]])[0]).toMatchObject({
      ...inner4,
      ...outer6,
      proto: 6,
      tunnel_type: TUNNEL_TYPE.srv6,
    });
  });

  it('have protocols of their own', () => {
    expect(rowsOf([8, 12, 4, 27, 28, 193], [[...OUTER4, 41, ...INNER6, 58]])[0]).toMatchObject({
      ...inner6,
      ...outer4,
      proto: 58,
      outer_proto: 41,
      tunnel_type: TUNNEL_TYPE.ip6_in_ip,
    });
  });

  it('with a protocol that only carries packets have no other: it is the outer header’s', () => {
    const row = rowsOf([27, 28, 27, 28, 4], [[...OUTER6, ...INNER6, 47]])[0];
    expect(row).toMatchObject({ ...inner6, ...outer6, outer_proto: 47, tunnel_type: TUNNEL_TYPE.gre });
    expect(row).not.toHaveProperty('proto');
  });

  it('of which one is zeros are one header', () => {
    const rows = rowsOf(both, [
      [...NONE6, ...INNER4, 0, 6, 1, 2],
      [...INNER6, ...NONE4, 17, 0, 3, 4],
      [...OUTER6, ...INNER4, 4, 17, 5, 6],
      [...NONE6, ...INNER4, 0, 6, 7, 8],
    ]);
    expect(rows.map(({ src_addr, proto, src_port, tunnel_type }) => [src_addr, proto, src_port, tunnel_type])).toEqual([
      ['10.0.0.1', 6, 1, undefined],
      ['fd00::1', 17, 3, undefined],
      ['10.0.0.1', 17, 5, TUNNEL_TYPE.ipip],
      ['10.0.0.1', 6, 7, undefined],
    ]);
  });

  it('that have the source in one and the destination in the other are one header', () => {
    const row = rowsOf([8, 28, 4], [[ipv4('10.0.0.1'), ipv6('fd00::2'), 6]])[0];
    expect(row).toMatchObject({ src_addr: '10.0.0.1', dst_addr: 'fd00::2', proto: 6 });
    expect(row).not.toHaveProperty('tunnel_type');
    // Whatever else repeats.
    const tagged = rowsOf([8, 28, 4, 58, 58], [[ipv4('10.0.0.1'), ipv6('fd00::2'), 6, 100, 200]])[0];
    expect(tagged).toMatchObject({ src_addr: '10.0.0.1', dst_addr: 'fd00::2', src_vlan: 100 });
  });

  it('with the kind of an overlay say which tunnel it is', () => {
    expect(rowsOf([8, 12, 8, 12, 351], [[...OUTER4, ...INNER4, 0x0100000000001234n]])[0]).toMatchObject({
      ...inner4,
      ...outer4,
      tunnel_type: TUNNEL_TYPE.vxlan,
      tunnel_id: 0x1234,
    });
  });
});
