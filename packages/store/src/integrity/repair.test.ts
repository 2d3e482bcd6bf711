// Damage of every kind done to the files of real parts, then checked and repaired: nothing crashes or hangs, every loss is said, and in
// the end flows stored − damaged − expired are the flows in the store, of every exporter.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeSpool } from '@weir/spool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RollupMaker } from '../rollup/rollup-maker.ts';
import { openStore, type Store } from '../store.ts';
import {
  EXPORTERS,
  FIRST_HOUR,
  FLOWS,
  FLOWS_PER_EXPORTER,
  firstFlows,
  type Harm,
  HOUR_MS,
  harm,
  partFiles,
  StoreCopies,
} from '../testing/damaged-store.ts';
import { checkStore, isWhole } from './check.ts';
import { missingByExporter, missingInAll } from './missing-flows.ts';
import { activeParts } from './parts.ts';
import { repairStore } from './repair.ts';

const copies = new StoreCopies();
beforeAll(() => copies.make());
afterAll(() => copies.remove());

interface Opened {
  readonly store: Store;
  readonly rollups: RollupMaker;
}

/** Opens a store as the storing process does, hands it on, and closes it. */
async function opened<T>(path: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  const spool = `${path}-spool`;
  makeSpool(spool);
  const store = openStore({ path });
  try {
    await store.migrate();
    const rollups = new RollupMaker({ store, dir: spool, now: () => FIRST_HOUR + 4 * HOUR_MS });
    await rollups.prepare();
    return await use({ store, rollups });
  } finally {
    await store.close();
  }
}

const counts = async (store: Store) => {
  const { rows } = await store.query(
    `SELECT account, toString(exporter) AS exporter, sum(count) AS count FROM weir.ledger
     WHERE account IN ('flows_stored', 'flows_store_damaged') GROUP BY account, exporter`,
  );
  const of = (account: string): Record<string, number> =>
    Object.fromEntries(rows.filter((row) => row.account === account).map((row) => [row.exporter, Number(row.count)]));
  const flows = await store.query(
    'SELECT toString(exporter) AS exporter, count() AS rows FROM weir.flows GROUP BY exporter',
  );
  const present = Object.fromEntries(flows.rows.map((row) => [row.exporter, Number(row.rows)]));
  return { stored: of('flows_stored'), damaged: of('flows_store_damaged'), present };
};

/** Every question over all flows and columns. */
const askAll = (store: Store) =>
  store.query(
    'SELECT sum(cityHash64(*)) AS hash, count() AS rows FROM weir.flows WHERE time_received >= 0 AND src_entity != 1',
  );

describe('a store that is whole', () => {
  it('is found whole, and repairing it changes nothing', async () => {
    await opened(copies.copy(), async ({ store, rollups }) => {
      const report = await checkStore(store);
      expect([isWhole(report), report.missing]).toEqual([true, {}]);
      expect(report.parts).toBe((await activeParts(store)).length);
      const { parts, missing } = await repairStore(store, rollups);
      expect([parts, missing]).toEqual([[], 0]);
      expect((await counts(store)).present).toEqual(
        Object.fromEntries(EXPORTERS.map((exporter) => [exporter, FLOWS_PER_EXPORTER * 3])),
      );
    });
  });
});

