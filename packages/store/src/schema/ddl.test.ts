import { FIELD } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { addColumn, createDatabase, createDictionary, createTable } from './ddl.ts';
import { FLOWS_TABLE, flowColumn, ROLLUPS, TABLES } from './tables.ts';

const table = (name: string) => TABLES.find((spec) => spec.name === name) ?? FLOWS_TABLE;
const cluster = { cluster: 'main' };
const SAFE = 'max_suspicious_broken_parts = 1000000, max_suspicious_broken_parts_bytes = 1000000000000000000';

describe('tables of one engine', () => {
  it('are MergeTree in the order that roll-ups and filters read', () => {
    const [sql, ...others] = createTable(FLOWS_TABLE);
    expect(others).toEqual([]);
    expect(sql.split('\n').filter((line) => !line.startsWith('  '))).toEqual([
      'CREATE TABLE IF NOT EXISTS weir.flows (',
      ') ENGINE = MergeTree',
      'PARTITION BY toStartOfHour(time_received)',
      'ORDER BY (toStartOfMinute(time_received), src_entity, dst_entity)',
      `SETTINGS non_replicated_deduplication_window = 10000, old_parts_lifetime = 60, ${SAFE}`,
    ]);
    expect(sql).toContain("  time_received DateTime64(3, 'UTC') CODEC(T64, LZ4),");
    expect(sql).toContain('  src_addr IPv6,');
    expect(sql).not.toContain('mpls_labels');
  });

  it('have a column for each core field and add the others', () => {
    expect(addColumn('flows', flowColumn(FIELD.mpls_labels))).toEqual([
      'ALTER TABLE weir.flows ADD COLUMN IF NOT EXISTS mpls_labels Array(UInt32)',
    ]);
  });

  it('keep the newest row of a dimension', () => {
    expect(createTable(table('entities'))[0]).toContain(') ENGINE = ReplacingMergeTree(version)\nORDER BY key');
  });

  it('hold roll-ups with the same keys and sums at each resolution', () => {
    const columns = ROLLUPS.map((spec) => spec.table.columns.map((column) => column.name));
    expect(columns[0]).toEqual(columns[1]);
    expect(columns[0]).toEqual(columns[2]);
    expect(columns[0].slice(0, 7)).toEqual([
      'time',
      'src_entity',
      'dst_entity',
      'exporter',
      'service',
      'proto',
      'server_port',
    ]);
  });
});

describe('tables of a cluster', () => {
  it('are replicated on each shard behind a distributed table of the plain name', () => {
    const [storage, front] = createTable(FLOWS_TABLE, cluster);
    expect(storage).toContain("CREATE TABLE IF NOT EXISTS weir.flows_local ON CLUSTER 'main' (");
    expect(storage).toContain(") ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/weir/flows', '{replica}')");
    expect(storage).toContain('SETTINGS replicated_deduplication_window = 10000');
    expect(front).toBe(
      "CREATE TABLE IF NOT EXISTS weir.flows ON CLUSTER 'main' AS weir.flows_local\n" +
        "ENGINE = Distributed('main', weir, flows_local, flow_id)",
    );
  });

  it('keep dimensions whole on every shard', () => {
    const [storage, front] = createTable(table('entities'), cluster);
    expect(storage).toContain(
      ") ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/weir/entities', '{replica}', version)",
    );
    expect(front).toContain("ENGINE = Distributed('main', weir, entities_local)");
  });

  it('get new columns in both tables, with codecs only where rows are', () => {
    expect(addColumn('flows', flowColumn(FIELD.ip_ttl), cluster)).toEqual([
      "ALTER TABLE weir.flows_local ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS ip_ttl UInt8",
      "ALTER TABLE weir.flows ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS ip_ttl UInt8",
    ]);
    expect(addColumn('flows', flowColumn(FIELD.dropped_bytes), cluster)).toEqual([
      "ALTER TABLE weir.flows_local ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS dropped_bytes UInt64 CODEC(T64, LZ4)",
      "ALTER TABLE weir.flows ON CLUSTER 'main' ADD COLUMN IF NOT EXISTS dropped_bytes UInt64",
    ]);
    expect(createDatabase(cluster)).toBe("CREATE DATABASE IF NOT EXISTS weir ON CLUSTER 'main'");
  });
});

describe('dictionaries', () => {
  it('hold the attributes of a dimension by key, newest row first', () => {
    expect(createDictionary('strings')).toBe(
      [
        'CREATE DICTIONARY IF NOT EXISTS weir.strings_dict (',
        '  key UInt64,',
        '  text String',
        ') PRIMARY KEY key',
        "SOURCE(CLICKHOUSE(QUERY 'SELECT key, text FROM weir.strings FINAL'))",
        'LAYOUT(HASHED_ARRAY())',
        'LIFETIME(0)',
      ].join('\n'),
    );
  });

  it('have plain types', () => {
    const sql = createDictionary('entities');
    expect(sql).toContain('  labels Map(String, String)');
    expect(sql).not.toContain('LowCardinality');
  });

  it('of a server read again by themselves, with a login', () => {
    const sql = createDictionary('strings', { credentials: { user: 'weir', password: "it's" } }, 10);
    expect(sql).toContain("SOURCE(CLICKHOUSE(USER 'weir' PASSWORD 'it\\'s' QUERY ");
    expect(sql).toContain('LIFETIME(MIN 10 MAX 20)');
  });
});
