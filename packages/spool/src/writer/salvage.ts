// What a writer that was killed left half written: the blocks that are whole become a complete file, and only what is cut or was never
// written is lost. What the kernel took is there after a kill; after a loss of power nobody knows what is.
import { closeSync, openSync, readSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, FlowBatch } from '@weir/record';
import { FlowCounts } from '../counts.ts';
import { asSpoolError, SpoolError } from '../errors.ts';
import { filesIn, sizeOf, tryUnlink } from '../files.ts';
import { FILE_MODE, spoolFolders } from '../layout.ts';
import { type BlockSize, manifestText, type OpenManifest, readOpenManifest } from '../manifest.ts';
import { blockRows, readBlock } from '../native/read.ts';
import { nativeColumn } from '../native/write.ts';

/** The longest block that is believed: 74,000 rows with every column there is take about 40 MB. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
const USUAL_BLOCK_BYTES = 4 * 1024 * 1024;

const ENDINGS = ['.tmp', '.native', '.json', '.json.tmp'] as const;

/** Names of files that were being written or are complete but not handed over, oldest first. Throws SpoolError. */
export function leftIn(dir: string): string[] {
  const names = filesIn(spoolFolders(dir).writing).flatMap((file) => {
    const match = /^(.+?)\.(?:tmp|native|json|json\.tmp)$/.exec(file);
    return match === null ? [] : [match[1]];
  });
  return [...new Set(names)].sort();
}

/** Removes what there is of a file in `writing`. Throws SpoolError. */
export function discard(dir: string, name: string): void {
  const path = join(spoolFolders(dir).writing, name);
  for (const ending of ENDINGS) tryUnlink(path + ending);
}

/**
 * Completes the file of that name in `writing`, as far as it is whole. Answers its manifest, which may be sealed already; undefined when
 * nothing of it can be used, which is removed then. Only for files whose writer is gone, and which no loss of power has touched. Throws
 * SpoolError where the file system refuses.
 */
export function salvage(dir: string, name: string): OpenManifest | undefined {
  const path = join(spoolFolders(dir).writing, name);
  try {
    if (sizeOf(`${path}.native`) > 0) return complete(path, name) ?? rebuild(dir, path, name, '.native');
    const known = complete(path, name);
    if (known !== undefined) {
      renameSync(`${path}.tmp`, `${path}.native`);
      return known;
    }
    if (sizeOf(`${path}.tmp`) > 0) return rebuild(dir, path, name, '.tmp');
    discard(dir, name);
    return undefined;
  } catch (error) {
    throw asSpoolError(error, `salvage ${path}`);
  }
}

/** The manifest that was written already, if it fits the data's length: the writer was killed just before or after its last rename. */
function complete(path: string, name: string): OpenManifest | undefined {
  try {
    const manifest = readOpenManifest(`${path}.json`, name);
    const size = sizeOf(`${path}.native`) || sizeOf(`${path}.tmp`);
    return size === manifest.bytes ? manifest : undefined;
  } catch (error) {
    if (error instanceof SpoolError && error.permanent) return undefined;
    throw error;
  }
}

/** Takes the blocks that are whole, makes a manifest for them and completes the file. */
function rebuild(dir: string, path: string, name: string, ending: '.tmp' | '.native'): OpenManifest | undefined {
  const found = wholeBlocks(path + ending);
  if (found.counts.rows === 0) {
    discard(dir, name);
    return undefined;
  }
  truncateSync(path + ending, found.bytes);
  const manifest: OpenManifest = {
    version: 2,
    name,
    rows: found.counts.rows,
    bytes: found.bytes,
    columns: FIELDS.filter((field) => field.core || found.columns[field.index]).map(nativeColumn),
    exporters: found.counts.exporters(),
    spans: found.counts.spans(),
    blocks: found.blocks,
  };
  writeFileSync(`${path}.json`, manifestText(manifest), { mode: FILE_MODE });
  if (ending === '.tmp') renameSync(`${path}.tmp`, `${path}.native`);
  return manifest;
}

export interface FoundBlocks {
  readonly blocks: readonly BlockSize[];
  readonly bytes: number;
  readonly counts: FlowCounts;
  /** Indexed by field. */
  readonly columns: readonly boolean[];
}

/** The blocks of a file from its beginning that are whole, for a file whose manifest is lost. Throws what reading throws. */
export function wholeBlocks(path: string): FoundBlocks {
  const counts = new FlowCounts();
  const blocks: BlockSize[] = [];
  const columns = FIELDS.map(() => false);
  let bytes = 0;
  const { size } = statSync(path);
  const fd = openSync(path, 'r');
  try {
    while (bytes < size) {
      const block = nextBlock(fd, bytes, size);
      if (block === undefined) break;
      counts.add(block.batch);
      for (const field of block.batch.fields()) columns[field.index] = true;
      blocks.push([block.length, block.batch.length]);
      bytes += block.length;
    }
  } finally {
    closeSync(fd);
  }
  return { blocks, bytes, counts, columns };
}

interface ReadBlock {
  readonly length: number;
  readonly batch: FlowBatch;
}

/** The block's end is found by reading it: first as much as most blocks have, then as much as any may have. */
function nextBlock(fd: number, at: number, size: number): ReadBlock | undefined {
  for (const length of [USUAL_BLOCK_BYTES, MAX_BLOCK_BYTES]) {
    const read = parse(readAt(fd, at, Math.min(size - at, length)));
    if (read !== undefined) return read;
  }
  return undefined;
}

function parse(bytes: Buffer): ReadBlock | undefined {
  try {
    const rows = blockRows(bytes, 0);
    if (rows === 0) return undefined;
    const batch = new FlowBatch(rows);
    return { length: readBlock(bytes, 0, batch), batch };
  } catch (error) {
    if (error instanceof SpoolError) return undefined;
    throw error;
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const count = readSync(fd, bytes, read, length - read, at + read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}