describe('flows in a damaged part', () => {
  it('are asked for in vain, with what is damaged and what to do, and the others are answered', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'data.bin')), 'flip');
    await opened(dir, async ({ store }) => {
      const failed = askAll(store);
      await expect(failed).rejects.toMatchObject({ code: 'damaged', part: { table: 'flows' } });
      await expect(failed).rejects.toThrow(
        /part \d+_1_1_0 of flows is damaged .*: run weir store check, then weir store repair$/,
      );
      const later = await store.query('SELECT sum(bytes) FROM weir.flows WHERE time_received >= {from:DateTime64(3)}', {
        from: '2026-11-20 11:00:00',
      });
      expect(later.rows).toHaveLength(1);
    });
  });

  it('are lost only where bytes are: the rest of the part goes back', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'data.bin')), 'flip');
    await opened(dir, async ({ store, rollups }) => {
      const { found, parts } = await repairStore(store, rollups);
      expect(found.damaged.map(({ table, rows }) => [table, rows])).toEqual([['flows', 30_000]]);
      expect(parts).toHaveLength(1);
      const [{ lost, saved, meaning }] = parts;
      expect(lost).toBeGreaterThan(0);
      expect(lost).toBeLessThanOrEqual(3 * 8192);
      expect([lost + saved, meaning.startsWith(`${lost.toLocaleString('en')} flows are lost`)]).toEqual([30_000, true]);
      const { damaged, present } = await counts(store);
      for (const exporter of EXPORTERS) {
        expect(present[exporter] + (damaged[exporter] ?? 0)).toBeLessThanOrEqual(FLOWS_PER_EXPORTER * 3);
      }
      expect(Object.values(damaged).reduce((sum, count) => sum + count)).toBe(lost);
      expect(Number((await askAll(store)).rows[0].rows)).toBeGreaterThan(0);
      expect(await missingInAll(store)).toBe(0);
      expect(isWhole(await checkStore(store))).toBe(true);
      const kept = await store.query("SELECT count() AS parts FROM system.detached_parts WHERE table = 'flows'");
      expect(kept.rows).toEqual([{ parts: '1' }]);
    });
  });

  it('are accounted for although the part beside theirs is damaged too', async () => {
    const dir = copies.copy();
    for (const path of partFiles(dir, 'flows').filter((file) => file.endsWith('/data.bin')))
      harm(join(dir, path), 'flip');
    await opened(dir, async ({ store, rollups }) => {
      const { found, parts } = await repairStore(store, rollups);
      expect([found.damaged.length, parts.length]).toEqual([6, 6]);
      for (const { lost, saved } of parts) expect(lost + saved).toBe(30_000);
      expect(await missingInAll(store)).toBe(0);
      expect(isWhole(await checkStore(store))).toBe(true);
    });
  });

  it('are lost of the exporters that they are from, also where that cannot be read any more', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'data.bin')), 'zero');
    await opened(dir, async ({ store, rollups }) => {
      expect((await repairStore(store, rollups)).parts.map(({ lost, saved }) => [lost, saved])).toEqual([[30_000, 0]]);
      expect((await counts(store)).damaged).toEqual({ '1': 10_000, '2': 10_000, '3': 10_000 });
      expect(await missingByExporter(store)).toEqual(new Map());
    });
  });

  it('are all there after a repair when only what is written beside them is damaged', async () => {
    for (const file of ['count.txt', 'minmax_time_received.idx', 'primary.cidx']) {
      await opened(copies.copy(), async ({ store, rollups }) => {
        const { rows } = await store.query(
          "SELECT path FROM system.parts WHERE active AND table = 'flows' AND name LIKE '%_1_1_0'",
        );
        harm(join(String(rows[0].path), file), file === 'count.txt' ? 'remove' : 'flip');
        const { parts } = await repairStore(store, rollups);
        expect(parts.map(({ lost, saved }) => [file, lost, saved])).toEqual([[file, 0, 30_000]]);
        expect(await missingInAll(store)).toBe(0);
        expect((await askAll(store)).rows[0].rows).toBe(String(FLOWS));
      });
    }
  });

  it('that the engine put aside when it started are accounted for once, of each exporter', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'checksums.txt')), 'zero');
    await opened(dir, async ({ store, rollups }) => {
      const report = await checkStore(store);
      expect(report.broken.map(({ table, reason }) => [table, reason])).toEqual([['flows', 'broken-on-start']]);
      expect(report.missing).toEqual({ '1': 10_000, '2': 10_000, '3': 10_000 });
      const { parts, missing } = await repairStore(store, rollups);
      expect([parts.map(({ lost }) => lost), missing]).toEqual([[30_000], 0]);
      expect((await counts(store)).damaged).toEqual({ '1': 10_000, '2': 10_000, '3': 10_000 });
    });
    await opened(dir, async ({ store, rollups }) => {
      expect((await repairStore(store, rollups)).parts).toEqual([]);
      expect((await counts(store)).damaged).toEqual({ '1': 10_000, '2': 10_000, '3': 10_000 });
    });
  });

  it('that are gone without a trace are found missing and accounted for', async () => {
    const dir = copies.copy();
    rmSync(join(dir, dirname(firstFlows(dir, 'count.txt'))), { recursive: true });
    await opened(dir, async ({ store, rollups }) => {
      expect((await checkStore(store)).missing).toEqual({ '1': 10_000, '2': 10_000, '3': 10_000 });
      expect((await repairStore(store, rollups)).missing).toBe(30_000);
      expect(await missingByExporter(store)).toEqual(new Map());
      expect(isWhole(await checkStore(store))).toBe(true);
    });
  });

  it('come back when a repair is killed between taking the part out and putting them back', async () => {
    const dir = copies.copy();
    harm(join(dir, firstFlows(dir, 'data.bin')), 'flip');
    await opened(dir, async ({ store, rollups }) => {
      const broken = new Error('killed');
      const command = (sql: string) => {
        if (sql.includes('ATTACH PARTITION')) throw broken;
        return store.command(sql);
      };
      const dying = new Proxy(store, {
        get: (target, name) =>
          name === 'command' ? command : (Reflect.get(target, name).bind?.(target) ?? target.kind),
      });
      await expect(repairStore(dying, rollups)).rejects.toBe(broken);
      expect(await missingInAll(store)).toBeGreaterThan(0);
    });
    await opened(dir, async ({ store, rollups }) => {
      expect((await repairStore(store, rollups)).missing).toBe(0);
      expect(await missingInAll(store)).toBe(0);
      const { rows } = await store.query("SELECT name FROM system.tables WHERE name = 'flows_saved'");
      expect(rows).toEqual([]);
    });
  });
});

