// Rows of the ledger for the table: what became of a spool file's flows in the store, and what collectors and sinks left in the spool.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  consumerFolders,
  type Ends,
  endOf,
  type LedgerLine,
  namesIn,
  readLedger,
  STORE,
  setRowsAside,
  tryUnlink,
} from '@weir/spool';
import type { LedgerEntry, LedgerTable } from '../ledger/ledger-table.ts';

/** Files taken in with one insert: each insert makes a part. */
const FILES_AT_ONCE = 500;

/** Counts what became of a spool file's flows in the store, once however often it is called. Throws StoreError. */
export async function countFlows(ledger: LedgerTable, name: string, ends: Ends, time: number): Promise<void> {
  const rows = ends.flatMap(({ account, rows }) =>
    rows.map(([exporter, count]) => ({ time, collector: 'store', account, consumer: STORE, exporter, count })),
  );
  await ledger.add([{ name: endOf(STORE, name), rows }]);
}

/** `2026-11-20 22:15:01.123`, in UTC. */
const entryOf = (line: LedgerLine): LedgerEntry => ({ ...line, time: Date.parse(`${line.time.replace(' ', 'T')}Z`) });

/** Takes in what collectors left in the spool's ledger. Returns how many files. Throws StoreError and SpoolError. */
export async function loadLedger(ledger: LedgerTable, dir: string): Promise<number> {
  const { ledger: folder, ledgerCopy } = consumerFolders(dir, STORE);
  const both = new Set([folder, ledgerCopy].flatMap((path) => namesIn(path, '.jsonl')));
  const names = [...both].sort().slice(0, FILES_AT_ONCE);
  const sources = names.flatMap((name) => {
    const paths = [folder, ledgerCopy].map((path) => join(path, `${name}.jsonl`));
    const rows = entriesOf(paths[0]) ?? entriesOf(paths[1]);
    if (rows !== undefined) return [{ name, paths, rows }];
    for (const path of paths) {
      if (existsSync(path))
        setRowsAside(dir, STORE, path, `${name}.jsonl`, 'not rows of the ledger as they were written');
    }
    return [];
  });
  await ledger.add(sources);
  for (const { paths } of sources) for (const path of paths) tryUnlink(path);
  return names.length;
}

function entriesOf(path: string): LedgerEntry[] | undefined {
  const rows = readLedger(path)?.map(entryOf);
  return rows?.every(({ time }) => !Number.isNaN(time)) ? rows : undefined;
}
