// Rows of the ledger that the store itself adds, and those that collectors left in the spool. `source` names the file that a row
// is about: after a crash it tells whether the row is in.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNTS, type AccountName } from '@weir/record';
import {
  asSpoolError,
  CORRUPT,
  clickhouseTime,
  type ExporterRows,
  LEDGER,
  type LedgerRow,
  namesIn,
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
async function sourcesIn(store: Store, sources: readonly string[], account?: AccountName): Promise<Set<string>> {
  const { rows } = await store.query(
    `SELECT DISTINCT source FROM ${DATABASE}.ledger WHERE source IN {sources:Array(String)}` +
      (account === undefined ? '' : ' AND account = {account:String}'),
    { sources: [...sources], ...(account === undefined ? {} : { account }) },
  );
  return new Set(rows.map((row) => String(row.source)));
}

/**
 * Counts what became of a spool file's flows, by exporter, once. `uncertain`: it may have been counted before. Throws
 * StoreError.
 */
export async function countFlows(
  store: Store,
  account: 'flows_stored' | 'flows_spool_corrupt',
  source: string,
  exporters: ExporterRows,
  nowMs: number,
  uncertain: boolean,
): Promise<void> {
  if (exporters.length === 0) return;
  if (uncertain && (await sourcesIn(store, [source], account)).has(source)) return;
  const time = stringLiteral(clickhouseTime(nowMs));
  const rows = exporters.map(([key, count]) => {
    return `(${time}, 'store', ${BigInt(key)}, '${account}', ${Math.trunc(count)}, ${stringLiteral(source)})`;
  });
  const token = stringLiteral(uncertain ? `${source} ${account} ${nowMs}` : `${source} ${account}`);
  await store.command(
    `INSERT INTO ${DATABASE}.ledger (time, collector, exporter, account, count, source) ` +
      `SETTINGS insert_deduplication_token = ${token} VALUES ${rows.join(', ')}`,
  );
}

function isLedgerRow(value: unknown): value is Omit<LedgerRow, 'time'> & { time: string } {
  if (typeof value !== 'object' || value === null) return false;
  const row = value as Record<string, unknown>;
  return (
    typeof row.time === 'string' &&
    typeof row.collector === 'string' &&
    /^\d{1,20}$/.test(String(row.exporter)) &&
    typeof row.account === 'string' &&
    Object.hasOwn(ACCOUNTS, row.account) &&
    typeof row.count === 'number'
  );
}

/** A file's rows with their source, or undefined when it cannot be understood. */
function readRows(path: string, source: string): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  }
  try {
    const rows = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
    if (!rows.every(isLedgerRow)) return undefined;
    return rows.map((row) => JSON.stringify({ ...row, source }));
  } catch {
    return undefined;
  }
}

/**
 * Takes in what collectors left in the spool's ledger. Returns how many files. `uncertain`: some may be in already. Throws
 * StoreError and SpoolError.
 */
export async function loadLedger(store: Store, dir: string, uncertain: boolean): Promise<number> {
  const names = namesIn(dir, LEDGER, '.jsonl').slice(0, FILES_AT_ONCE);
  if (names.length === 0) return 0;
  const known = uncertain ? await sourcesIn(store, names) : new Set<string>();
  const taken: string[] = [];
  const lines: string[] = [];
  for (const name of names) {
    const path = join(dir, LEDGER, `${name}.jsonl`);
    const rows = known.has(name) ? [] : readRows(path, name);
    if (rows === undefined) renameSync(path, join(dir, CORRUPT, `${name}.jsonl`));
    else {
      taken.push(path);
      lines.push(...rows);
    }
  }
  if (lines.length > 0) {
    const path = join(dir, LEDGER, 'batch.loading');
    writeFileSync(path, `${lines.join('\n')}\n`);
    const token = createHash('sha256').update(taken.join('\n')).digest('hex');
    await store.insertFile({
      table: 'ledger',
      path,
      format: 'JSONEachRow',
      columns: COLUMNS,
      token: uncertain ? `${token} ${Date.now()}` : token,
    });
    tryUnlink(path);
  }
  for (const path of taken) tryUnlink(path);
  return names.length;
}
