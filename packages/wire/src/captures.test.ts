// Messages recorded from real exporters (the folder `captures` beside the repository): each decodes or is refused by a named account.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BALANCES } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { NOW, TestCollector } from './testing/collector.ts';

/** The nearest `shared/captures` from here upwards. */
function findCaptures(): string | undefined {
  for (let dir = import.meta.dirname; dir !== join(dir, '..'); dir = join(dir, '..')) {
    const candidate = join(dir, 'shared', 'captures', 'netflow-ipfix-dat');
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

const folder = findCaptures();
if (folder === undefined && process.env.CI === 'true')
  throw new Error('CI=true and no shared/captures beside the repository');

/** Files of one exporter share what is before `_data`, `_tpl` or `_opttpl`; templates come first. */
function exporterOf(file: string): string {
  return file.replace(/_(opttpl|tpls?|data).*$/, '');
}

const isTemplate = (file: string) => /_(opt)?tpls?/.test(file);

describe.skipIf(folder === undefined)('recorded messages (needs shared/captures)', () => {
  const files =
    folder === undefined ? [] : readdirSync(folder).sort((a, b) => Number(isTemplate(b)) - Number(isTemplate(a)));

  it('all end in an account, and all but one decode', () => {
    const collectors = new Map<string, TestCollector>();
    const refused: string[] = [];
    for (const file of files) {
      const name = exporterOf(file);
      const collector = collectors.get(name) ?? new TestCollector();
      collectors.set(name, collector);
      const before = collector.counts().datagrams_decoded ?? 0;
      collector.receive(readFileSync(join(folder ?? '', file)));
      if ((collector.counts().datagrams_decoded ?? 0) === before) refused.push(file);
    }
    expect(refused).toEqual(['netflow5_test_invalid01.dat']);
    for (const collector of collectors.values()) {
      const counts = collector.counts();
      const [datagrams] = BALANCES;
      expect(datagrams.parts.reduce((sum, part) => sum + (counts[part] ?? 0), 0)).toBe(counts.datagrams_received);
    }
  });

  it('are read as they are by a process that takes over at any of them', () => {
    const groups = Map.groupBy(files, exporterOf);
    let flows = 0;
    for (const [name, own] of groups) {
      const messages = own.map((file) => readFileSync(join(folder ?? '', file)));
      const whole = new TestCollector();
      const rows = messages.map((message) => whole.receive(message));
      for (let taken = 1; taken < messages.length; taken++) {
        const before = new TestCollector();
        for (const message of messages.slice(0, taken)) before.receive(message);
        const after = new TestCollector();
        after.decoder.restore(before.decoder.save({ time: NOW, sequences: true }), NOW);
        expect(
          messages.slice(taken).map((message) => after.receive(message)),
          name,
        ).toEqual(rows.slice(taken));
        flows += rows.slice(taken).flat().length;
      }
    }
    expect(flows).toBeGreaterThan(150);
  });

  it.each([
    ['ipfix.dat', 12],
    ['netflow9_cisco_asr1001x_tpl259.dat', 25],
    ['netflow9_test_cisco_1941K9.dat', 29],
    ['netflow9_test_0length_fields_tpl_data.dat', 10],
    ['netflow9_test_valid01.dat', 7],
    ['netflow9_test_softflowd_tpl_data.dat', 7],
    ['netflow5.dat', 2],
    ['netflow5_test_microtik.dat', 30],
  ])('%s alone has %i flows', (file, flows) => {
    expect(new TestCollector().receive(readFileSync(join(folder ?? '', file)))).toHaveLength(flows);
  });

  it('scale by the sampling rate of options data in the same message', () => {
    const [flow] = new TestCollector().receive(readFileSync(join(folder ?? '', 'netflow9_test_invalid01.dat')));
    expect(flow).toMatchObject({ bytes: 9600, bytes_sampled: 96, packets: 100, sampling_rate: 100 });
  });

  it('count a NetFlow v5 header that promises more than there is as malformed', () => {
    const collector = new TestCollector();
    expect(collector.receive(readFileSync(join(folder ?? '', 'netflow5_test_invalid01.dat')))).toEqual([]);
    expect(collector.counts()).toEqual({ datagrams_received: 1, datagrams_malformed: 1 });
  });
});
