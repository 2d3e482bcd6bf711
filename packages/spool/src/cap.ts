// How much waits in the spool, and keeping it under a cap by dropping the oldest flows, which are counted.
import { join } from 'node:path';
import {
  DIMENSION_NAMES,
  dimensionFolder,
  FLOWS,
  LEDGER,
  namesIn,
  parseSpoolName,
  sizeOf,
  tryRename,
  tryUnlink,
} from './layout.ts';
import { type Manifest, readManifest } from './manifest.ts';

export interface SpoolUsage {
  /** Complete files of flows that the store has not acknowledged. */
  readonly files: number;
  /** Bytes of all files: flows complete or being written, dimensions, ledger. */
  readonly bytes: number;
  /** When the oldest complete file was begun, milliseconds since 1970; undefined when none waits. */
  readonly oldest: number | undefined;
}

/** Throws SpoolError when the directory cannot be read; one that is not there is empty. */
export function spoolUsage(dir: string): SpoolUsage {
  let bytes = 0;
  let files = 0;
  let oldest: string | undefined;
  for (const ending of ['.native', '.loading', '.tmp']) {
    for (const name of namesIn(dir, FLOWS, ending)) {
      bytes += sizeOf(join(dir, FLOWS, name + ending));
      if (ending === '.tmp') continue;
      files++;
      if (oldest === undefined || name < oldest) oldest = name;
    }
  }
  for (const folder of [LEDGER, ...DIMENSION_NAMES.map(dimensionFolder)]) {
    for (const name of namesIn(dir, folder, '.jsonl')) bytes += sizeOf(join(dir, folder, `${name}.jsonl`));
  }
  return { files, bytes, oldest: oldest === undefined ? undefined : parseSpoolName(oldest)?.firstReceived };
}

/**
 * Drops the oldest files of flows until the spool takes at most `capBytes`. Files that the store has claimed stay. Returns the
 * manifests of what was dropped, whose rows the caller counts as `flows_spool_cap`. Throws SpoolError.
 */
export function enforceCap(dir: string, capBytes: number): Manifest[] {
  let { bytes } = spoolUsage(dir);
  if (bytes <= capBytes) return [];
  const dropped: Manifest[] = [];
  for (const name of namesIn(dir, FLOWS, '.native')) {
    if (bytes <= capBytes) break;
    const base = join(dir, FLOWS, name);
    const size = sizeOf(`${base}.native`);
    // The store may claim it at this moment: the rename decides who has it. `.tmp` is removed at the next start if we die here.
    if (!tryRename(`${base}.native`, `${base}.dropped.tmp`)) continue;
    dropped.push(readManifest(`${base}.json`));
    tryUnlink(`${base}.dropped.tmp`);
    tryUnlink(`${base}.json`);
    bytes -= size;
  }
  return dropped;
}
