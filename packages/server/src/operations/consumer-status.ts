// What each consumer of the spool (the store, each sink) tells of itself, once a second, in `<spool>/status/consumer-<name>.json`, and what
// the sinks know of names beside them. Whoever answers for Weir reads these files, and asks no consumer.
import { join } from 'node:path';
import type { NamesHealth } from '@weir/sinks';
import {
  type ConsumerHealth,
  makeSpool,
  namesIn,
  type SetAsideList,
  SpoolError,
  STORE,
  spoolFolders,
  tryUnlink,
  writeWhole,
} from '@weir/spool';
import { NAMES } from '../collect/consumers.ts';
import { CONSUMER_STATUS } from '../status.ts';

interface Written {
  /** When this was written, in milliseconds since 1970. For people: whether it is still written is seen from the file changing. */
  readonly time: number;
  readonly pid: number;
}

export interface ConsumerStatus extends ConsumerHealth, Written {
  /** `store`, or the type of the sink. */
  readonly type: string;
  /** What the destination of a sink tells. */
  readonly destination?: object;
}

export interface NamesStatus extends NamesHealth, Written {
  /** Files of names that cannot be used. */
  readonly aside: SetAsideList;
}

/** A status, and for how long its file has been as it is, in milliseconds. */
export interface Told<T> {
  readonly status: T;
  readonly ageMs: number;
}

export const consumerStatusPath = (spoolDir: string, name: string): string =>
  join(spoolFolders(spoolDir).status, `${CONSUMER_STATUS}${name}.json`);

/** Name of the consumer whose status lies in a file; undefined for what is none. */
export function consumerOfStatus(file: string): string | undefined {
  if (!file.startsWith(CONSUMER_STATUS) || !file.endsWith('.json')) return undefined;
  return file.slice(CONSUMER_STATUS.length, -'.json'.length);
}

/** Whether what was read has what everyone looks at: anything may lie in the folder. */
export function isWhole(status: Partial<ConsumerStatus & NamesStatus> | null | undefined): boolean {
  if (typeof status !== 'object' || status === null || status.aside?.files === undefined) return false;
  const { forgotten, stats, backlog } = status;
  return forgotten !== undefined || (stats !== undefined && backlog !== undefined);
}

/** Puts a status in place in one step. Throws SpoolError. */
export function writeConsumerStatus(spoolDir: string, name: string, status: ConsumerStatus | NamesStatus): void {
  const path = consumerStatusPath(spoolDir, name);
  const text = JSON.stringify(status);
  try {
    writeWhole(path, text);
  } catch (error) {
    if (!(error instanceof SpoolError) || error.code !== 'missing') throw error;
    // Somebody removed the folder.
    makeSpool(spoolDir);
    writeWhole(path, text);
  }
}

/** Removes statuses of sinks, and of names, that are not among these. Throws SpoolError. */
export function removeOtherStatuses(spoolDir: string, names: readonly string[]): void {
  for (const file of namesIn(spoolFolders(spoolDir).status, '.json')) {
    const name = consumerOfStatus(`${file}.json`);
    if (name !== undefined && name !== STORE && !names.includes(name)) tryUnlink(consumerStatusPath(spoolDir, name));
  }
}

/** Whether a consumer takes no flows: its status is a NamesStatus. */
export const isNames = (name: string): boolean => name === NAMES;
