// Reading row files: of the ledger, line by line and only what is a row.
import { readFileSync } from 'node:fs';
import { ACCOUNTS } from '@weir/record';
import { asSpoolError } from '../errors.ts';
import type { LedgerLine } from './write.ts';

function isLedgerLine(value: unknown): value is LedgerLine {
  if (typeof value !== 'object' || value === null) return false;
  const { time, collector, consumer, exporter, account, count } = value as Record<string, unknown>;
  return (
    typeof time === 'string' &&
    typeof collector === 'string' &&
    (consumer === undefined || typeof consumer === 'string') &&
    /^\d{1,20}$/.test(String(exporter)) &&
    typeof account === 'string' &&
    Object.hasOwn(ACCOUNTS, account) &&
    Number.isSafeInteger(count)
  );
}

/** The rows of a ledger file; undefined when it cannot be understood. Throws SpoolError when it cannot be read. */
export function readLedger(path: string): LedgerLine[] | undefined {
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
    return rows.every(isLedgerLine) ? rows : undefined;
  } catch {
    return undefined;
  }
}
