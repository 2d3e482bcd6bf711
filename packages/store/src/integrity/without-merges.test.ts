import { dirname, join } from 'node:path';
import { makeSpool } from '@weir/spool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RollupMaker } from '../rollup/rollup-maker.ts';
import { openStore } from '../store.ts';
import { EXPORTERS, FLOWS, filesBelow, harm, StoreCopies } from '../testing/damaged-store.ts';
import { checkStore } from './check.ts';
import { missingInAll } from './missing-flows.ts';
import { activeParts } from './parts.ts';
import { repairStore } from './repair.ts';
import { withoutMerges } from './without-merges.ts';

const copies = new StoreCopies();
beforeAll(() => copies.make());
afterAll(() => copies.remove());

describe('a damaged part that merges could still read', () => {
  it('is not merged while it is taken out, so that no flow is counted as lost and there', async () => {
    const path = copies.copy();
    const store = openStore({ path });
    try {
      await store.migrate();
      makeSpool(`${path}-spool`);
      const rollups = new RollupMaker({ store, dir: `${path}-spool` });
      const [{ name }] = await activeParts(store, 'flows');
      // Marks say where granules begin: whoever reads all of them from the beginning needs none.
      const marks = filesBelow(path).filter((file) => dirname(file).endsWith(`/${name}`) && /\.c?mrk\d$/.test(file));
      for (const file of marks) harm(join(path, file), 'flip', 0.9);
      const attempts: string[] = [];
      const insertRows = store.insertRows.bind(store);
      store.insertRows = async (...rows) => {
        await insertRows(...rows);
        const merge = store.command('OPTIMIZE TABLE weir.flows');
        attempts.push(
          await merge.then(
            () => 'merged',
            () => 'refused',
          ),
        );
      };
      await repairStore(store, rollups);
      expect(attempts[0]).toBe('refused');
      store.insertRows = insertRows;
      expect(await missingInAll(store)).toBe(0);
      const { rows } = await store.query('SELECT count() AS flows, uniqExact(exporter) AS exporters FROM weir.flows');
      expect(Number(rows[0].flows)).toBeLessThan(FLOWS);
      expect(Number(rows[0].exporters)).toBe(EXPORTERS.length);
      expect((await checkStore(store)).damaged).toEqual([]);
      // Merges go on afterwards.
      await store.command('OPTIMIZE TABLE weir.flows');
    } finally {
      await store.close();
    }
  });

  it('is left alone where a merge has taken it already', async () => {
    const path = copies.copy();
    const store = openStore({ path });
    try {
      await store.migrate();
      const [part] = await activeParts(store, 'flows');
      await store.command('OPTIMIZE TABLE weir.flows FINAL');
      expect(await withoutMerges(store, part, async () => 'done')).toBeUndefined();
      const [merged] = await activeParts(store, 'flows');
      expect(await withoutMerges(store, merged, async () => 'done')).toBe('done');
    } finally {
      await store.close();
    }
  });
});
