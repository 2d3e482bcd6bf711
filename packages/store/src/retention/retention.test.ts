import { beforeAll, beforeEach, expect, it } from 'vitest';
import { LedgerTable } from '../ledger/ledger-table.ts';
import type { Store } from '../store.ts';
import { describeStores } from '../testing/stores.ts';
import { countExpired } from './forgotten.ts';
import { partitions } from './partitions.ts';
import { Retention, type RetentionOptions } from './retention.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TEN = Date.UTC(2026, 0, 2, 10);

describeStores('retention', {}, (get) => {
  let store: Store;
  beforeAll(() => {
    ({ store } = get());
  });
  beforeEach(async () => {
    for (const table of ['flows', 'flows_1m', 'ledger']) await store.command(`TRUNCATE TABLE weir.${table}`);
  });

  /** A hundred rows from `time` on, of three exporters. */
  const insert = (table: string, column: string, time: number) =>
    store.command(
      `INSERT INTO weir.${table} (${column}, exporter)
       SELECT fromUnixTimestamp64Milli(${time} + number, 'UTC'), 1 + number % 3 FROM numbers(100)`,
    );
  const insertFlows = async (hours: number) => {
    for (let hour = 0; hour < hours; hour++) await insert('flows', 'time_received', TEN + hour * HOUR_MS);
  };
  const hours = async (table: string, column: string) => {
    const { rows } = await store.query(
      `SELECT DISTINCT toUnixTimestamp(toStartOfHour(${column})) AS time FROM weir.${table} ORDER BY time`,
    );
    return rows.map((row) => (Number(row.time) * 1000 - TEN) / HOUR_MS);
  };
  const account = async (name: string) => {
    const { rows } = await store.query(
      `SELECT toString(exporter) AS exporter, sum(count) AS count FROM weir.ledger WHERE account = {name:String}
       GROUP BY exporter ORDER BY exporter`,
      { name },
    );
    return Object.fromEntries(rows.map((row) => [row.exporter, Number(row.count)]));
  };
  const retention = (options: Partial<RetentionOptions>) => new Retention({ store, keepSeconds: {}, ...options });

  it('drops partitions by age, each table by its own, and says so before flows go', async () => {
    await insertFlows(4);
    await insert('flows_1m', 'time', TEN);
    const before: number[] = [];
    const some = retention({
      keepSeconds: { flows: 7200, flows_1m: 86_400 },
      now: () => TEN + 4 * HOUR_MS,
      onFlowsDropped: async (time) => {
        before.push(time);
      },
    });
    const dropped = await some.step();
    expect(dropped.map(({ table, partition, rows, reason }) => [table, partition, rows, reason])).toEqual([
      ['flows', '2026-01-02 10:00:00', 100, 'age'],
      ['flows', '2026-01-02 11:00:00', 100, 'age'],
    ]);
    expect(before).toEqual([TEN + HOUR_MS, TEN + 2 * HOUR_MS]);
    expect(await hours('flows', 'time_received')).toEqual([2, 3]);
    expect(await hours('flows_1m', 'time')).toEqual([0]);
    expect(some.stats).toMatchObject({ partitions: 2, rows: 200 });
    expect(await some.step()).toEqual([]);
  });

  it('drops the oldest flows by size, but never what is being written', async () => {
    await insertFlows(2);
    const dropped = await retention({ maxBytes: 1 }).step();
    expect(dropped.map(({ table, partition, reason }) => [table, partition, reason])).toEqual([
      ['flows', '2026-01-02 10:00:00', 'size'],
    ]);
    expect(await hours('flows', 'time_received')).toEqual([1]);
  });

  it('counts what it drops, for each exporter and at the time of the flows', async () => {
    await insertFlows(3);
    await retention({ keepSeconds: { flows: 3600 }, now: () => TEN + 3 * HOUR_MS }).step();
    expect(await account('flows_expired')).toEqual({ '1': 68, '2': 66, '3': 66 });
    const { rows } = await store.query(
      "SELECT DISTINCT toString(time) AS time FROM weir.ledger WHERE account = 'flows_expired' ORDER BY time",
    );
    expect(rows.map((row) => row.time)).toEqual(['2026-01-02 10:00:00.000', '2026-01-02 11:00:00.000']);
  });

  it('counts flows once that were counted and not yet dropped when it was killed, also if their parts were merged since', async () => {
    await insertFlows(1);
    await insert('flows', 'time_received', TEN + 1000);
    const [hour] = await partitions(store);
    await countExpired(store, new LedgerTable(store), hour);
    await store.command('OPTIMIZE TABLE weir.flows FINAL');
    await retention({ keepSeconds: { flows: 1 }, now: () => TEN + 3 * HOUR_MS }).step();
    expect(await hours('flows', 'time_received')).toEqual([]);
    expect(await account('flows_expired')).toEqual({ '1': 68, '2': 66, '3': 66 });
  });

  it('counts an hour again to which flows came after it had been dropped', async () => {
    const options = { keepSeconds: { flows: 1 }, now: () => TEN + 3 * HOUR_MS };
    await insertFlows(1);
    await retention(options).step();
    await insertFlows(1);
    await retention(options).step();
    expect(await account('flows_expired')).toEqual({ '1': 68, '2': 66, '3': 66 });
  });

  it('keeps the sums of flows when days of the ledger go in which they do not add up', async () => {
    const row = { collector: 'store', exporter: '1', consumer: 'store' } as const;
    // Received before midnight and stored after it; dropped later.
    await new LedgerTable(store).add([
      { name: 'a', rows: [{ ...row, time: TEN + DAY_MS, account: 'flows_stored', count: 100 }] },
      { name: 'b', rows: [{ ...row, time: TEN, account: 'flows_expired', count: 30 }] },
      { name: 'c', rows: [{ ...row, time: TEN, account: 'datagrams_received', count: 7 }] },
    ]);
    const options = { keepSeconds: { ledger: 86_400 }, now: () => Date.UTC(2026, 0, 4, 1) };
    expect((await retention(options).step()).map(({ partition }) => partition)).toEqual(['2026-01-02']);
    const sums = async () => [await account('flows_stored'), await account('flows_expired')];
    expect(await sums()).toEqual([{ '1': 100 }, { '1': 30 }]);
    expect(await account('datagrams_received')).toEqual({});
  });

  it('drops nothing for its age while the clock is in doubt, and goes on with what is too much', async () => {
    await insertFlows(3);
    let doubt: string | undefined = 'the clock jumped 400 days ahead';
    const logged: string[] = [];
    const some = retention({
      keepSeconds: { flows: 3600 },
      now: () => TEN + 400 * DAY_MS,
      clockInDoubt: () => doubt,
      log: (level, message) => logged.push(`${level} ${message}`),
    });
    expect(await some.step()).toEqual([]);
    expect(await some.step()).toEqual([]);
    expect(some.doubt).toBe(doubt);
    const bySize = retention({ maxBytes: 1, clockInDoubt: () => doubt });
    expect((await bySize.step()).map(({ partition }) => partition)).toEqual([
      '2026-01-02 10:00:00',
      '2026-01-02 11:00:00',
    ]);
    doubt = undefined;
    expect((await some.step()).map(({ partition }) => partition)).toEqual(['2026-01-02 12:00:00']);
    expect(some.doubt).toBeUndefined();
    expect(logged.slice(0, 2)).toEqual(['warn the clock jumped 400 days ahead', 'info the clock is believed again']);
  });

  it('forgets the sources of rows that are older than any file can be, and only those', async () => {
    const now = Date.now();
    const row = { collector: 'c', exporter: '1', account: 'datagrams_received', count: 1 } as const;
    const sources = [60, 36, 34, 0].map((days) => ({
      name: `${days}`,
      rows: [{ ...row, time: now - days * DAY_MS }],
    }));
    await new LedgerTable(store).add(sources);
    await retention({}).step();
    for (let looks = 0; looks < 100; looks++) {
      const { rows } = await store.query("SELECT source FROM weir.ledger WHERE account = '' ORDER BY time");
      if (rows.length === 2) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { rows } = await store.query("SELECT source FROM weir.ledger WHERE account = '' ORDER BY time");
    expect(rows.map((row) => row.source)).toEqual(['34', '0']);
    expect(await account('datagrams_received')).toEqual({ '1': 4 });
  });
});
