// Queries under limits, inserts and removing the demo: the contract of the store, embedded and on a server alike.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUALITY } from '@weir/record';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cleanDemo } from './demo-clean.ts';
import { SCHEMA_VERSION } from './schema/migrate.ts';
import type { Store } from './store.ts';
import { describeStores } from './testing/stores.ts';

/** Runs for ever unless stopped. */
const ENDLESS = 'SELECT sum(sipHash64(number)) AS n FROM numbers(1000000000000)';

describeStores('the store', { maxMemoryBytes: 400 * 1024 * 1024 }, (get, kind) => {
  let store: Store;
  let root: string;
  beforeAll(() => {
    ({ store, dir: root } = get());
  });

  describe('query', () => {
    it('binds parameters as values, whatever they contain', async () => {
      const text = "'; DROP TABLE weir.flows; -- \\ {a:UInt64} \n";
      const { rows, columns } = await store.query(
        'SELECT {text:String} AS text, {list:Array(String)} AS list, {key:UInt64} AS key, {keys:Array(UInt64)} AS keys',
        { text, list: ["it's", '\\', ''], key: '18446744073709551615', keys: ['18446744073709551615', '1'] },
      );
      expect(rows).toEqual([
        { text, list: ["it's", '\\', ''], key: '18446744073709551615', keys: ['18446744073709551615', '1'] },
      ]);
      expect(columns.map((column) => column.type)).toEqual(['String', 'Array(String)', 'UInt64', 'Array(UInt64)']);
    });

    it('tells rows and bytes read and the time taken', async () => {
      const result = await store.query('SELECT sum(number) AS sum FROM numbers(1000)');
      expect(result).toMatchObject({ rows: [{ sum: '499500' }], rowsRead: 1000, bytesRead: 8000 });
      expect(result.elapsedMs).toBeGreaterThan(0);
    });

    it('gives totals apart from rows, and how many rows a limit was taken from', async () => {
      const grouped = await store.query(
        'SELECT number % 7 AS key, toFloat64(sum(number)) AS sum FROM numbers(1000) GROUP BY key WITH TOTALS ORDER BY sum DESC LIMIT 2',
        {},
        { settings: { exact_rows_before_limit: 1 } },
      );
      expect(grouped.rows.map((row) => row.key)).toEqual([5, 4]);
      expect(grouped.totals).toMatchObject({ sum: 499_500 });
      expect(grouped.rowsBeforeLimit).toBe(7);
      const none = await store.query(
        'SELECT number AS key, sum(number) AS sum, \'{\\n\\t"meta":\' AS text FROM numbers(0) GROUP BY key WITH TOTALS LIMIT 2',
      );
      expect(none).toMatchObject({ rows: [], totals: { sum: '0', text: '{\n\t"meta":' }, rowsBeforeLimit: 0 });
      expect(none.columns.map((column) => column.name)).toEqual(['key', 'sum', 'text']);
      const plain = await store.query('SELECT number FROM numbers(3)');
      expect([plain.totals, plain.rowsBeforeLimit]).toEqual([undefined, 3]);
    });

    it.each([
      ['query_memory', 'SELECT length(groupArray(number)) FROM numbers(100000000)', { maxMemoryBytes: 50_000_000 }],
      ['query_time', ENDLESS, { maxSeconds: 1 }],
      ['query_rows', ENDLESS, { maxRowsToRead: 1000 }],
      ['query_result', 'SELECT number FROM numbers(100000)', { maxResultRows: 1000 }],
    ] as const)('stops at its limit and says which: %s', async (code, sql, limits) => {
      await expect(store.query(sql, {}, { limits })).rejects.toMatchObject({ name: 'StoreError', code });
    });

    // A server's own limit is its operator's.
    if (kind === 'embedded') {
      it('stops at the limit of the whole store and says so', async () => {
        const sql = 'SELECT length(groupArray(number)) FROM numbers(1000000000)';
        await expect(store.query(sql, {}, { limits: { maxMemoryBytes: 5e9 } })).rejects.toMatchObject({
          code: 'store_memory',
        });
      });
    }

    it('answers the next question after one that failed half way', async () => {
      for (let time = 0; time < 8; time++) {
        await store
          .query(
            'SELECT number, throwIf(number = 300000) FROM numbers(1000000)',
            {},
            { settings: { max_block_size: 100 } },
          )
          .catch(() => {});
        expect((await store.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      }
    });

    it('does not keep limits for the next query', async () => {
      await store.query('SELECT 1', {}, { limits: { maxRowsToRead: 10 } });
      const { rows } = await store.query("SELECT getSetting('max_rows_to_read') AS rows");
      expect(rows).toEqual([{ rows: 0 }]);
    });

    it('runs several at once, bound parameters and all', async () => {
      const numbers = Array.from({ length: 12 }, (_, index) => index);
      const answers = await Promise.all(numbers.map((number) => store.query('SELECT {n:UInt8} AS n', { n: number })));
      expect(answers.map(({ rows }) => rows[0].n)).toEqual(numbers);
    });

    it('stops in the engine when it is cancelled', async () => {
      const controller = new AbortController();
      const running = store.query(ENDLESS, {}, { signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      const { rows } = await store.query(
        "SELECT count() AS left FROM system.processes WHERE query LIKE '%sipHash64(number)%'",
      );
      // This query itself.
      expect(rows).toEqual([{ left: '1' }]);
    });

    it('refuses SQL that is none and parameters without a value', async () => {
      await expect(store.query('SELEC 1')).rejects.toMatchObject({ code: 'bad_query' });
      await expect(store.query('SELECT {a:UInt8}')).rejects.toMatchObject({ code: 'bad_query' });
    });
  });

  describe('insertFile', () => {
    it.each([
      ['a map that is none', '{"key":"1","labels":{"a"x"b"}}'],
      ['text cut inside an escape', '{"key":"1","namespace":"a\\'],
      ['a number that is none', '{"key":"x"}'],
    ])('says that the file is bad, not the store, for %s', async (token, line) => {
      const path = join(root, 'broken.jsonl');
      writeFileSync(path, line);
      const columns = [
        { name: 'key', type: 'UInt64' },
        { name: 'namespace', type: 'LowCardinality(String)' },
        { name: 'labels', type: 'Map(String, String)' },
      ];
      const inserted = store.insertFile({ table: 'entities', path, format: 'JSONEachRow', columns, token });
      await expect(inserted).rejects.toMatchObject({ code: 'bad_data' });
    });
  });

  describe('the number that insertFile answers', () => {
    const columns = [
      { name: 'time_received', type: "DateTime64(3, 'UTC')" },
      { name: 'observation_domain', type: 'UInt32' },
    ];
    /** Rows on both sides of an hour: two parts. */
    const fileOf = (rows: number) => {
      const path = join(root, `rows-${rows}.jsonl`);
      const line = (row: number) =>
        JSON.stringify({ time_received: `2026-01-01 1${row % 2}:00:00`, observation_domain: row });
      writeFileSync(path, Array.from({ length: rows }, (_, row) => line(row)).join('\n'));
      return { table: 'flows', path, format: 'JSONEachRow', columns } as const;
    };
    afterEach(() => store.command('TRUNCATE TABLE weir.flows'));

    it('is how many rows were written', async () => {
      expect(await store.insertFile({ ...fileOf(1001), token: 'written' })).toBe(1001);
      expect(await store.insertFile({ ...fileOf(3), token: 'few', extra: { proto: '6' } })).toBe(3);
    });

    it('is all rows of a file that is in already', async () => {
      for (let time = 0; time < 2; time++) {
        expect(await store.insertFile({ ...fileOf(500), token: 'again' })).toBe(500);
      }
      expect((await store.query('SELECT count() AS rows FROM weir.flows')).rows).toEqual([{ rows: '500' }]);
    });

    if (kind === 'embedded') {
      it('is the rows that a condition lets in', async () => {
        const where = "time_received < '2026-01-01 11:00:00'";
        expect(await store.insertFile({ ...fileOf(1001), token: 'part', where })).toBe(501);
      });
    }
  });

  describe('migrate', () => {
    it('changes nothing the second time', async () => {
      const before = (
        await store.query('SELECT count() AS columns FROM system.columns WHERE database = {d:String}', { d: 'weir' })
      ).rows;
      await store.migrate();
      expect(
        (await store.query('SELECT count() AS columns FROM system.columns WHERE database = {d:String}', { d: 'weir' }))
          .rows,
      ).toEqual(before);
    });

    it('adds columns that are asked for and those that a table has lost', async () => {
      expect(store.columnsPresent().has('rtt_us')).toBe(false);
      await store.addColumns([{ name: 'rtt_us', type: 'UInt32' }]);
      expect(store.columnsPresent().has('rtt_us')).toBe(true);
      await store.command('ALTER TABLE weir.flows DROP COLUMN end_reason');
      await store.migrate();
      expect(store.columnsPresent().has('end_reason')).toBe(true);
      expect(store.columnsPresent().has('rtt_us')).toBe(true);
    });

    it('refuses a column that is not in the catalogue', async () => {
      await expect(store.addColumns([{ name: 'x; DROP TABLE', type: 'UInt8' }])).rejects.toMatchObject({
        code: 'bad_data',
      });
    });

    it('refuses a store that a newer version made', async () => {
      await store.command(`INSERT INTO weir.schema_version VALUES (${SCHEMA_VERSION + 1}, now())`);
      await expect(store.migrate()).rejects.toThrow('newer');
      await store.command(
        `ALTER TABLE weir.schema_version DELETE WHERE version > ${SCHEMA_VERSION} SETTINGS mutations_sync = 2`,
      );
      await store.migrate();
    });
  });

  describe('cleanDemo', () => {
    it('removes the flows, roll-ups and dimensions of the demo and nothing else', async () => {
      await store.command(
        `INSERT INTO weir.flows (time_received, exporter, quality) VALUES (now64(3), 1, 0), (now64(3), 2, 0), (now64(3), 3, ${QUALITY.demo})`,
      );
      await store.command('INSERT INTO weir.flows_1m (time, exporter, flows) VALUES (now(), 1, 5), (now(), 2, 6)');
      await store.command("INSERT INTO weir.exporters (key, name, demo) VALUES (1, 'demo', 1), (2, 'real', 0)");
      await store.command("INSERT INTO weir.entities (key, cluster) VALUES (7, 'demo'), (8, 'prod')");
      await store.command(
        "INSERT INTO weir.ledger (time, exporter, account, count) VALUES (now64(3), 1, 'flows_stored', 1), (now64(3), 2, 'flows_stored', 1)",
      );
      expect(await cleanDemo(store)).toEqual({ flows: 2, exporters: 1, entities: 1 });
      const left = async (table: string, column: string) =>
        (await store.query(`SELECT ${column} AS key FROM weir.${table}`)).rows.map((row) => row.key);
      expect(await left('flows', 'exporter')).toEqual(['2']);
      expect(await left('flows_1m', 'exporter')).toEqual(['2']);
      expect(await left('ledger', 'exporter')).toEqual(['2']);
      expect(await left('exporters', 'key')).toEqual(['2']);
      expect(await left('entities', 'key')).toEqual(['8']);
      expect(await cleanDemo(store)).toEqual({ flows: 0, exporters: 0, entities: 0 });
    });
  });
});
