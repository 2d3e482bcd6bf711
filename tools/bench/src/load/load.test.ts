import { parseInventory } from '@weir/enrich';
import { ACCOUNT, FIELD, FlowBatch } from '@weir/record';
import { Decoder } from '@weir/wire';
import { describe, expect, it } from 'vitest';
import { clusterInventory, PODS } from './cluster.ts';
import { BYTES, fill, prepare, RECORDS, stamp } from './netflow5.ts';
import { Random } from './random.ts';
import { sflowMessages } from './sflow.ts';
import { IPFIX_FIELDS, IPFIX_VARIABLE_FIELDS, type Messages, templateMessages, V9_FIELDS } from './templates.ts';

const PEER = Uint32Array.of(0, 0, 0xffff0000, 0x0200007f);

/** Source and destination of each row, in one text. */
function tuples(batch: FlowBatch): Set<string> {
  const [src, dst] = [batch.use(FIELD.src_addr), batch.use(FIELD.dst_addr)];
  const [srcPort, dstPort] = [batch.use(FIELD.src_port), batch.use(FIELD.dst_port)];
  return new Set(
    Array.from({ length: batch.length }, (_, i) => `${src[i * 4 + 3]} ${dst[i * 4 + 3]} ${srcPort[i]} ${dstPort[i]}`),
  );
}

describe('the load', () => {
  it('names an address for each of 5,000 pods', () => {
    const { pods } = parseInventory(clusterInventory());
    expect(new Set(pods.map(({ addresses }) => addresses[0])).size).toBe(PODS);
  });

  it('is NetFlow v5 with flows that differ and sequence numbers without a gap', () => {
    const data = new Uint8Array(100 * BYTES);
    const view = new DataView(data.buffer);
    const random = new Random(1);
    const batch = new FlowBatch(10_000);
    const decoder = new Decoder();
    for (let i = 0; i < 100; i++) {
      prepare(view, i * BYTES, 0);
      fill(view, i * BYTES, random, 3_600_000);
      stamp(view, i * BYTES, Date.now(), 3_600_000, i * RECORDS);
      decoder.decode(data, i * BYTES, (i + 1) * BYTES, PEER, 0, Date.now(), batch);
    }
    expect(tuples(batch).size).toBe(100 * RECORDS);
    const [exporter] = decoder.exporters.all();
    expect(exporter.counters[ACCOUNT.sequence_lost_flows]).toBe(0);
    expect(exporter.counters[ACCOUNT.datagrams_decoded]).toBe(100);
  });

  it.each<[string, () => Messages]>([
    ['NetFlow v9', () => templateMessages(9, V9_FIELDS, 50, new Random(2), { next: 0 })],
    ['IPFIX', () => templateMessages(10, IPFIX_FIELDS, 50, new Random(3), { next: 0 })],
    ['IPFIX with texts', () => templateMessages(10, IPFIX_VARIABLE_FIELDS, 50, new Random(4), { next: 0 })],
    ['sFlow', () => sflowMessages(50, new Random(5), { next: 1 })],
  ])('is %s that decodes to as many different flows as it says', (_, make) => {
    const { template, data, starts, ends, records } = make();
    const batch = new FlowBatch(10_000);
    const decoder = new Decoder();
    if (template.length > 0) decoder.decode(template, 0, template.length, PEER, 0, Date.now(), batch);
    for (let i = 0; i < starts.length; i++) decoder.decode(data, starts[i], ends[i], PEER, 0, Date.now(), batch);
    expect(batch.length).toBe(records);
    expect(tuples(batch).size).toBe(records);
    for (const exporter of decoder.exporters.all()) {
      expect(exporter.counters[ACCOUNT.datagrams_malformed]).toBe(0);
      expect(exporter.counters[ACCOUNT.sequence_lost_flows]).toBe(0);
      expect(exporter.counters[ACCOUNT.sequence_lost_datagrams]).toBe(0);
    }
  });
});
