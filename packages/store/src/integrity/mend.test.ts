// Damage in the small tables that a start reads: it must not stop the start.
import { join } from 'node:path';
import { makeSpool } from '@weir/spool';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LedgerTable } from '../ledger/ledger-table.ts';
import { RollupMaker } from '../rollup/rollup-maker.ts';
import { openStore } from '../store.ts';
import { FIRST_HOUR, FLOWS, filesBelow, type Harm, HOUR_MS, harm, StoreCopies } from '../testing/damaged-store.ts';
import { mending } from './mend.ts';

const copies = new StoreCopies();
let directories: ReadonlyMap<string, string>;
beforeAll(async () => {
  await copies.make();
  const store = openStore({ path: copies.copy() });
  await store.migrate();
  const { rows } = await store.query("SELECT name, toString(uuid) AS uuid FROM system.tables WHERE database = 'weir'");
  directories = new Map(rows.map((row) => [String(row.name), String(row.uuid)]));
  await store.close();
});
afterAll(() => copies.remove());

const CASES = ['schema_version', 'rollup_state', 'ledger', 'entities'].flatMap((table) =>
  (['flip', 'zero', 'remove'] as const).map((how) => [table, how] as const),
);

it.each(CASES)(
  'a store starts with its table %s damaged (%s), and goes on storing',
  async (table: string, how: Harm) => {
    const dir = copies.copy();
    const parts = filesBelow(dir).filter(
      (file) => file.includes(`/${directories.get(table)}/`) && file.endsWith('/data.bin'),
    );
    expect(parts.length).toBeGreaterThan(0);
    for (const file of parts) harm(join(dir, file), how);
    const store = openStore({ path: dir });
    try {
      await store.migrate();
      const spool = `${dir}-spool`;
      makeSpool(spool);
      const rollups = new RollupMaker({ store, dir: spool, now: () => FIRST_HOUR + 4 * HOUR_MS });
      await mending(store, () => rollups.prepare());
      expect((await store.query('SELECT count() AS rows FROM weir.flows')).rows).toEqual([{ rows: String(FLOWS) }]);
      const row = { time: FIRST_HOUR, collector: 'c', exporter: '9', account: 'datagrams_received', count: 3 } as const;
      await mending(store, () => new LedgerTable(store).add([{ name: 'a file', rows: [row] }]));
      const { rows } = await store.query('SELECT sum(count) AS count FROM weir.ledger WHERE exporter = 9');
      expect(rows).toEqual([{ count: '3' }]);
      // Roll-ups of before are there but for what may have been half made.
      const hours = await store.query('SELECT uniqExact(time) AS hours FROM weir.flows_1h');
      expect(Number(hours.rows[0].hours)).toBeGreaterThanOrEqual(2);
    } finally {
      await store.close();
    }
  },
);
