import {
  ACCOUNT_NAMES,
  FlowBatch as Batch,
  type FlowBatch,
  formatAddress,
  keyText,
  newCounters,
  parseAddress,
  parseNetwork,
  QUALITY,
} from '@weir/record';
import { describe, expect, it } from 'vitest';
import { Decoder } from './dispatch.ts';
import { encodeIpfix } from './ipfix/encode.ts';
import { encodeNetflow5 } from './netflow/v5-encode.ts';
import { encodeNetflow9 } from './netflow/v9-encode.ts';
import { templateField } from './template/encode.ts';
import { ipv4, NOW, TestCollector, UPTIME } from './testing/collector.ts';

const CONTEXT = { time: NOW, sysUptime: UPTIME, sequence: 0 };
const TEMPLATE = { id: 256, fields: [templateField(7)] };
const SETS = [{ templates: [TEMPLATE] }, { template: TEMPLATE, records: [[80]] }];

function oneRow(): FlowBatch {
  const batch = new Batch(1);
  batch.length = 1;
  return batch;
}

const V5 = encodeNetflow5(oneRow(), 0, 1, CONTEXT);
const V9 = encodeNetflow9({ ...CONTEXT, sourceId: 0 }, SETS);
const IPFIX = encodeIpfix({ ...CONTEXT, domain: 0 }, SETS).bytes;

describe('the decoder', () => {
  it('tells the protocol by the message, whatever came before', () => {
    const collector = new TestCollector();
    for (const message of [V5, V9, IPFIX, V5]) expect(collector.receive(message)).toHaveLength(1);
    expect(collector.counts()).toMatchObject({ datagrams_received: 4, datagrams_decoded: 4, flows_received: 4 });
    expect([...collector.peer.protocols.values()].map((state) => state.describe().protocol)).toEqual([
      'NetFlow v5',
      'NetFlow v9',
      'IPFIX',
    ]);
  });

  it.each([
    ['empty', [], 'datagrams_unknown_protocol'],
    ['short', [0, 5], 'datagrams_unknown_protocol'],
    ['a DNS query', [0x12, 0x34, 1, 0, 0, 1], 'datagrams_unknown_protocol'],
    ['NetFlow v1', [0, 1, 0, 1, 0, 0], 'datagrams_unsupported_version'],
    ['NetFlow v7', [0, 7, 0, 1, 0, 0], 'datagrams_unsupported_version'],
    ['sFlow v4', [0, 0, 0, 4, 0, 0], 'datagrams_unsupported_version'],
    ['zeros', [0, 0, 0, 0, 0, 0], 'datagrams_unknown_protocol'],
    ['NetFlow v9 without a header', [0, 9, 0, 1, 0, 0], 'datagrams_malformed'],
  ])('counts what is %s', (_, bytes, account) => {
    const collector = new TestCollector();
    expect(collector.receive(Uint8Array.from(bytes))).toEqual([]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, [account]: 1 });
  });

  it('takes datagrams from allowed networks only, and keeps nothing of others', () => {
    const decoder = new Decoder({ allow: [parseNetwork('10.0.0.0/8'), parseNetwork('2001:db8::/32')] });
    const batch = new Batch(1000);
    for (const peer of ['10.1.2.3', '192.0.2.1', '2001:db8::9', '2001:db9::9']) {
      decoder.decode(V5, 0, V5.length, parseAddress(peer), 0, NOW, batch);
    }
    expect(batch.length).toBe(2);
    expect(decoder.exporters.all().map(({ address }) => address)).toEqual(['10.1.2.3', '2001:db8::9']);
    const { unattributed } = decoder.exporters;
    expect(new TestCollector().counts(unattributed)).toEqual({ datagrams_received: 2, datagrams_not_allowed: 2 });
  });

  it('counts a datagram when it is done: received, its outcome, its flows, whoever they belong to', () => {
    const written: string[] = [];
    const observed = (who: string) =>
      new Proxy(newCounters(), {
        set(counters, account, value) {
          written.push(`${who} ${ACCOUNT_NAMES[Number(account)]}`);
          return Reflect.set(counters, account, value, counters);
        },
      });
    const decoder = new Decoder({
      counters: { take: (words) => observed(formatAddress(words) || 'nobody'), release: () => {} },
    });
    const send = (bytes: Uint8Array) => {
      written.length = 0;
      decoder.decode(bytes, 0, bytes.length, parseAddress('10.0.0.1'), 0, NOW, new Batch(1000));
      return written;
    };
    expect(send(V5)).toEqual(['10.0.0.1 datagrams_received', '10.0.0.1 datagrams_decoded', '10.0.0.1 flows_received']);
    const named = { id: 256, fields: [templateField(7), templateField(130)] };
    const records = ['10.0.0.2', '10.0.0.1', '10.0.0.3', '10.0.0.2'].map((address) => [80, ipv4(address)]);
    const mediated = encodeIpfix({ ...CONTEXT, domain: 0 }, [{ templates: [named] }, { template: named, records }]);
    expect(send(mediated.bytes)).toEqual([
      '10.0.0.1 templates_received',
      '10.0.0.1 datagrams_received',
      '10.0.0.1 datagrams_decoded',
      '10.0.0.1 flows_received',
      '10.0.0.2 flows_received',
      '10.0.0.3 flows_received',
    ]);
    expect(send(V5.subarray(0, 30))).toEqual(['10.0.0.1 datagrams_received', '10.0.0.1 datagrams_malformed']);
  });

  it('counts exporters over the cap together', () => {
    const decoder = new Decoder({ exporterCap: 1 });
    const batch = new Batch(1000);
    for (const peer of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.1']) {
      decoder.decode(V5, 0, V5.length, parseAddress(peer), 0, NOW, batch);
    }
    expect(batch.length).toBe(2);
    expect(new TestCollector().counts(decoder.exporters.unattributed)).toEqual({
      datagrams_received: 2,
      datagrams_exporter_cap: 2,
    });
  });

  it('puts time, exporter and where the message is from on each row', () => {
    const collector = new TestCollector();
    const [row] = collector.receive(encodeIpfix({ ...CONTEXT, sequence: 7, domain: 9 }, SETS).bytes, NOW + 12);
    expect(row).toMatchObject({
      time_received: NOW + 12,
      time_exported: NOW,
      exporter: keyText(collector.peer.key),
      observation_domain: 9,
      sequence: 7,
      template_id: 256,
      quality: QUALITY.no_sampling_rate | QUALITY.time_guessed | QUALITY.address_unknown,
    });
    expect(collector.peer).toMatchObject({ firstSeen: NOW + 12, lastSeen: NOW + 12 });
  });

  it('leaves the provenance out where it is not wanted', () => {
    const [row] = new TestCollector({ provenance: false }).receive(IPFIX);
    expect([row.time_exported, row.sequence, row.template_id]).toEqual([undefined, undefined, undefined]);
  });

  it('decodes a datagram where it lies in a larger buffer', () => {
    const buffer = new Uint8Array(4096).fill(0xaa);
    buffer.set(V5, 1000);
    const batch = new Batch(100);
    const decoder = new Decoder();
    decoder.decode(buffer.subarray(10), 990, 990 + V5.length, parseAddress('10.0.0.1'), 0, NOW, batch);
    expect(batch.length).toBe(1);
  });
});