describe('roll-ups in a damaged part', () => {
  const sumOf = async (store: Store, table: string) =>
    (await store.query(`SELECT sum(flows) AS flows, sum(bytes) AS bytes FROM weir.${table}`)).rows[0];

  it('are made again from flows, the coarser from the finer', async () => {
    for (const table of ['flows_1m', 'flows_5m', 'flows_1h']) {
      await opened(copies.copy(), async ({ store, rollups }) => {
        const before = await sumOf(store, table);
        const { rows } = await store.query('SELECT path FROM system.parts WHERE active AND table = {table:String}', {
          table,
        });
        harm(join(String(rows[0].path), 'data.bin'), 'flip');
        const { parts } = await repairStore(store, rollups);
        expect(parts.map((part) => part.table)).toEqual([table]);
        expect(parts[0].meaning).toMatch(/^\d+ slots of \w+ are made again from finer data$/);
        while (await rollups.step());
        expect(await sumOf(store, table)).toEqual(before);
      });
    }
  });

  it('keep their sums where flows that they were made from are lost', async () => {
    const dir = copies.copy();
    await opened(dir, async ({ store, rollups }) => {
      const before = await sumOf(store, 'flows_1m');
      const { rows } = await store.query("SELECT path FROM system.parts WHERE active AND table = 'flows' LIMIT 1");
      harm(join(String(rows[0].path), 'data.bin'), 'flip');
      await repairStore(store, rollups);
      // Flows come late for every minute of that time.
      await rollups.flowsComing({ spans: [[FIRST_HOUR, FIRST_HOUR + HOUR_MS - 1]] });
      while (await rollups.step());
      expect(await sumOf(store, 'flows_1m')).toEqual(before);
    });
  });

  it('are not removed when it is forgotten how far they are', async () => {
    await opened(copies.copy(), async ({ store }) => {
      const before = await sumOf(store, 'flows_1h');
      await store.command('TRUNCATE TABLE weir.rollup_state');
      const again = new RollupMaker({ store, dir: '/nonexistent', now: () => FIRST_HOUR + 4 * HOUR_MS });
      await again.prepare();
      const left = await sumOf(store, 'flows_1h');
      // But for the last slot, which may have been half made.
      expect(Number(left.flows)).toBeGreaterThan(Number(before.flows) * 0.5);
      expect(again.rolledUpUntil()['1h']).toBe(FIRST_HOUR + 2 * HOUR_MS);
    });
  });
});

