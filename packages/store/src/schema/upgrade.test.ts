// Stores of version 1 brought to version 2, embedded and on a server: what was counted stays, and what was taken in stays known.
import { readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { LedgerTable } from '../ledger/ledger-table.ts';
import type { Store } from '../store.ts';
import { describeStores } from '../testing/stores.ts';
import { SCHEMA_VERSION } from './migrate.ts';

const VERSION_1 = readFileSync(new URL('testdata/version-1.sql', import.meta.url), 'utf8');

const statements = (sql: string): string[] =>
  sql
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

describeStores('a store of version 1', {}, (get) => {
  let store: Store;
  beforeEach(async () => {
    ({ store } = get());
    await store.command('DROP DATABASE weir SYNC');
    for (const statement of statements(VERSION_1)) await store.command(statement);
    // Two exporters, whose flows of a day were stored from files; the first hour has been dropped by retention since.
    await store.command(`INSERT INTO weir.ledger
      SELECT now64(3) - number, 'store', number % 2, 'flows_stored', 100, concat('file-', toString(number)) FROM numbers(10)`);
    await store.command(`INSERT INTO weir.ledger
      SELECT now64(3) - 86400 * number, 'local', number % 2, 'datagrams_received', 7, concat('rows-', toString(number)) FROM numbers(20)`);
    await store.command(`INSERT INTO weir.ledger VALUES (now64(3), 'local', 1, 'flows_spool_cap', 3, 'rows-cap')`);
    await store.command(`INSERT INTO weir.flows (time_received, exporter)
      SELECT toDateTime64('2026-11-20 10:00:00', 3, 'UTC') + number, number % 2 FROM numbers(600)`);
  });

  const sums = async () =>
    (
      await store.query(
        `SELECT consumer, account, toString(exporter) AS exporter, sum(count) AS count FROM weir.ledger WHERE account != ''
         GROUP BY consumer, account, exporter ORDER BY consumer, account, exporter`,
      )
    ).rows.map((row) => [row.consumer, row.account, row.exporter, Number(row.count)]);

  const EXPECTED = [
    ['', 'datagrams_received', '0', 70],
    ['', 'datagrams_received', '1', 70],
    ['store', 'flows_expired', '0', 200],
    ['store', 'flows_expired', '1', 200],
    ['store', 'flows_spool_cap', '1', 3],
    ['store', 'flows_stored', '0', 500],
    ['store', 'flows_stored', '1', 500],
  ];

  it('keeps its counts, says which of them are about the store, and begins with flows that add up', async () => {
    await store.migrate();
    expect(await sums()).toEqual(EXPECTED);
    expect((await store.query('SELECT max(version) AS version FROM weir.schema_version')).rows).toEqual([
      { version: SCHEMA_VERSION },
    ]);
    await store.migrate();
    expect(await sums()).toEqual(EXPECTED);
  });

  it('knows the files again that it had taken in', async () => {
    await store.migrate();
    const more = { time: Date.now(), collector: 'store', exporter: '0', count: 100 } as const;
    await new LedgerTable(store).add([
      { name: 'end-store-file-4', rows: [{ ...more, account: 'flows_stored', consumer: 'store' }] },
      // Version 1 forgets the sources of rows that are hours old.
      { name: 'rows-0', rows: [{ ...more, account: 'datagrams_received', count: 7 }] },
    ]);
    expect(await sums()).toEqual(EXPECTED);
  });

  it('is whole after an upgrade that was killed with the new ledger half filled, or filled and not yet in its place', async () => {
    const { create } = (
      await store.query("SELECT create_table_query AS create FROM system.tables WHERE name = 'ledger'")
    ).rows[0];
    await store.command(String(create).replace('weir.ledger', 'weir.ledger_2'));
    await store.command('INSERT INTO weir.ledger_2 SELECT * FROM weir.ledger LIMIT 3');
    await store.migrate();
    expect(await sums()).toEqual(EXPECTED);
    expect((await store.query("SELECT name FROM system.tables WHERE name = 'ledger_2'")).rows).toEqual([]);
  });

  it('is whole after an upgrade that was killed before the old ledger was dropped', async () => {
    const { create } = (
      await store.query("SELECT create_table_query AS create FROM system.tables WHERE name = 'ledger'")
    ).rows[0];
    await store.migrate();
    await store.command(String(create).replace('weir.ledger', 'weir.ledger_2'));
    await store.command('ALTER TABLE weir.schema_version DELETE WHERE version = 2 SETTINGS mutations_sync = 2');
    await store.migrate();
    expect(await sums()).toEqual(EXPECTED);
    expect((await store.query("SELECT name FROM system.tables WHERE name = 'ledger_2'")).rows).toEqual([]);
  });

  it('starts with any number of damaged parts from then on', async () => {
    await store.migrate();
    const { rows } = await store.query(
      `SELECT name FROM system.tables WHERE database = 'weir' AND engine LIKE '%MergeTree'
         AND NOT engine_full LIKE '%max_suspicious_broken_parts = 1000000%'`,
    );
    expect(rows).toEqual([]);
  });
});
