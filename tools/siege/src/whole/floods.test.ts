import { FlowBatch } from '@weir/record';
import { Decoder } from '@weir/wire';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { dataMessage, manyTemplates, namingMessage, sourceAddress, templateMessage, textMessage } from './floods.ts';

const IPV4 = new Uint32Array([0, 0, 0xffff, 0x7f400001]);

describe('floods', () => {
  it('are messages that Weir reads: templates, flows, names of exporters, texts', () => {
    const random = new Random(1);
    const decoder = new Decoder();
    const batch = new FlowBatch(1000);
    const take = (bytes: Uint8Array): number => {
      batch.clear();
      decoder.decode(bytes, 0, bytes.length, IPV4, 0, Date.now(), batch);
      return batch.length;
    };
    expect([take(templateMessage()), take(dataMessage(30)), take(manyTemplates(random))]).toEqual([0, 30, 0]);
    expect([take(namingMessage(random)), take(textMessage(random))]).toEqual([50, 50]);
    expect(decoder.strings.drain().length).toBe(50);
    const [exporter] = decoder.exporters.all();
    expect(exporter.counters.some((count) => count >= 43)).toBe(true);
    expect(decoder.exporters.all().length).toBeGreaterThan(5);
  });

  it('come from addresses of loopback, each number from another', () => {
    const addresses = Array.from({ length: 200_000 }, (_, index) => sourceAddress(index));
    expect(new Set(addresses).size).toBe(200_000);
    expect(addresses.every((one) => /^127\.(6[4-9]|[7-9]\d|1\d\d)\.\d{1,3}\.\d{1,3}$/.test(one))).toBe(true);
  });
});