describe('names and the ledger in a damaged part', () => {
  it.each(['entities', 'ledger'])('lose only what cannot be read: %s', async (table) => {
    const dir = copies.copy();
    for (const file of partFiles(dir, table)) if (file.endsWith('primary.cidx')) harm(join(dir, file), 'flip');
    await opened(dir, async ({ store, rollups }) => {
      const { parts } = await repairStore(store, rollups);
      expect(parts.every((part) => part.table === table && part.lost === 0)).toBe(true);
      expect(parts.length).toBeGreaterThan(0);
      expect(await missingInAll(store)).toBe(0);
      const names = await store.query("SELECT dictGet('weir.entities_dict', 'name', toUInt64(7)) AS name");
      expect(names.rows).toEqual([{ name: '7' }]);
    });
  });

  it('are said to be lost where they are', async () => {
    const dir = copies.copy();
    for (const file of partFiles(dir, 'entities')) if (file.endsWith('data.bin')) harm(join(dir, file), 'zero');
    await opened(dir, async ({ store, rollups }) => {
      const { parts } = await repairStore(store, rollups);
      expect(parts.map(({ lost, meaning }) => [lost, meaning])).toEqual([
        [5000, '5,000 rows of entities are lost: what they name shows without a name until it is announced again'],
      ]);
      expect(isWhole(await checkStore(store))).toBe(true);
    });
  });
});

/** Numbers from a seed: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SEED = Number(process.env.WEIR_SEED ?? 20260102);
const ROUNDS = Number(process.env.WEIR_DAMAGES ?? 40);

describe(`random damage, seed ${SEED}`, () => {
  const next = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  const HARMS: readonly Harm[] = ['flip', 'flip', 'flip', 'cut', 'zero', 'remove'];

  /** Reads all and repairs all; what was lost must be what the ledger then says. */
  async function repaired({ store, rollups }: Opened, what: string): Promise<void> {
    let answered: string | undefined;
    try {
      answered = String((await askAll(store)).rows[0].rows);
    } catch (error) {
      expect([what, error]).toEqual([what, expect.objectContaining({ code: 'damaged' })]);
    }
    await repairStore(store, rollups);
    const { rows } = await askAll(store);
    const { stored, damaged } = await counts(store);
    const sum = (of: Record<string, number>) => Object.values(of).reduce((all, count) => all + count, 0);
    expect([what, sum(stored) - sum(damaged)]).toEqual([what, Number(rows[0].rows)]);
    // No answer before was short of flows that nobody knew to be missing.
    if (answered !== undefined && sum(damaged) === 0) expect([what, answered]).toEqual([what, String(FLOWS)]);
    expect([what, isWhole(await checkStore(store))]).toEqual([what, true]);
  }

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'is survived, said and accounted for: closed, %i',
    async () => {
      const dir = copies.copy();
      const harms = Array.from({ length: 1 + Math.floor(next() * 3) }, () => {
        const file = pick(partFiles(dir, 'flows'));
        return [file, pick(HARMS), next()] as const;
      });
      for (const [file, how, place] of harms) {
        try {
          harm(join(dir, file), how, place);
        } catch {
          // Removed by the one before.
        }
      }
      await opened(dir, (store) => repaired(store, JSON.stringify(harms)));
    },
  );

  it.each(Array.from({ length: ROUNDS / 2 }, (_, round) => round))(
    'is survived, said and accounted for: open, %i',
    async () => {
      const dir = copies.copy();
      await opened(dir, async (store) => {
        // What is read once may be held in memory.
        if (next() < 0.5) await askAll(store.store);
        const [file, how, place] = [pick(partFiles(dir, 'flows')), pick(HARMS), next()] as const;
        harm(join(dir, file), how, place);
        await repaired(store, JSON.stringify([file, how, place]));
      });
    },
  );
});
