// Files of sinks as ClickHouse reads them: in every format and compression, with values at the edges.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMES_CONSUMER, Names, SinkRunner, SinkSettings } from '@weir/sinks';
import { flowsIn, RandomFlows } from '@weir/sinks/testing';
import { backlogOf, makeConsumer } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { openStore, type Store } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let root: string;
let store: Store;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'weir-readers-'));
  store = openStore({ path: join(root, 'store') });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

const FORMATS = ['ndjson', 'csv'] as const;
const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;

describe('files of sinks', () => {
  it('are read by ClickHouse, two deliveries in each, and agree', async () => {
    const kinds = FORMATS.flatMap((format) => COMPRESSIONS.map((compression) => ({ format, compression })));
    const nameOf = ({ format, compression }: (typeof kinds)[number]) => `${format}-${compression}`;
    const spool = new TestSpool(join(root, 'spool'), kinds.map(nameOf));
    makeConsumer(spool.dir, NAMES_CONSUMER);
    const random = new RandomFlows(3);
    random.announce(spool.dir, [NAMES_CONSUMER]);
    for (const rows of [300, 200]) spool.write(random.batch(rows));
    const names = await Names.open({ dir: spool.dir, keptIn: join(root, 'names') });
    const read: unknown[] = [];
    for (const kind of kinds) {
      const name = nameOf(kind);
      const path = join(root, name);
      const settings = SinkSettings.parse({ type: 'files', name, path, ...kind, spool_file: true });
      const runner = new SinkRunner({ dir: spool.dir, settings, collector: 'test', names, log: () => {}, pollMs: 1 });
      runner.start();
      while (backlogOf(spool.dir, name).files > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await runner.stop();
      const format = kind.format === 'csv' ? 'CSVWithNames' : 'JSONEachRow';
      const { rows } = await store.query(
        `SELECT count() AS flows, uniqExact(spool_file) AS files, countIf(src_name != '') AS named,
                max(toUInt64(bytes)) AS most FROM file('${path}/*.${kind.format}*', '${format}')`,
      );
      read.push(rows);
    }
    const flows = flowsIn(join(root, 'ndjson-none'));
    const named = flows.filter((flow) => flow.src_name !== undefined).length;
    const expected = { flows: '500', files: '2', named: String(named), most: '18446744073709551615' };
    expect(read).toEqual(kinds.map(() => [expected]));
    expect(named).toBeGreaterThan(100);
  });
});
