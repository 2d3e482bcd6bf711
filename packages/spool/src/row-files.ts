// Rows that are not flows: dimensions and the ledger. A file is JSON, one row a line, in the form that ClickHouse reads.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccountName, DIMENSIONS, type DimensionName, type DimensionRow } from '@weir/record';
import { dimensionFolder, LEDGER, spoolName } from './layout.ts';
import { asSpoolError } from './spool-error.ts';

/** How far a counter of the ledger has moved. The sum over all rows is the account. */
export interface LedgerRow {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly collector: string;
  /** Key of the exporter as decimal text; `0` for what cannot be given to one. */
  readonly exporter: string;
  readonly account: AccountName;
  /** What came on top since the row before. */
  readonly count: number;
}

let sequence = 0;

/** `2026-11-20 22:15:01.123`: how ClickHouse reads a DateTime64(3) in UTC. */
export function clickhouseTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

function writeRows(dir: string, folder: string, writer: string, lines: readonly string[]): void {
  const path = join(dir, folder, spoolName(Date.now(), `${writer}-${process.pid}`, sequence++));
  try {
    writeFileSync(`${path}.tmp`, `${lines.join('\n')}\n`);
    renameSync(`${path}.tmp`, `${path}.jsonl`);
  } catch (error) {
    throw asSpoolError(error, `write ${path}`);
  }
}

/** Rows of a dimension, for the store to take in. `writer` is unique among the processes that write here. Throws SpoolError. */
export function writeDimension<D extends DimensionName>(
  dir: string,
  writer: string,
  dimension: D,
  rows: readonly DimensionRow<D>[],
): void {
  if (rows.length === 0) return;
  const times = Object.entries(DIMENSIONS[dimension].attributes)
    .filter(([, attribute]) => attribute.type.startsWith('DateTime64'))
    .map(([name]) => name);
  const lines = rows.map((row) => {
    const out: Record<string, unknown> = { ...row };
    for (const name of times) if (typeof out[name] === 'number') out[name] = clickhouseTime(out[name]);
    return JSON.stringify(out);
  });
  writeRows(dir, dimensionFolder(dimension), writer, lines);
}

/** Rows of the ledger, for the store to take in. Throws SpoolError. */
export function writeLedger(dir: string, writer: string, rows: readonly LedgerRow[]): void {
  if (rows.length === 0) return;
  const lines = rows.map((row) => JSON.stringify({ ...row, time: clickhouseTime(row.time) }));
  writeRows(dir, LEDGER, writer, lines);
}
