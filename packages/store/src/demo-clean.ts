// Removes what the demo left: its flows, what was rolled up of them, and the dimensions that only it had.
import { QUALITY } from '@weir/record';
import { DATABASE, ROLLUPS } from './schema/tables.ts';
import type { Store } from './store.ts';

export interface DemoCleaned {
  readonly flows: number;
  readonly exporters: number;
  readonly entities: number;
}

/** Cluster that the demo's inventory names. */
const DEMO_CLUSTER = 'demo';

/**
 * Removes flows with the demo bit or from exporters marked as the demo's, with their roll-ups, ledger, exporters, interfaces and the
 * entities of the demo's cluster. Takes a while: it waits until the rows are gone from the disk. Throws StoreError.
 */
export async function cleanDemo(store: Store): Promise<DemoCleaned> {
  const { rows: exporterRows } = await store.query(`SELECT key FROM ${DATABASE}.exporters FINAL WHERE demo = 1`);
  const exporters = exporterRows.map((row) => String(row.key));
  const params = { exporters, cluster: DEMO_CLUSTER };
  const fromDemo = 'exporter IN {exporters:Array(UInt64)}';
  const isDemo = `bitAnd(quality, ${QUALITY.demo}) != 0 OR ${fromDemo}`;
  const count = async (table: string, where: string): Promise<number> => {
    const { rows } = await store.query(`SELECT count() AS rows FROM ${DATABASE}.${table} WHERE ${where}`, params);
    return Number(rows[0].rows);
  };
  const remove = async (table: string, where: string): Promise<number> => {
    const rows = await count(table, where);
    if (rows === 0) return 0;
    await store.command(`ALTER TABLE ${DATABASE}.${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`, params);
    return rows;
  };
  const flows = await remove('flows', isDemo);
  for (const { table } of ROLLUPS) await remove(table.name, fromDemo);
  for (const table of ['ledger', 'interfaces']) await remove(table, fromDemo);
  const entities = await remove('entities', 'cluster = {cluster:String}');
  await remove('exporters', 'key IN {exporters:Array(UInt64)}');
  if (store.kind === 'embedded') {
    for (const dimension of ['entities', 'exporters', 'interfaces']) {
      await store.command(`SYSTEM RELOAD DICTIONARY ${DATABASE}.${dimension}_dict`);
    }
  }
  return { flows, exporters: exporters.length, entities };
}
