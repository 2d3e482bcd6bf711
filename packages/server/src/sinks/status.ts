// What each sink tells of itself, once a second, in `<spool>/status/consumer-<name>.json`, and what is known of names beside them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES_CONSUMER, type NamesHealth, type SinkHealth } from '@weir/sinks';
import { makeSpool, namesIn, SpoolError, spoolFolders, tryUnlink, writeWhole } from '@weir/spool';
import { CONSUMER_STATUS, STATUS_STALE_MS } from '../status.ts';

interface Written {
  /** When this was written, in milliseconds since 1970. */
  readonly time: number;
  readonly pid: number;
}

export type SinkStatus = SinkHealth & Written;
export type NamesStatus = NamesHealth & Written;

const pathOf = (spoolDir: string, name: string): string =>
  join(spoolFolders(spoolDir).status, `${CONSUMER_STATUS}${name}.json`);

/** Puts a status in place in one step. Throws SpoolError. */
export function writeConsumerStatus(spoolDir: string, name: string, status: SinkStatus | NamesStatus): void {
  const text = JSON.stringify(status);
  try {
    writeWhole(pathOf(spoolDir, name), text);
  } catch (error) {
    if (!(error instanceof SpoolError) || error.code !== 'missing') throw error;
    // Somebody removed the folder.
    makeSpool(spoolDir);
    writeWhole(pathOf(spoolDir, name), text);
  }
}

/** Removes statuses of consumers that are not among these. Throws SpoolError. */
export function removeOtherStatuses(spoolDir: string, names: readonly string[]): void {
  for (const name of statusNames(spoolDir)) if (!names.includes(name)) tryUnlink(pathOf(spoolDir, name));
}

/** The last status of every sink, that of one that is not running among them. */
export function readSinkStatuses(spoolDir: string): SinkStatus[] {
  return statusNames(spoolDir).flatMap((name) => {
    if (name === NAMES_CONSUMER) return [];
    const status = read<SinkStatus>(pathOf(spoolDir, name));
    return status === undefined ? [] : [status];
  });
}

/** What the sinks know of names; undefined where there are no sinks. */
export function readNamesStatus(spoolDir: string): NamesStatus | undefined {
  return read<NamesStatus>(pathOf(spoolDir, NAMES_CONSUMER));
}

/** What is wrong with sinks, as sentences that name the sink and what to do. None is a reason for Weir not to be ready. */
export function sinkProblems(statuses: readonly SinkStatus[], now: number): string[] {
  return statuses.flatMap((status) => {
    const called = `the sink "${status.name}"`;
    if (now - status.time > STATUS_STALE_MS)
      return [`${called} has not told of itself: its process does not run or hangs`];
    const { state, reason = '', backlog, aside } = status;
    const problems: string[] = [];
    if (state === 'retrying') problems.push(`${called} does not take flows: ${reason} (${backlog.files} files wait)`);
    const [newest] = aside.files.slice(-1);
    if (newest !== undefined) {
      const count = aside.count === 1 ? 'a file' : `${aside.count} files`;
      problems.push(`${called} could not use ${count}, set aside in the spool: ${newest.reason}`);
    }
    return problems;
  });
}

function statusNames(spoolDir: string): string[] {
  return namesIn(spoolFolders(spoolDir).status, '.json').flatMap((file) =>
    file.startsWith(CONSUMER_STATUS) ? [file.slice(CONSUMER_STATUS.length)] : [],
  );
}

function read<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
