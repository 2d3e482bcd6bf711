import {
  FIELD,
  FlowBatch,
  IPV4_MAPPED_WORD,
  QUALITY,
  rowToObject,
  SAMPLING_SOURCE,
  setNumber,
  TUNNEL_TYPE,
} from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { header, SflowCollector } from '../testing/sflow.ts';
import { encodeSflow } from './index.ts';

describe('encoding and decoding', () => {
  const address = fc.oneof(
    fc.nat(0xffffffff).map((word) => Uint32Array.of(0, 0, IPV4_MAPPED_WORD, word)),
    fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([a, b]) => Uint32Array.of(0xb80d0120, a, 0, b)),
  );
  const port = fc.nat(0xffff);
  const flow = fc
    .record({
      addresses: fc.tuple(address, address).filter(([a, b]) => (a[0] === 0) === (b[0] === 0)),
      proto: fc.constantFrom(6, 17, 132, 1, 58),
      ports: fc.tuple(
        port,
        port.filter((to) => to !== 4789 && to !== 8472 && to !== 6081),
      ),
      flags: fc.nat(0x1ff),
      icmp: fc.tuple(fc.nat(255), fc.nat(255)),
      dscp: fc.nat(63),
      length: fc.integer({ min: 60, max: 9000 }),
      rate: fc.integer({ min: 1, max: 1_000_000 }),
      interfaces: fc.tuple(fc.nat(0x3ffffffe), fc.nat(0x3ffffffe)),
      vlan: fc.nat(4094),
      tunnel: fc.constantFrom(TUNNEL_TYPE.none, TUNNEL_TYPE.vxlan, TUNNEL_TYPE.geneve, TUNNEL_TYPE.gre),
      outer: fc.tuple(address, address).filter(([a, b]) => (a[0] === 0) === (b[0] === 0)),
      vni: fc.integer({ min: 1, max: 0xffffff }),
    })
    .map((spec) => ({ ...spec, flags: spec.proto === 6 ? spec.flags : 0 }));
  type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;

  function fill(batch: FlowBatch, row: number, spec: Flow): void {
    batch.use(FIELD.src_addr).set(spec.addresses[0], row * 4);
    batch.use(FIELD.dst_addr).set(spec.addresses[1], row * 4);
    batch.use(FIELD.proto)[row] = spec.proto;
    const isIcmp = spec.proto === 1 || spec.proto === 58;
    if (isIcmp) {
      batch.use(FIELD.icmp_type)[row] = spec.icmp[0];
      batch.use(FIELD.icmp_code)[row] = spec.icmp[1];
      batch.use(FIELD.quality)[row] = QUALITY.icmp_given;
    } else {
      batch.use(FIELD.src_port)[row] = spec.ports[0];
      batch.use(FIELD.dst_port)[row] = spec.ports[1];
    }
    batch.use(FIELD.tcp_flags)[row] = spec.flags;
    batch.use(FIELD.dscp)[row] = spec.dscp;
    setNumber(batch.use(FIELD.bytes_sampled), row, spec.length);
    batch.use(FIELD.sampling_rate)[row] = spec.rate;
    batch.use(FIELD.in_if)[row] = spec.interfaces[0];
    batch.use(FIELD.out_if)[row] = spec.interfaces[1];
    if (spec.tunnel === TUNNEL_TYPE.none) {
      batch.use(FIELD.src_vlan)[row] = spec.vlan;
      batch.use(FIELD.dst_vlan)[row] = spec.vlan;
      return;
    }
    batch.use(FIELD.tunnel_type)[row] = spec.tunnel;
    batch.use(FIELD.tunnel_id)[row * 2] = spec.vni;
    batch.use(FIELD.outer_src_addr).set(spec.outer[0], row * 4);
    batch.use(FIELD.outer_dst_addr).set(spec.outer[1], row * 4);
    if (spec.tunnel === TUNNEL_TYPE.gre) batch.use(FIELD.outer_proto)[row] = 47;
    else {
      batch.use(FIELD.outer_src_port)[row] = spec.ports[0];
      batch.use(FIELD.outer_dst_port)[row] = spec.tunnel === TUNNEL_TYPE.vxlan ? 4789 : 6081;
      batch.use(FIELD.outer_proto)[row] = 17;
    }
  }

  it.each([
    [0x40, 0],
    [0x20, 0],
    [0x20, 185],
    [0, 370],
    [0, 0],
  ])('give back how a packet was cut (flags %i, offset %i)', (flags, offset) => {
    const batch = new FlowBatch(1);
    batch.core.src_addr.set([0, 0, IPV4_MAPPED_WORD, 1]);
    batch.core.dst_addr.set([0, 0, IPV4_MAPPED_WORD, 2]);
    batch.core.proto[0] = 17;
    batch.use(FIELD.fragment_id)[0] = 0xbeef;
    batch.use(FIELD.fragment_flags)[0] = flags;
    batch.use(FIELD.fragment_offset)[0] = offset;
    batch.length = 1;
    const [row] = new SflowCollector({}).take(encodeSflow(batch, 0, 1, { ...header, headerBytes: 128 }));
    expect([row.fragment_id, row.fragment_flags ?? 0, row.fragment_offset ?? 0]).toEqual([0xbeef, flags, offset]);
  });

  it('give back what a row says', () => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 7 }), fc.boolean(), (flows, expanded) => {
        const batch = new FlowBatch(8);
        for (const [row, spec] of flows.entries()) fill(batch, row, spec);
        batch.length = flows.length;
        const decoded = new SflowCollector().take(
          encodeSflow(batch, 0, flows.length, { ...header, expanded, headerBytes: 192 }),
        );
        expect(decoded).toHaveLength(flows.length);
        for (const [row, spec] of flows.entries()) {
          // What the collector adds to a row: times, exporter, direction and the scaled counters.
          const { time_received, time_start, time_end, source, exporter, observation_domain, direction, ...got } =
            decoded[row];
          expect(got).toEqual({
            ...rowToObject(batch, row),
            bytes: spec.length * spec.rate,
            packets: spec.rate,
            packets_sampled: 1,
            sampling_source: SAMPLING_SOURCE.record,
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});
