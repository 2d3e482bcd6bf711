import { ACCOUNT, FIELD, NO_KEY, parseAddress, stringKey } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { CapReport } from './caps.ts';
import { encodeIpfix } from './ipfix/encode.ts';
import { StateClock } from './state-clock.ts';
import { StringTable } from './strings.ts';
import { templateField } from './template/encode.ts';
import { NOW, TestCollector, UPTIME } from './testing/collector.ts';

const NAMED = { id: 256, fields: [templateField(82), templateField(4)] };

function flows(texts: readonly string[]): Uint8Array {
  const records = texts.map((text) => [text, 6]);
  const sets = [{ templates: [NAMED] }, { template: NAMED, records }];
  return encodeIpfix({ time: NOW, sysUptime: UPTIME, sequence: 0, domain: 1 }, sets).bytes;
}

const texts = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `text ${from + index}`);

describe('texts', () => {
  it('have a key once they are announced, and are announced once', () => {
    const strings = new StringTable(new CapReport(new StateClock()));
    expect(strings.intern('eth0')).toEqual(stringKey('eth0'));
    expect(strings.intern('')).toBe(NO_KEY);
    strings.intern('eth0');
    expect(strings.drain()).toEqual([{ key: stringKey('eth0'), text: 'eth0' }]);
    strings.intern('eth0');
    expect(strings.drain()).toEqual([]);
  });

  it('that are too many between two drains have no key, and get one later', () => {
    const collector = new TestCollector({ stringCap: 400 });
    // A quarter of the table: 100 between two drains, of which one sender may have 64 at least.
    const [first, second] = [texts(64), texts(36, 64)];
    const rows = collector.batch(flows([...first, ...second, 'text 0']));
    const keys = Array.from({ length: 101 }, (_, row) => keyAt(rows, row));
    expect(keys.slice(0, 64).every((key) => key !== 0)).toBe(true);
    expect(keys.slice(64, 100)).toEqual(new Array(36).fill(0));
    expect(keys[100]).toBe(keys[0]);
    expect(collector.counts()).toMatchObject({ flows_received: 101, texts_cap: 36 });
    expect(collector.decoder.warnings()).toEqual([expect.stringMatching(/^more new texts at once.*by 192\.0\.2\.1\)/)]);

    expect(collector.decoder.strings.drain().map(({ text }) => text)).toEqual(first);
    const later = collector.receive(flows(second));
    expect(later.map(({ in_if_name }) => in_if_name)).toEqual(second);
  });

  it('of a sender that makes them up leave room for those of others', () => {
    const strings = new StringTable(new CapReport(new StateClock()), 40_000);
    const collector = new TestCollector();
    const others = ['198.51.100.1', '198.51.100.2', '198.51.100.3'].map(
      (address) => collector.decoder.exporters.at(parseAddress(address), 0)!,
    );
    strings.sender = collector.peer;
    const kept = texts(20_000).filter((text) => strings.intern(text) !== NO_KEY).length;
    expect(kept).toBe(2000);
    expect(collector.peer.counters[ACCOUNT.texts_cap]).toBe(18_000);
    for (const [index, other] of others.entries()) {
      strings.sender = other;
      expect(texts(1000, 100_000 * (index + 1)).every((text) => strings.intern(text) !== NO_KEY)).toBe(true);
    }
    // The flood goes on in later intervals, and others' texts are still known.
    for (let interval = 0; interval < 4; interval++) {
      strings.drain();
      strings.sender = collector.peer;
      for (const text of texts(20_000, 1_000_000 * (interval + 1))) strings.intern(text);
    }
    strings.drain();
    strings.sender = others[0];
    for (const text of texts(1000, 100_000)) strings.intern(text);
    expect(strings.drain()).toEqual([]);
  });

  it('never have a key that is not announced', () => {
    const collector = new TestCollector({ stringCap: 100 });
    for (let round = 0; round < 50; round++) {
      const rows = collector.receive(flows(texts(90, (round * 37) % 400)));
      for (const { in_if_name } of rows) expect(in_if_name ?? '').not.toBe('unknown key');
    }
  });
});

function keyAt(batch: ReturnType<TestCollector['batch']>, row: number): number {
  const column = batch.use(FIELD.in_if_name);
  return column[row * 2] + column[row * 2 + 1];
}
