// Rows of the ledger that the store itself adds, and those that collectors and sinks left in the spool. `source` names the file that a row
// is about: after a crash it tells whether the row is in.
import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  clickhouseTime,
  consumerFolders,
  type Ends,
  endOf,
  FILE_MODE,
  namesIn,
  readLedger,
  STORE,
  setRowsAside,
  tryUnlink,
} from '@weir/spool';
import { stringLiteral } from '../connection/literals.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';

/** Files taken in with one insert: each insert makes a part. */
const FILES_AT_ONCE = 500;

const COLUMNS = [
  { name: 'time', type: "DateTime64(3, 'UTC')" },
  { name: 'collector', type: 'String' },
  { name: 'exporter', type: 'UInt64' },
  { name: 'account', type: 'String' },
  { name: 'count', type: 'Int64' },
  { name: 'source', type: 'String' },
];

/** Which of these sources the ledger has rows of. */
async function sourcesIn(store: Store, sources: readonly string[]): Promise<Set<string>> {
  const { rows } = await store.query(
    `SELECT DISTINCT source FROM ${DATABASE}.ledger WHERE source IN {sources:Array(String)}`,
    { sources: [...sources] },
  );
  return new Set(rows.map((row) => String(row.source)));
}

/** Counts what became of a spool file's flows in the store, once. `uncertain`: it may have been counted before. Throws StoreError. */
export async function countFlows(
  store: Store,
  name: string,
  ends: Ends,
  nowMs: number,
  uncertain: boolean,
): Promise<void> {
  const source = endOf(STORE, name);
  const time = stringLiteral(clickhouseTime(nowMs));
  const rows = ends.flatMap(({ account, rows }) =>
    rows.map(
      ([key, count]) =>
        `(${time}, 'store', ${BigInt(key)}, '${account}', ${Math.trunc(count)}, ${stringLiteral(source)})`,
    ),
  );
  if (rows.length === 0) return;
  if (uncertain && (await sourcesIn(store, [source])).has(source)) return;
  const token = stringLiteral(uncertain ? `${source} ${nowMs}` : source);
  await store.command(
    `INSERT INTO ${DATABASE}.ledger (time, collector, exporter, account, count, source) ` +
      `SETTINGS insert_deduplication_token = ${token} VALUES ${rows.join(', ')}`,
  );
}

/**
 * Takes in what collectors left in the spool's ledger. Returns how many files. `uncertain`: some may be in already. Throws
 * StoreError and SpoolError.
 */
export async function loadLedger(store: Store, dir: string, uncertain: boolean): Promise<number> {
  const folder = consumerFolders(dir, STORE).ledger;
  const names = namesIn(folder, '.jsonl').slice(0, FILES_AT_ONCE);
  if (names.length === 0) return 0;
  const known = uncertain ? await sourcesIn(store, names) : new Set<string>();
  const taken: string[] = [];
  const lines: string[] = [];
  for (const name of names) {
    const path = join(folder, `${name}.jsonl`);
    const rows = known.has(name) ? [] : readLedger(path);
    if (rows === undefined) setRowsAside(dir, STORE, path, `${name}.jsonl`, 'not rows of the ledger');
    else {
      taken.push(path);
      for (const row of rows) lines.push(JSON.stringify({ ...row, source: name }));
    }
  }
  if (lines.length > 0) {
    const path = join(folder, 'batch.loading');
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: FILE_MODE });
    const token = createHash('sha256').update(taken.join('\n')).digest('hex');
    await store.insertFile({
      table: 'ledger',
      path,
      format: 'JSONEachRow',
      columns: COLUMNS,
      token: uncertain ? `${token} ${randomUUID()}` : token,
    });
    tryUnlink(path);
  }
  for (const path of taken) tryUnlink(path);
  return names.length;
}
