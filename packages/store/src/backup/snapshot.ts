// A moment of the embedded store, held: hard links to the files of all parts, which nobody changes any more, with the definitions of the
// tables and how many rows each has. Taking it stops writes for as long as the links take, so that the tables agree with each other.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { definitionsIn } from '../integrity/definitions.ts';
import { DATABASE, FLOWS_TABLE, ROLLUPS } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';

export interface Snapshot {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Directory of the embedded store. */
  readonly store: string;
  /** Directory with the parts; their paths below it are those below the store. */
  readonly parts: string;
  /** Texts of definitions, by their path in the store. */
  readonly definitions: readonly (readonly [path: string, text: string])[];
  /** Rows of the tables whose rows no merge makes fewer: what a reader of the copy has to find. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Rows by table, of flows and roll-ups. Throws StoreError. */
export async function countRows(store: Pick<Store, 'query'>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of [FLOWS_TABLE, ...ROLLUPS.map((spec) => spec.table)]) {
    const { rows } = await store.query(
      `SELECT count() AS rows FROM ${DATABASE}.${name}`,
      {},
      { limits: { maxSeconds: 600 } },
    );
    counts[name] = Number(rows[0].rows);
  }
  return counts;
}

const SHADOW = 'shadow';
/** Of letters, digits and underscores: others the engine writes differently into the name of the directory. */
const PREFIX = 'weir_';

/** Takes a snapshot. It takes room from what is dropped or merged meanwhile, so it is to be released. Throws StoreError. */
export async function takeSnapshot(store: Store): Promise<Snapshot> {
  const { path } = store;
  if (path === undefined) {
    throw new StoreError(
      'bad_query',
      'the store is a ClickHouse server, whose backups are made with BACKUP DATABASE weir TO … there',
    );
  }
  const time = Date.now();
  const name = `${PREFIX}${time}_${randomBytes(4).toString('hex')}`;
  return await store.alone(async () => {
    const { rows } = await store.query(
      `SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name`,
      { database: DATABASE },
    );
    for (const table of rows) {
      await store.command(`ALTER TABLE ${DATABASE}.${table.name} FREEZE WITH NAME '${name}'`);
    }
    return {
      name,
      time,
      store: path,
      parts: join(path, SHADOW, name),
      definitions: [...definitionsIn(path)],
      rows: await countRows(store),
    };
  });
}

/** Gives back what a snapshot holds. */
export function releaseSnapshot(path: string, name: string): void {
  if (!/^weir_\d+_[0-9a-f]+$/.test(name)) return;
  rmSync(join(path, SHADOW, name), { recursive: true, force: true });
}

/** Gives back what snapshots of a process hold that died. */
export function releaseSnapshots(path: string): void {
  const shadow = join(path, SHADOW);
  for (const name of existsSync(shadow) ? readdirSync(shadow) : []) releaseSnapshot(path, name);
}
