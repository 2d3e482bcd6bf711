// Saves the flows of a damaged part that can be read: into a table of their own first, from which they come back when the part is out.
// That table is there as long as this is under way, so that a process that is killed meanwhile is followed by one that finishes.
import { FIELDS } from '@weir/record';
import { stringLiteral } from '../connection/literals.ts';
import { settingsClause } from '../limits.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { StorePart } from './parts.ts';

type SaveStore = Pick<Store, 'query' | 'command'>;

const SAVED = `${DATABASE}.flows_saved`;
const GRANULE = 8192;
const LIMITS = { maxSeconds: 3600 };

/** One block at a time: a part may be larger than the memory. */
const COPY_SETTINGS = settingsClause({
  max_threads: 1,
  max_insert_threads: 1,
  max_block_size: 65_536,
  min_insert_block_size_rows: 262_144,
  min_insert_block_size_bytes: 64 * 1024 * 1024,
  insert_deduplicate: 0,
});

const isDamage = (error: unknown): boolean => error instanceof StoreError && error.code === 'damaged';

/** Conditions on places that leave out what cannot be read; undefined when nothing can be. */
async function readable(store: SaveStore, part: StorePart): Promise<string | undefined> {
  const of = `_part = ${stringLiteral(part.name)}`;
  const reads = async (condition: string): Promise<boolean> => {
    try {
      await store.query(`SELECT sum(ignore(*)) FROM ${DATABASE}.flows WHERE ${condition}`, {}, { limits: LIMITS });
      return true;
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  };
  if (await reads(of)) return of;
  const bad: string[] = [];
  const look = async (from: number, to: number): Promise<void> => {
    const here = `_part_offset >= ${from} AND _part_offset < ${to}`;
    if (await reads(`${of} AND ${here}`)) return;
    if (to - from <= GRANULE) {
      bad.push(`NOT (${here})`);
      return;
    }
    const middle = from + Math.ceil((to - from) / 2 / GRANULE) * GRANULE;
    await look(from, middle);
    await look(middle, to);
  };
  await look(0, part.rows);
  if (bad.length * GRANULE >= part.rows) return undefined;
  const condition = [of, ...bad].join(' AND ');
  return (await reads(condition)) ? condition : undefined;
}

/**
 * Copies what can be read of a part into the table of saved flows; resolves to how many of each exporter, by its key as decimal text.
 * Throws StoreError.
 */
export async function saveReadable(store: SaveStore, part: StorePart): Promise<Map<string, number>> {
  await store.command(`DROP TABLE IF EXISTS ${SAVED} SYNC`);
  const condition = await readable(store, part);
  if (condition === undefined) return new Map();
  // The comment says of which part: whoever comes after a crash has to know whether it is out already.
  await store.command(`CREATE TABLE ${SAVED} AS ${DATABASE}.flows`);
  await store.command(`ALTER TABLE ${SAVED} MODIFY COMMENT ${stringLiteral(part.name)}`);
  const columns = (await columnsOf(store)).join(', ');
  await store.command(
    `INSERT INTO ${SAVED} (${columns})${COPY_SETTINGS} SELECT ${columns} FROM ${DATABASE}.flows WHERE ${condition}`,
  );
  const { rows } = await store.query(
    `SELECT toString(exporter) AS exporter, count() AS rows FROM ${SAVED} GROUP BY exporter`,
    {},
    { limits: { ...LIMITS, maxResultRows: 10_000_000 } },
  );
  return new Map(rows.map((row) => [String(row.exporter), Number(row.rows)]));
}

async function columnsOf(store: SaveStore): Promise<string[]> {
  const { rows } = await store.query(
    "SELECT name FROM system.columns WHERE database = {database:String} AND table = 'flows' ORDER BY position",
    { database: DATABASE },
  );
  return rows.map((row) => `\`${String(row.name)}\``);
}

const IDENTITY = FIELDS.filter((field) => field.core).map((field) => field.name);

/** Puts saved flows back when the part that they are from is out, and removes their table. Nothing to do is the rule. Throws StoreError. */
export async function finishSaving(store: SaveStore): Promise<void> {
  const { rows } = await store.query(
    `SELECT comment, (SELECT count() FROM system.parts WHERE active AND database = {database:String} AND table = 'flows'
       AND name = tables.comment) AS still FROM system.tables WHERE database = {database:String} AND name = 'flows_saved'`,
    { database: DATABASE },
  );
  if (rows.length === 0) return;
  const [{ comment, still }] = rows;
  // Still in its table: what was saved of it is not needed, or not complete.
  if (comment !== '' && Number(still) === 0) await putBack(store);
  await store.command(`DROP TABLE IF EXISTS ${SAVED} SYNC`);
}

async function putBack(store: SaveStore): Promise<void> {
  const partitions = await store.query(
    `SELECT DISTINCT partition_id AS id FROM system.parts WHERE active AND database = {database:String} AND table = 'flows_saved'`,
    { database: DATABASE },
  );
  for (const { id } of partitions.rows) {
    // All of them or none: they come back as whole parts.
    if (await areBack(store, String(id))) continue;
    await store.command(`ALTER TABLE ${DATABASE}.flows ATTACH PARTITION ID ${stringLiteral(String(id))} FROM ${SAVED}`);
  }
}

/** Whether the saved flows of a partition are in their table. Parts that cannot be read have not been attached just before: they are passed by. */
async function areBack(store: SaveStore, partition: string): Promise<boolean> {
  const hash = `cityHash64(${IDENTITY.join(', ')})`;
  const saved = await store.query(`SELECT count() AS rows FROM ${SAVED} WHERE _partition_id = {partition:String}`, {
    partition,
  });
  const parts = await store.query(
    `SELECT name FROM system.parts
     WHERE active AND database = {database:String} AND table = 'flows' AND partition_id = {partition:String}`,
    { database: DATABASE, partition },
  );
  let back = 0;
  for (const { name } of parts.rows) {
    try {
      const found = await store.query(
        `SELECT count() AS rows FROM ${DATABASE}.flows WHERE _part = {name:String}
           AND ${hash} IN (SELECT ${hash} FROM ${SAVED} WHERE _partition_id = {partition:String})`,
        { name: String(name), partition },
        { limits: LIMITS },
      );
      back += Number(found.rows[0].rows);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return back >= Number(saved.rows[0].rows);
}
