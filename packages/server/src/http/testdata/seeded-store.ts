// An embedded store in a temporary folder with the sample in it, roll-ups made up to a given time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, type FieldName, KINDS } from '@weir/record';
import { openStore, ROLLUP_DIMENSIONS, ROLLUP_SUMS, ROLLUPS, type Store } from '@weir/store';
import { ENTITIES, EXPORTERS, FAR_FUTURE, type SampleEntity, type SampleFlow, TEXTS, textKey } from './sample.ts';

export interface SeededStore {
  readonly store: Store;
  close(): Promise<void>;
}

async function insert(
  store: Store,
  dir: string,
  table: string,
  columns: Readonly<Record<string, string>>,
  rows: readonly object[],
) {
  const path = join(dir, `${table}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  await store.insertFile({
    table,
    path,
    format: 'JSONEachRow',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    token: table,
  });
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** Flows as JSON rows of the table. */
function flowRows(flows: readonly SampleFlow[]): object[] {
  return flows.map((flow) => ({
    ...flow,
    time_received: iso(flow.time_received),
    time_start: iso(flow.time_start),
    time_end: iso(flow.time_end),
    tls_sni: textKey(flow.tls_sni),
  }));
}

/** Opens a store, loads the flows and the entities, and makes the roll-ups of what is before `rolledUpUntil`. */
export async function seededStore(
  flows: readonly SampleFlow[],
  rolledUpUntil: number,
  entities: readonly SampleEntity[] = ENTITIES,
): Promise<SeededStore> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-query-'));
  const store = openStore({ path: join(dir, 'store') });
  await store.migrate();
  const names = Object.keys(flows[0] ?? {}) as FieldName[];
  const columns = names.map((name) => ({ name, type: KINDS[FIELD[name].kind].clickhouse }));
  await store.addColumns(columns);
  await insert(store, dir, 'flows', Object.fromEntries(columns.map(({ name, type }) => [name, type])), flowRows(flows));

  const text = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'String']));
  const validity = { valid_from: iso(0), valid_to: iso(FAR_FUTURE), resolved: 1 };
  const entityColumns = {
    key: 'UInt64',
    ...text(['kind', 'namespace', 'name', 'workload', 'workload_kind', 'node', 'zone']),
    labels: 'Map(String, String)',
    valid_from: "DateTime64(3, 'UTC')",
    valid_to: "DateTime64(3, 'UTC')",
    resolved: 'UInt8',
    version: 'UInt64',
  };
  // Every entity twice, first with a wrong namespace: only the newest row may count.
  const rows = [
    ...entities.map((entity) => ({ ...entity, ...validity, namespace: 'stale', version: 1 })),
    ...entities.map((entity) => ({ ...entity, ...validity, version: 2 })),
  ];
  await insert(store, dir, 'entities', entityColumns, rows);
  const exporterColumns = { key: 'UInt64', address: 'String', name: 'String', version: 'UInt64' };
  await insert(
    store,
    dir,
    'exporters',
    exporterColumns,
    EXPORTERS.map((exporter) => ({ ...exporter, version: 1 })),
  );
  const strings = TEXTS.map((value) => ({ key: textKey(value), text: value, version: 1 }));
  await insert(store, dir, 'strings', { key: 'UInt64', text: 'String', version: 'UInt64' }, strings);
  for (const dimension of ['entities', 'exporters', 'strings']) {
    await store.command(`SYSTEM RELOAD DICTIONARY weir.${dimension}_dict`);
  }
  for (const { table, seconds } of ROLLUPS) await rollUp(store, table.name, seconds, rolledUpUntil);
  return {
    store,
    async close() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One roll-up made straight from the flows, apart from the store's own making of them. */
async function rollUp(store: Store, table: string, seconds: number, until: number): Promise<void> {
  const present = store.columnsPresent();
  const dimension = (name: string) =>
    name === 'server_port' ? 'if(client_side = 2, src_port, dst_port)' : present.has(name) ? name : '0';
  const sum = (name: string) =>
    name === 'flows' || name === 'connections' ? 'count()' : present.has(name) ? `sum(flows.${name})` : '0';
  const columns = ['time', ...ROLLUP_DIMENSIONS, ...ROLLUP_SUMS];
  const selected = [
    `toDateTime(toStartOfInterval(time_received, INTERVAL ${seconds} SECOND, 'UTC'), 'UTC') AS slot`,
    ...ROLLUP_DIMENSIONS.map((name) => `${dimension(name)} AS d_${name}`),
    ...ROLLUP_SUMS.map((name) => `${sum(name)} AS s_${name}`),
  ];
  const end = Math.floor(until / 1000 / seconds) * seconds;
  await store.command(
    `INSERT INTO weir.${table} (${columns.join(', ')}) SELECT ${selected.join(', ')} FROM weir.flows ` +
      `WHERE time_received < toDateTime64(${end}, 3, 'UTC') ` +
      `GROUP BY slot, ${ROLLUP_DIMENSIONS.map((name) => `d_${name}`).join(', ')}`,
  );
}
