// Statements that make the tables: MergeTree for one engine; for a cluster Replicated tables on every node with a Distributed
// table before them that has the plain name, so that queries and inserts are the same for both.
import { DIMENSIONS, type DimensionName } from '@weir/record';
import { stringLiteral } from '../connection/literals.ts';
import { type ColumnSpec, DATABASE, TABLE_SETTINGS, type TableSpec } from './tables.ts';

export interface DdlOptions {
  /** Name of the cluster in the server's configuration; none: a single engine. */
  readonly cluster?: string;
  /** With which a server's dictionaries read their tables. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

export function columnSql({ name, type, codec }: ColumnSpec): string {
  return `${name} ${type}${codec === undefined ? '' : ` CODEC(${codec})`}`;
}

const onCluster = ({ cluster }: DdlOptions): string =>
  cluster === undefined ? '' : ` ON CLUSTER ${stringLiteral(cluster)}`;

/** Name of the table that holds the rows: on a cluster the plain name is that of the Distributed table. */
export function storageTable(name: string, options: DdlOptions): string {
  return options.cluster === undefined ? name : `${name}_local`;
}

export function createDatabase(options: DdlOptions = {}): string {
  return `CREATE DATABASE IF NOT EXISTS ${DATABASE}${onCluster(options)}`;
}

/** Dimensions are on every shard, by one path for all; facts have a path a shard. */
function engineSql(table: TableSpec, options: DdlOptions): string {
  if (options.cluster === undefined) return table.engine === 'MergeTree' ? 'MergeTree' : table.engine;
  const shard = table.shardBy === undefined ? 'all' : '{shard}';
  const version = /\((\w+)\)/.exec(table.engine)?.[1];
  const args = [
    `'/clickhouse/tables/${shard}/${DATABASE}/${table.name}'`,
    `'{replica}'`,
    ...(version ? [version] : []),
  ];
  return `Replicated${table.engine.replace(/\(.*/, '')}(${args.join(', ')})`;
}

/** Replicated tables deduplicate by a window of their own. */
function settingsSql(table: TableSpec, options: DdlOptions): string {
  const settings = Object.entries({ ...table.settings, ...TABLE_SETTINGS }).map(([name, value]) => {
    const own = options.cluster === undefined ? name : name.replace(/^non_replicated_/, 'replicated_');
    return `${own} = ${value}`;
  });
  return `\nSETTINGS ${settings.join(', ')}`;
}

/** Statements that make a table where it is not there. */
export function createTable(table: TableSpec, options: DdlOptions = {}): string[] {
  const definitions = [...table.columns.map(columnSql), ...(table.indexes ?? [])].map((line) => `  ${line}`);
  const storage = [
    `CREATE TABLE IF NOT EXISTS ${DATABASE}.${storageTable(table.name, options)}${onCluster(options)} (`,
    definitions.join(',\n'),
    `) ENGINE = ${engineSql(table, options)}`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY ${table.orderBy}${table.ttl === undefined ? '' : `\nTTL ${table.ttl}`}${settingsSql(table, options)}`,
  ].join('\n');
  if (options.cluster === undefined) return [storage];
  return [storage, distributed(table, options)];
}

function distributed(table: TableSpec, options: DdlOptions): string {
  const target = [stringLiteral(options.cluster ?? ''), DATABASE, storageTable(table.name, options)];
  const sharding = table.shardBy === undefined ? [] : [table.shardBy];
  return (
    `CREATE TABLE IF NOT EXISTS ${DATABASE}.${table.name}${onCluster(options)} ` +
    `AS ${DATABASE}.${storageTable(table.name, options)}\nENGINE = Distributed(${[...target, ...sharding].join(', ')})`
  );
}

/** Statements that add a column where it is not there. */
export function addColumn(table: string, column: ColumnSpec, options: DdlOptions = {}): string[] {
  const names = options.cluster === undefined ? [table] : [storageTable(table, options), table];
  return names.map(
    (name) =>
      `ALTER TABLE ${DATABASE}.${name}${onCluster(options)} ADD COLUMN IF NOT EXISTS ` +
      // A Distributed table stores nothing: codecs are not for it.
      (name === table && options.cluster !== undefined ? `${column.name} ${column.type}` : columnSql(column)),
  );
}

/** Types that dictionaries do not take, without what makes them so. */
const dictionaryType = (type: string): string => type.replaceAll(/LowCardinality\((\w+)\)/g, '$1');

/**
 * The dictionary of a dimension: attributes by key, held in memory. It is loaded again when the loader says so (embedded) or
 * by itself (server).
 */
export function createDictionary(dimension: DimensionName, options: DdlOptions = {}, lifetime = 0): string {
  const attributes = Object.entries(DIMENSIONS[dimension].attributes).filter(([name]) => name !== 'version');
  const names = attributes.map(([name]) => name);
  const { credentials } = options;
  const login =
    credentials === undefined
      ? ''
      : `USER ${stringLiteral(credentials.user)} PASSWORD ${stringLiteral(credentials.password)} `;
  const query = `SELECT ${names.join(', ')} FROM ${DATABASE}.${dimension} FINAL`;
  return [
    `CREATE DICTIONARY IF NOT EXISTS ${DATABASE}.${dimension}_dict${onCluster(options)} (`,
    attributes.map(([name, { type }]) => `  ${name} ${dictionaryType(type)}`).join(',\n'),
    `) PRIMARY KEY key`,
    `SOURCE(CLICKHOUSE(${login}QUERY ${stringLiteral(query)}))`,
    `LAYOUT(HASHED_ARRAY())`,
    lifetime === 0 ? 'LIFETIME(0)' : `LIFETIME(MIN ${lifetime} MAX ${lifetime * 2})`,
  ].join('\n');
}
