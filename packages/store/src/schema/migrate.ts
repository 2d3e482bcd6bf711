// Brings the tables of a store to this version's catalogue. Tables and columns that are missing are made, whatever the version. What
// changes the meaning of a table raises SCHEMA_VERSION and has a step of its own (upgrade.ts).
import { DIMENSIONS, type DimensionName, FIELDS, isFieldName } from '@weir/record';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { addColumn, createDatabase, createDictionary, createTable, type DdlOptions } from './ddl.ts';
import { DATABASE, FLOWS_TABLE, flowColumn, TABLES, type TableSpec, VERSION_TABLE } from './tables.ts';
import { upgrade } from './upgrade.ts';

/** Raised when what the tables mean changes, not when something is added to them. */
export const SCHEMA_VERSION = 2;

export interface MigrateOptions extends DdlOptions {
  /** Columns that the table of flows must have besides the core. */
  readonly columns?: readonly string[];
  /** Called before tables of an older version are changed. */
  readonly beforeUpgrade?: () => void;
}

export type Migrated = Pick<Store, 'query' | 'command' | 'insertRows' | 'kind'>;

/** Types as they are, by `table.column`. */
async function present(store: Migrated): Promise<ReadonlyMap<string, string>> {
  const { rows } = await store.query(
    'SELECT table, name, type FROM system.columns WHERE database = {database:String}',
    { database: DATABASE },
  );
  return new Map(rows.map((row) => [`${row.table}.${row.name}`, String(row.type)]));
}

/** Version of the tables that are there. Throws StoreError for one that this program does not know. */
async function versionOf(store: Migrated, columns: ReadonlyMap<string, string>): Promise<number> {
  const { rows } = await store.query(`SELECT max(version) AS version FROM ${DATABASE}.schema_version`);
  // Nothing is said of it when a first start was killed that had made tables, or when the note is lost with a damaged part.
  const unsaid = columns.has('ledger.consumer') ? 2 : 1;
  const version = Number(rows[0]?.version ?? 0) || unsaid;
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'bad_query',
      `the store has schema version ${version}, made by a newer Weir; this one knows ${SCHEMA_VERSION}`,
    );
  }
  return version;
}

/** Makes what is missing and returns the names of the columns that the table of flows then has. Throws StoreError. */
export async function migrate(store: Migrated, options: MigrateOptions = {}): Promise<ReadonlySet<string>> {
  const flows: TableSpec = {
    ...FLOWS_TABLE,
    columns: FIELDS.filter((field) => field.core || options.columns?.includes(field.name)).map(flowColumn),
  };
  const unknown = options.columns?.find((name) => !isFieldName(name));
  if (unknown !== undefined) throw new StoreError('bad_data', `there is no field ${unknown} in the catalogue`);

  let columns = await present(store);
  const has = (table: string) => [...columns.keys()].some((key) => key.startsWith(`${table}.`));
  const version = has(VERSION_TABLE.name) ? await versionOf(store, columns) : undefined;
  if (columns.size === 0) await store.command(createDatabase(options));
  if (version !== undefined && version < SCHEMA_VERSION) {
    options.beforeUpgrade?.();
    await upgrade(store, version, options);
    columns = await present(store);
  }
  for (const table of [VERSION_TABLE, flows, ...TABLES.filter((table) => table !== FLOWS_TABLE)]) {
    if (!has(table.name)) {
      for (const sql of createTable(table, options)) await store.command(sql);
      continue;
    }
    for (const column of table.columns) {
      const type = columns.get(`${table.name}.${column.name}`);
      if (type === undefined) for (const sql of addColumn(table.name, column, options)) await store.command(sql);
      else if (type !== column.type) {
        throw new StoreError('bad_query', `${table.name}.${column.name} is ${type} in the store, not ${column.type}`);
      }
    }
  }
  for (const dimension of Object.keys(DIMENSIONS) as DimensionName[]) {
    // A server reads its tables again by itself; an embedded engine when the loader has inserted rows.
    await store.command(createDictionary(dimension, options, store.kind === 'server' ? 10 : 0));
  }
  if (version !== SCHEMA_VERSION) {
    await store.command(`INSERT INTO ${DATABASE}.schema_version SELECT {version:UInt32}, now()`, {
      version: SCHEMA_VERSION,
    });
  }
  columns = await present(store);
  return new Set(
    [...columns.keys()].filter((key) => key.startsWith('flows.')).map((key) => key.slice('flows.'.length)),
  );
}
