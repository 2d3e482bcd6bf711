// How much waits for a consumer, and keeping it under its cap by dropping the oldest flows, which are counted.
import { join } from 'node:path';
import { SpoolError } from '../errors.ts';
import { filesIn, sizeOf, tryRename, tryUnlink } from '../files.ts';
import { consumerFolders, DIMENSION_NAMES } from '../layout.ts';
import { type Manifest, readManifest } from '../manifest.ts';

export interface Backlog {
  /** Files of flows that the destination has not acknowledged. */
  readonly files: number;
  /** Bytes of these files and of rows that wait. Consumers share what waits for several of them. */
  readonly bytes: number;
  /** Name of the oldest file; undefined when none waits. */
  readonly oldest: string | undefined;
  /** And of the newest. */
  readonly newest: string | undefined;
}

/** What waits for a consumer. Throws SpoolError when the directory cannot be read; one that is not there is empty. */
export function backlogOf(dir: string, consumer: string): Backlog {
  const { flows, ledger, dimension } = consumerFolders(dir, consumer);
  let bytes = 0;
  let files = 0;
  let oldest: string | undefined;
  let newest: string | undefined;
  for (const file of filesIn(flows)) {
    const name = /^(.+)\.(?:native|claimed)$/.exec(file)?.[1];
    if (name === undefined) continue;
    bytes += sizeOf(join(flows, file));
    files++;
    if (oldest === undefined || name < oldest) oldest = name;
    if (newest === undefined || name > newest) newest = name;
  }
  for (const folder of [ledger, ...DIMENSION_NAMES.map(dimension)]) {
    for (const file of filesIn(folder)) bytes += sizeOf(join(folder, file));
  }
  return { files, bytes, oldest, newest };
}

/** Of files dropped and counted, whose consumer does not look at its directory: of more nobody will ever ask. */
const COUNTED_KEPT = 1000;

/** Counts the flows of a dropped file, once, before it is removed. */
export type CountDropped = (name: string, manifest: Manifest) => void;

/**
 * Drops the oldest files of flows until what waits takes at most `capBytes`. Files that the consumer has claimed stay. Each is counted
 * before it is removed; what a process that was killed had not counted yet is counted now. What is left of it tells the consumer that nobody
 * else removed it. Answers the flows dropped. Throws SpoolError.
 */
export function enforceCap(dir: string, consumer: string, capBytes: number, count: CountDropped): number {
  const { flows } = consumerFolders(dir, consumer);
  let rows = 0;
  for (const file of filesIn(flows)) {
    const name = /^(.+)\.dropped$/.exec(file)?.[1];
    if (name !== undefined) rows += finish(flows, name, count);
  }
  let { bytes } = backlogOf(dir, consumer);
  if (bytes <= capBytes) return rows;
  const waiting = filesIn(flows).filter((file) => file.endsWith('.native'));
  for (const file of waiting.sort()) {
    if (bytes <= capBytes) break;
    const name = file.slice(0, -'.native'.length);
    const path = join(flows, name);
    const size = sizeOf(`${path}.native`);
    // The consumer may claim it at this moment: the rename decides who has it.
    if (!tryRename(`${path}.native`, `${path}.dropped`)) continue;
    rows += finish(flows, name, count);
    bytes -= size;
  }
  const counted = filesIn(flows).filter((file) => file.endsWith('.counted'));
  for (const file of counted.sort().slice(0, -COUNTED_KEPT)) tryUnlink(join(flows, file));
  return rows;
}

/**
 * Removes the oldest files of dimensions' rows that wait for a consumer until those that are left take at most `capBytes`. What they name
 * has no name there then until it is announced again. Answers how many files. Throws SpoolError.
 */
export function dropRows(dir: string, consumer: string, capBytes: number): number {
  const { dimension } = consumerFolders(dir, consumer);
  const waiting = DIMENSION_NAMES.flatMap((name) =>
    filesIn(dimension(name))
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => ({ file, path: join(dimension(name), file), bytes: sizeOf(join(dimension(name), file)) })),
  ).sort((a, b) => (a.file < b.file ? -1 : 1));
  let bytes = waiting.reduce((sum, file) => sum + file.bytes, 0);
  let dropped = 0;
  for (const file of waiting) {
    if (bytes <= capBytes) break;
    tryUnlink(file.path);
    bytes -= file.bytes;
    dropped++;
  }
  return dropped;
}

function finish(flows: string, name: string, count: CountDropped): number {
  const path = join(flows, name);
  let rows = 0;
  try {
    const manifest = readManifest(`${path}.json`, name);
    count(name, manifest);
    rows = manifest.rows;
  } catch (error) {
    // Without its manifest nobody can say whose flows they were.
    if (!(error instanceof SpoolError) || !error.permanent) throw error;
  }
  tryUnlink(`${path}.dropped`);
  tryRename(`${path}.json`, `${path}.counted`);
  return rows;
}
