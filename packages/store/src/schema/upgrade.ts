// Steps from one version of the tables to the next. A step may be killed anywhere and is then done again from its beginning: what it
// makes becomes visible at once, as its last act.
import { endOf, STORE } from '@weir/spool';
import { missingByExporter, missingInAll } from '../integrity/missing-flows.ts';
import { LedgerTable } from '../ledger/ledger-table.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { createTable, type DdlOptions } from './ddl.ts';
import { DATABASE, LEDGER_TABLE, TABLE_SETTINGS, TABLES, VERSION_TABLE } from './tables.ts';

type Upgraded = Pick<Store, 'query' | 'command' | 'insertRows' | 'together' | 'kind'>;

/** Brings tables of an older version to the newest. The version itself is written by the caller. Throws StoreError. */
export async function upgrade(store: Upgraded, from: number, options: DdlOptions): Promise<void> {
  if (from < 2) await toVersion2(store, options);
}

/**
 * Version 2: the ledger says who a row is about besides the collector (`consumer`), and keeps the names of the sources it has taken in.
 * Tables start with any number of damaged parts.
 */
async function toVersion2(store: Upgraded, options: DdlOptions): Promise<void> {
  await ledgerWithConsumer(store, options);
  await startingBalance(store);
  const settings = Object.entries(TABLE_SETTINGS).map(([name, value]) => `${name} = ${value}`);
  const { rows } = await store.query('SELECT name FROM system.tables WHERE database = {database:String}', {
    database: DATABASE,
  });
  const present = new Set(rows.map((row) => String(row.name)));
  for (const { name } of [VERSION_TABLE, ...TABLES]) {
    if (present.has(name)) await store.command(`ALTER TABLE ${DATABASE}.${name} MODIFY SETTING ${settings.join(', ')}`);
  }
}

/** The old accounts that are about the store. */
const OF_THE_STORE = "account IN ('flows_stored', 'flows_spool_cap', 'flows_spool_corrupt')";

/** What a source is called from version 2 on: what became of a spool file is a source other than the file. */
const SOURCE =
  "if(source != '' AND collector = 'store' AND account IN ('flows_stored', 'flows_spool_corrupt'), " +
  `concat('${endOf(STORE, '')}', source), source)`;

async function ledgerWithConsumer(store: Upgraded, options: DdlOptions): Promise<void> {
  const [old, made] = [`${DATABASE}.ledger`, `${DATABASE}.ledger_2`];
  if ((await hasColumn(store, 'ledger')) && !(await hasColumn(store, 'ledger', 'consumer'))) {
    await store.command(`DROP TABLE IF EXISTS ${made} SYNC`);
    for (const sql of createTable({ ...LEDGER_TABLE, name: 'ledger_2' }, options)) await store.command(sql);
    const insert = (columns: string) =>
      `INSERT INTO ${made} (${columns}) SETTINGS max_partitions_per_insert_block = 0, max_threads = 1`;
    await store.command(
      `${insert('time, collector, exporter, account, consumer, count, source')}
       SELECT time, collector, exporter, account, if(${OF_THE_STORE}, '${STORE}', ''), count, ${SOURCE} FROM ${old}`,
    );
    await store.command(
      `${insert('time, account, source')}
       SELECT min(time), '', ${SOURCE} AS name FROM ${old} WHERE source != '' GROUP BY name, toDate(time)`,
    );
    await assertSameSums(store, old, made);
    await store.command(`EXCHANGE TABLES ${old} AND ${made}`);
  }
  await store.command(`DROP TABLE IF EXISTS ${made} SYNC`);
}

async function hasColumn(store: Upgraded, table: string, column?: string): Promise<boolean> {
  const { rows } = await store.query(
    `SELECT count() AS columns FROM system.columns
     WHERE database = {database:String} AND table = {table:String} AND name LIKE {column:String}`,
    { database: DATABASE, table, column: column ?? '%' },
  );
  return Number(rows[0].columns) > 0;
}

/** Before the old ledger goes. */
async function assertSameSums(store: Upgraded, old: string, made: string): Promise<void> {
  const sums = async (table: string): Promise<string> => {
    const { rows } = await store.query(
      `SELECT account, exporter, sum(count) AS count FROM ${table} WHERE account != ''
       GROUP BY account, exporter ORDER BY account, exporter`,
      {},
      { limits: { maxResultRows: 10_000_000, maxResultBytes: 2 ** 30, maxSeconds: 600 } },
    );
    return JSON.stringify(rows);
  };
  if ((await sums(old)) !== (await sums(made))) {
    throw new StoreError('engine', 'the ledger of the new version has other sums than the old one, which stays');
  }
}

/**
 * What the ledger says was stored and is not there any more went by retention, which did not count it before version 2. Counted
 * once, so that from here on flows stored − damaged − expired are the flows in the store.
 */
async function startingBalance(store: Upgraded): Promise<void> {
  if (!(await hasColumn(store, 'flows'))) return;
  let gone: ReadonlyMap<string, number>;
  try {
    gone = await missingByExporter(store);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'damaged') throw error;
    // Whose they are cannot be read.
    gone = new Map([['0', await missingInAll(store)]]);
  }
  const { rows } = await store.query(
    `SELECT toUnixTimestamp64Milli(min(time)) AS time FROM ${DATABASE}.ledger WHERE account = 'flows_stored'`,
  );
  const time = Number(rows[0].time);
  await new LedgerTable(store).add([
    {
      name: 'flows_expired before version 2',
      rows: [...gone]
        .filter(([, count]) => count > 0)
        .map(([exporter, count]) => ({
          time,
          collector: 'store',
          exporter,
          account: 'flows_expired',
          consumer: STORE,
          count,
        })),
    },
  ]);
}
