import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store.ts';
import { describeStores } from '../testing/stores.ts';
import { type LedgerEntry, LedgerTable } from './ledger-table.ts';

const NOON = Date.UTC(2026, 0, 2, 12);
const HOUR = 3_600_000;
const DAY = 86_400_000;

const row = (time: number, count: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  time,
  collector: 'c',
  exporter: '7',
  account: 'datagrams_received',
  count,
  ...more,
});

describeStores('the ledger', {}, (get) => {
  let store: Store;
  beforeAll(() => {
    ({ store } = get());
  });
  beforeEach(() => store.command('TRUNCATE TABLE weir.ledger'));

  const counted = async (where = '1') =>
    Number((await store.query(`SELECT sum(count) AS sum FROM weir.ledger WHERE ${where}`)).rows[0].sum);

  it('counts a source once, in the life of a process and in the next', async () => {
    const source = { name: 'file-1', rows: [row(NOON, 5), row(NOON + 1000, -2)] };
    const first = new LedgerTable(store);
    await first.add([source]);
    await first.add([source, { name: 'file-2', rows: [row(NOON, 10)] }]);
    await new LedgerTable(store).add([source]);
    expect(await counted()).toBe(13);
  });

  it('adds several sources with one part of the table', async () => {
    const sources = Array.from({ length: 20 }, (_, index) => ({ name: `file-${index}`, rows: [row(NOON, 1)] }));
    await new LedgerTable(store).add(sources);
    const { rows } = await store.query("SELECT count() AS parts FROM system.parts WHERE active AND table = 'ledger'");
    expect(rows).toEqual([{ parts: '1' }]);
  });

  it('counts a source once that is given twice at the same time', async () => {
    const table = new LedgerTable(store);
    const source = { name: 'file', rows: [row(NOON, 5)] };
    await Promise.all([table.add([source]), table.add([source])]);
    expect(await counted()).toBe(5);
  });

  it('knows a source weeks after the engine has summed its rows up', async () => {
    const weeksAgo = Math.floor((Date.now() - 21 * DAY) / 300_000) * 300_000;
    const source = { name: 'file', rows: [row(weeksAgo, 1), row(weeksAgo + 1000, 2)] };
    await new LedgerTable(store).add([source, { name: 'other', rows: [row(weeksAgo + 2000, 4)] }]);
    await store.command('OPTIMIZE TABLE weir.ledger FINAL');
    const { rows } = await store.query("SELECT count, source FROM weir.ledger WHERE account != ''");
    expect(rows).toEqual([{ count: '7', source: '' }]);
    await new LedgerTable(store).add([source]);
    expect(await counted()).toBe(7);
  });

  it('completes a source of which a crash left only one day', async () => {
    const rows = [row(NOON, 1), row(NOON + DAY, 2), row(NOON + 2 * DAY, 4)];
    await new LedgerTable(store).add([{ name: 'file', rows: [rows[1]] }]);
    await new LedgerTable(store).add([{ name: 'file', rows }]);
    await new LedgerTable(store).add([{ name: 'file', rows }]);
    expect(await counted()).toBe(7);
  });

  it('counts a source once whose only time is that of the attempt', async () => {
    for (const time of [NOON, NOON + DAY, NOON + 40 * DAY]) {
      await new LedgerTable(store).add([{ name: 'flows_stored file', rows: [row(time, 3), row(time, 4)] }]);
    }
    expect(await counted()).toBe(7);
  });

  it('keeps who a row is about apart, also when rows are summed up', async () => {
    const rows = [row(NOON, 1), row(NOON, 2, { consumer: 'store' }), row(NOON, 4, { consumer: 'sink-a' })];
    await new LedgerTable(store).add([{ name: 'file', rows }]);
    await store.command('OPTIMIZE TABLE weir.ledger FINAL');
    const { rows: sums } = await store.query(
      "SELECT consumer, sum(count) AS count FROM weir.ledger WHERE account != '' GROUP BY consumer ORDER BY consumer",
    );
    expect(sums).toEqual([
      { consumer: '', count: '1' },
      { consumer: 'sink-a', count: '4' },
      { consumer: 'store', count: '2' },
    ]);
  });

  it('counts a source whose insert was lost although the engine had taken note of it', async () => {
    const source = { name: 'file', rows: [row(NOON, 5)] };
    const table = new LedgerTable(store);
    await table.add([source]);
    await store.command('TRUNCATE TABLE weir.ledger');
    await table.add([source]);
    expect(await counted()).toBe(5);
  });

  it('takes sources by the thousand, names with quotes, and times that no clock should have', async () => {
    const sources = Array.from({ length: 3000 }, (_, index) => ({
      name: `it's "${index}" \\`,
      rows: [row(NOON + (index % 1000) * HOUR, 1), row(index % 2 === 0 ? -1 : 9e15, 1)],
    }));
    await new LedgerTable(store).add(sources);
    await new LedgerTable(store).add(sources);
    expect(await counted()).toBe(6000);
  });

  it('finds a mark without reading the others', async () => {
    const table = new LedgerTable(store);
    const sources = Array.from({ length: 40_000 }, (_, index) => ({
      name: `${1_700_000_000_000 + index * 1000}-local-${index}`,
      rows: [row(NOON + index, 1)],
    }));
    await table.add(sources);
    await store.command('OPTIMIZE TABLE weir.ledger FINAL');
    const { rowsRead } = await store.query(
      `SELECT source FROM weir.ledger WHERE account = '' AND exporter = 0 AND collector = '' AND consumer = ''
         AND if(account = '', source, '') IN {names:Array(String)}`,
      { names: [sources[20_000].name] },
    );
    expect(rowsRead).toBeLessThan(20_000);
  });
});

describe('the ledger on a server', () => {
  /** A store that is still at an insert of a process before, and has its mark only when that has ended. */
  function busyServer(): { readonly store: Store; readonly inserted: string[] } {
    const inserted: string[] = [];
    let looks = 0;
    const store = {
      kind: 'server',
      query: async (sql: string) => {
        if (sql.includes('system.processes')) return { rows: looks++ < 2 ? [{ id: 'weir-ledger-1' }] : [] };
        return { rows: looks > 2 ? [{ source: 'file', time: NOON }] : [] };
      },
      insertRows: async (table: string) => {
        inserted.push(table);
      },
    };
    return { store: store as unknown as Store, inserted };
  }

  it('waits for what the server is still at before it looks for marks', async () => {
    const { store, inserted } = busyServer();
    await new LedgerTable(store).add([{ name: 'file', rows: [row(NOON, 5)] }]);
    expect(inserted).toEqual([]);
  });
});
