// Rows of the ledger that the store itself adds, and those that collectors left in the spool.
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNTS, type AccountName } from '@weir/record';
import { asSpoolError, CORRUPT, type ExporterRows, LEDGER, namesIn, tryUnlink } from '@weir/spool';
import { type LedgerEntry, type LedgerTable, STORE_CONSUMER } from '../ledger/ledger-table.ts';

/** Files taken in with one insert: each insert makes a part. */
const FILES_AT_ONCE = 500;

/** Counts what became of a spool file's flows, by exporter, once however often it is called. Throws StoreError. */
export async function countFlows(
  ledger: LedgerTable,
  account: 'flows_stored' | 'flows_spool_corrupt',
  source: string,
  exporters: ExporterRows,
  nowMs: number,
): Promise<void> {
  const more = { time: nowMs, collector: 'store', account, consumer: STORE_CONSUMER };
  const rows = exporters.map(([exporter, count]) => ({ ...more, exporter, count }));
  await ledger.add([{ name: `${account} ${source}`, rows }]);
}

/** A line of a collector's file as a row, or undefined when it is none. */
function entryOf(value: unknown): LedgerEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { time, collector, exporter, account, count, consumer = '' } = value as Record<string, unknown>;
  // `2026-11-20 22:15:01.123`, in UTC.
  const ms = typeof time === 'string' ? Date.parse(`${time.replace(' ', 'T')}Z`) : Number.NaN;
  if (Number.isNaN(ms) || typeof collector !== 'string' || typeof consumer !== 'string') return undefined;
  if (!/^\d{1,20}$/.test(String(exporter)) || typeof count !== 'number') return undefined;
  if (typeof account !== 'string' || !Object.hasOwn(ACCOUNTS, account)) return undefined;
  return { time: ms, collector, exporter: String(exporter), account: account as AccountName, count, consumer };
}

/** A file's rows, or undefined when it cannot be understood. */
function readRows(path: string): LedgerEntry[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw asSpoolError(error, `read ${path}`);
  }
  try {
    const lines = text.split('\n').filter((line) => line !== '');
    const rows = lines.map((line) => entryOf(JSON.parse(line))).filter((row) => row !== undefined);
    return rows.length === lines.length ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** Takes in what collectors left in the spool's ledger. Returns how many files. Throws StoreError and SpoolError. */
export async function loadLedger(ledger: LedgerTable, dir: string): Promise<number> {
  const names = namesIn(dir, LEDGER, '.jsonl').slice(0, FILES_AT_ONCE);
  const sources = names
    .map((name) => ({ name, path: join(dir, LEDGER, `${name}.jsonl`) }))
    .flatMap((file) => {
      const rows = readRows(file.path);
      if (rows === undefined) renameSync(file.path, join(dir, CORRUPT, `${file.name}.jsonl`));
      return rows === undefined ? [] : [{ ...file, rows }];
    });
  await ledger.add(sources);
  for (const { path } of sources) tryUnlink(path);
  return names.length;
}
