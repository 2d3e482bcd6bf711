// Reading row files: of the ledger, line by line and only what is a row.
import { readFileSync } from 'node:fs';
import { ACCOUNTS } from '@weir/record';
import { asSpoolError, errno } from '../errors.ts';
import { type LedgerLine, ledgerHead } from './write.ts';

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

/** The rows of a ledger file; undefined when it is gone, or not what was written. Throws SpoolError when it cannot be read. */
export function readLedger(path: string): LedgerLine[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    throw asSpoolError(error, `read ${path}`);
  }
  try {
    const rows = bodyOf(text)
      ?.split('\n')
      .map((line): unknown => JSON.parse(line));
    return rows?.every(isLedgerLine) ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** The rows as they were written; undefined when they are not. A version before this one wrote no checksum. */
function bodyOf(text: string): string | undefined {
  if (!text.endsWith('\n')) return undefined;
  if (text.startsWith('{')) return text.slice(0, -1);
  const end = text.indexOf('\n');
  const body = text.slice(end + 1, -1);
  return text.slice(0, end) === ledgerHead(body) ? body : undefined;
}
