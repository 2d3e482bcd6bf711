// Rows that are not flows: dimensions and the ledger. A file is JSON, one row per line, in the form that ClickHouse reads.
import { linkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccountName, DIMENSIONS, type DimensionName, type DimensionRow } from '@weir/record';
import { CHECKSUM, textChecksum } from '../checksum.ts';
import { asSpoolError, errno, SpoolError } from '../errors.ts';
import { keepLast, tryUnlink, writeWhole } from '../files.ts';
import { consumerFolders, FILE_MODE, makeConsumer, makeSpool, STORE, spoolFolders } from '../layout.ts';
import { RecentFiles } from './recent-files.ts';

/** How far a counter of the ledger has moved. The sum over all rows is the account. */
export interface LedgerRow {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly collector: string;
  /** The consumer that it is about; empty for what collectors count. */
  readonly consumer?: string;
  /** Key of the exporter as decimal text; `0` for what cannot be given to one. */
  readonly exporter: string;
  readonly account: AccountName;
  /** What came on top since the row before. */
  readonly count: number;
  /** Of which counter of the collector, for whoever accounts for a collector that was killed. */
  readonly counter?: CounterReading;
}

/** A counter in a lane's memory, and what it had reached when a row told of it. */
export interface CounterReading {
  readonly lane: number;
  readonly slot: number;
  /** Which exporter's the slot was: rises each time it is taken. */
  readonly use: number;
  readonly total: number;
}

/** A row as a file has it. `source` is the file's name: a file counts once, however often it is read. */
export type LedgerLine = Omit<LedgerRow, 'time'> & { readonly time: string; readonly source: string };

/** `2026-11-20 22:15:01.123`: how ClickHouse reads a DateTime64(3) in UTC. */
export function clickhouseTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

/** Name of the ledger rows that tell what became of a file for a consumer: a file ends once for each, whoever says so. */
export const endOf = (consumer: string, name: string): string => `end-${consumer}-${name}`;

/** Where rows lie until the file is whole. */
export function rowsBeingWritten(dir: string, name: string): string {
  return join(spoolFolders(dir).writing, `${name}.rows`);
}

/** Writes the file, then has `place` put it where it is seen. Folders of `consumers` that somebody removed are made again, once. */
function write(
  dir: string,
  name: string,
  lines: readonly string[],
  consumers: readonly string[],
  place: (path: string) => void,
): void {
  const path = rowsBeingWritten(dir, name);
  const attempt = () => {
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: FILE_MODE });
    place(path);
  };
  try {
    try {
      attempt();
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error;
      makeSpool(dir);
      for (const consumer of consumers) makeConsumer(dir, consumer);
      attempt();
    }
  } catch (error) {
    throw asSpoolError(error, `write ${path}`);
  }
}

/**
 * Writes rows of a dimension for each of the consumers to take in. `name`: of the file, never used before. Throws SpoolError.
 */
export function writeDimension<D extends DimensionName>(
  dir: string,
  consumers: readonly string[],
  name: string,
  dimension: D,
  rows: readonly DimensionRow<D>[],
): void {
  if (rows.length === 0 || consumers.length === 0) return;
  const times = Object.entries(DIMENSIONS[dimension].attributes)
    .filter(([, attribute]) => attribute.type.startsWith('DateTime64'))
    .map(([attribute]) => attribute);
  const lines = rows.map((row) => {
    const out: Record<string, unknown> = { ...row };
    for (const time of times) if (typeof out[time] === 'number') out[time] = clickhouseTime(out[time]);
    return JSON.stringify(out);
  });
  write(dir, name, lines, consumers, (path) => {
    for (const consumer of consumers) {
      const target = join(consumerFolders(dir, consumer).dimension(dimension), `${name}.jsonl`);
      try {
        linkSync(path, target);
      } catch (error) {
        if (errno(error) !== 'EEXIST') throw error;
      }
    }
    tryUnlink(path);
  });
}

/** First line of a ledger file: the checksum of what follows. */
export const ledgerHead = (body: string): string => `#${CHECKSUM} ${textChecksum(body)}`;

/**
 * Writes rows of the ledger for the store to take in. `name`: of the file; the same name again counts nothing. `last`: where a link to the
 * newest file stays. Throws SpoolError; nothing was told then.
 */
export function writeLedger(dir: string, name: string, rows: readonly LedgerRow[], last?: string): void {
  if (rows.length === 0) return;
  const body = rows
    .map((row) => JSON.stringify({ ...row, time: clickhouseTime(row.time), source: name } satisfies LedgerLine))
    .join('\n');
  const lines = [ledgerHead(body), body];
  write(dir, name, lines, [STORE], (path) => {
    if (last !== undefined) keepLast(path, last);
    renameSync(path, join(consumerFolders(dir, STORE).ledger, `${name}.jsonl`));
  });
  const text = `${lines.join('\n')}\n`;
  writeAgain(dir, name, text);
  for (const again of recentOf(dir).written(name, text)) writeAgain(dir, again.name, again.text);
}

const recent = new Map<string, RecentFiles>();

function recentOf(dir: string): RecentFiles {
  const of = recent.get(dir) ?? new RecentFiles(consumerFolders(dir, STORE).ledger);
  recent.set(dir, of);
  return of;
}

/** Writes the copy of a file. It may be taken in already: the copy counts nothing then. Without a copy the file counts as well. */
function writeAgain(dir: string, name: string, text: string): void {
  try {
    writeWhole(join(consumerFolders(dir, STORE).ledgerCopy, `${name}.jsonl`), text);
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
  }
}
