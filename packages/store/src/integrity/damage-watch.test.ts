// What a running store finds out by itself, with a real engine whose files are damaged under it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeSpool } from '@weir/spool';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RollupMaker } from '../rollup/rollup-maker.ts';
import { openStore, type Store } from '../store.ts';
import { FIRST_HOUR, filesBelow, firstFlows, HOUR_MS, harm, StoreCopies } from '../testing/damaged-store.ts';
import { checkStore } from './check.ts';
import { DamageWatch, type DamageWatchOptions } from './damage-watch.ts';
import { missingInAll } from './missing-flows.ts';
import { repairStore } from './repair.ts';

const copies = new StoreCopies();
beforeAll(() => copies.make());
afterAll(() => copies.remove());

describe('the watch for damage', () => {
  let store: Store;
  let rollups: RollupMaker;
  let logged: string[];

  async function watchOf(path: string, options: Partial<DamageWatchOptions> = {}): Promise<DamageWatch> {
    makeSpool(`${path}-spool`);
    logged = [];
    store = openStore({ path });
    await store.migrate();
    rollups = new RollupMaker({ store, dir: `${path}-spool`, now: () => FIRST_HOUR + 4 * HOUR_MS });
    await rollups.prepare();
    return new DamageWatch({
      store,
      rollups,
      rest: 1e9,
      errorsEveryMs: 0,
      missingEveryMs: 0,
      log: (level, message) => logged.push(`${level} ${message}`),
      ...options,
    });
  }
  afterEach(() => store.close());

  const fileOf = async (table: string, file: string) => {
    const { rows } = await store.query(
      'SELECT path, name FROM system.parts WHERE active AND table = {table:String} ORDER BY name LIMIT 1',
      { table },
    );
    return { path: join(String(rows[0].path), file), name: String(rows[0].name) };
  };
  const steps = async (watch: DamageWatch, until: () => boolean, most = 200) => {
    for (let step = 0; step < most && !until(); step++) await watch.step();
  };

  it('has nothing to say of a store that is whole, having read all of it', async () => {
    const watch = await watchOf(copies.copy(), { rest: 0 });
    for (let step = 0; step < 40; step++) await watch.step();
    expect([watch.problems(), logged]).toEqual([[], []]);
  });

  it('knows a part that a question has met, says so once, and until it is repaired', async () => {
    const watch = await watchOf(copies.copy());
    const { path, name } = await fileOf('flows', 'data.bin');
    harm(path, 'flip');
    for (let time = 0; time < 3; time++) {
      await store.query('SELECT sum(cityHash64(*)) FROM weir.flows').catch(() => {});
      await watch.step();
    }
    expect(watch.problems()).toEqual([
      `part ${name} of flows is damaged (2026-11-20T10:00Z, 30,000 rows): run weir store check, then weir store repair`,
    ]);
    expect(logged).toEqual([`error part ${name} of flows is damaged: run weir store check, then weir store repair`]);
    await repairStore(store, rollups);
    await watch.looked();
    expect(watch.problems()).toEqual([]);
  });

  it('finds what only a merge has met', async () => {
    const watch = await watchOf(copies.copy());
    const { path, name } = await fileOf('flows', 'data.bin');
    // What has to be read of a store that nobody has read.
    await watch.step();
    harm(path, 'flip', 0.9);
    // The statement fails as a background merge does; it is told to nobody.
    store.onDamaged = () => {};
    await expect(store.command('OPTIMIZE TABLE weir.flows FINAL')).rejects.toThrow();
    await steps(watch, () => watch.problems().length > 0);
    expect(watch.problems()).toEqual([expect.stringContaining(`part ${name} of flows is damaged`)]);
  });

  it('finds what nobody has met, by reading all', async () => {
    const watch = await watchOf(copies.copy(), { rest: 0 });
    const { path, name } = await fileOf('flows', 'minmax_time_received.idx');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0));
    await steps(watch, () => watch.problems().length > 0);
    expect(watch.problems()).toEqual([expect.stringContaining(`part ${name} of flows is damaged`)]);
  });

  it('knows what a check by hand has found, until it is repaired', async () => {
    const watch = await watchOf(copies.copy());
    const { path, name } = await fileOf('flows', 'data.bin');
    harm(path, 'flip');
    const { damaged } = await checkStore(store);
    expect(watch.problems()).toEqual([]);
    watch.checked(damaged);
    expect(watch.problems()).toEqual([expect.stringContaining(`part ${name} of flows is damaged`)]);
    await repairStore(store, rollups);
    await watch.looked();
    expect(watch.problems()).toEqual([]);
  });

  it('takes a damaged part of the names out at once, with what of it can be read back in', async () => {
    const watch = await watchOf(copies.copy());
    const { path, name } = await fileOf('entities', 'primary.cidx');
    harm(path, 'flip');
    await store.query('SELECT count() FROM weir.entities WHERE key > 5').catch(() => {});
    await watch.step();
    expect(logged).toEqual([`error part ${name} of entities was damaged and is kept in detached/: nothing is lost`]);
    expect(watch.problems()).toEqual([]);
    expect((await store.query('SELECT count() AS rows FROM weir.entities WHERE key > 5')).rows).toEqual([
      { rows: '4994' },
    ]);
  });

  it('accounts for what the engine put aside, once, when the loader has worked off what it had', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'checksums.txt')), 'zero');
    let settled = false;
    const watch = await watchOf(dir, { settled: () => settled });
    await watch.step();
    expect(watch.problems()).toEqual(['1 broken parts were put aside and are being accounted for']);
    settled = true;
    await watch.step();
    expect(watch.problems()).toEqual([]);
    expect(logged).toEqual([
      expect.stringMatching(
        /^error part broken-on-start_\d+_1_1_0 of flows was broken when the store started, .*: 30,000 flows are lost/,
      ),
    ]);
    expect(await missingInAll(store)).toBe(0);
    await store.close();
    const again = await watchOf(dir);
    await again.step();
    expect(logged).toEqual([]);
  });

  it('says that flows are missing when it has found so three times', async () => {
    const dir = copies.copy();
    rmSync(join(dir, dirname(firstFlows(dir, 'checksums.txt'))), { recursive: true });
    const watch = await watchOf(dir);
    await watch.step();
    await watch.step();
    expect(watch.problems()).toEqual([]);
    await watch.step();
    await watch.step();
    expect(watch.problems()).toEqual(['30,000 stored flows are missing: run weir store check, then weir store repair']);
    expect(logged).toHaveLength(1);
    await repairStore(store, rollups);
    await watch.looked();
    await watch.step();
    expect(watch.problems()).toEqual([]);
  });

  it('begins with what had to be done for the store to open', async () => {
    const dir = copies.copy();
    const path = filesBelow(dir).find((file) => file.endsWith('/flows.sql')) ?? '';
    harm(join(dir, path), 'cut');
    await watchOf(dir);
    expect(logged).toEqual([`error the definition ${path} was damaged or gone and was put back from its copy`]);
  });
});
