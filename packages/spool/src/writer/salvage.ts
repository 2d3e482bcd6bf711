// What a writer that was killed left half written: the blocks that are whole become a complete file, and only what is cut or was never
// written is lost. What the kernel took is there after a kill; after a loss of power the checksums tell what is.
import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FIELDS, FlowBatch } from '@weir/record';
import { CHECKSUM, Checksum } from '../checksum.ts';
import { FlowCounts } from '../counts.ts';
import { asSpoolError, SpoolError } from '../errors.ts';
import { filesIn, sizeOf, tryUnlink } from '../files.ts';
import { FILE_MODE, spoolFolders } from '../layout.ts';
import { type BlockEntry, type Manifest, manifestText, readManifest } from '../manifest.ts';
import { blockRows, readBlock } from '../native/read.ts';
import { nativeColumn } from '../native/write.ts';

/** The longest block that is believed: 74,000 rows with every column there is take about 40 MB. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
const USUAL_BLOCK_BYTES = 4 * 1024 * 1024;

/** Names of files that were being written or are complete but not handed over, oldest first. Throws SpoolError. */
export function leftIn(dir: string): string[] {
  const names = filesIn(spoolFolders(dir).writing).flatMap((file) => {
    const match = /^(.+)\.(tmp|native|blocks|json)$/.exec(file);
    return match === null ? [] : [match[1]];
  });
  return [...new Set(names)].sort();
}

/**
 * Completes the file of that name in `writing`, as far as it is whole. Answers its manifest; undefined when nothing of it can be used,
 * which is removed then. Only for files whose writer is gone. Throws SpoolError where the file system refuses.
 */
export function salvage(dir: string, name: string): Manifest | undefined {
  const path = join(spoolFolders(dir).writing, name);
  try {
    if (sizeOf(`${path}.native`) > 0) return complete(path, name) ?? rebuild(path, name, '.native');
    const known = complete(path, name);
    if (known !== undefined) {
      renameSync(`${path}.tmp`, `${path}.native`);
      tryUnlink(`${path}.blocks`);
      return known;
    }
    if (sizeOf(`${path}.tmp`) > 0) return rebuild(path, name, '.tmp');
    for (const ending of ['.tmp', '.native', '.blocks', '.json']) tryUnlink(path + ending);
    return undefined;
  } catch (error) {
    throw asSpoolError(error, `salvage ${path}`);
  }
}

/** The manifest that was written already, if it fits the data's length: the writer was killed just before or after its last rename. */
function complete(path: string, name: string): Manifest | undefined {
  try {
    const manifest = readManifest(`${path}.json`, name);
    const size = sizeOf(`${path}.native`) || sizeOf(`${path}.tmp`);
    return size === manifest.bytes ? manifest : undefined;
  } catch (error) {
    if (error instanceof SpoolError && error.permanent) return undefined;
    throw error;
  }
}

/** Takes the blocks that are whole, makes a manifest for them and completes the file. */
function rebuild(path: string, name: string, ending: '.tmp' | '.native'): Manifest | undefined {
  const found = wholeBlocks(path + ending, `${path}.blocks`);
  if (found.counts.rows === 0) {
    for (const each of ['.tmp', '.native', '.blocks', '.json']) tryUnlink(path + each);
    return undefined;
  }
  truncateSync(path + ending, found.bytes);
  const manifest: Manifest = {
    version: 2,
    name,
    rows: found.counts.rows,
    bytes: found.bytes,
    columns: FIELDS.filter((field) => field.core || found.columns[field.index]).map(nativeColumn),
    exporters: found.counts.exporters(),
    spans: found.counts.spans(),
    checksum: CHECKSUM,
    blocks: found.blocks,
  };
  writeFileSync(`${path}.json`, manifestText(manifest), { mode: FILE_MODE });
  if (ending === '.tmp') renameSync(`${path}.tmp`, `${path}.native`);
  tryUnlink(`${path}.blocks`);
  return manifest;
}

export interface FoundBlocks {
  readonly blocks: readonly BlockEntry[];
  readonly bytes: number;
  readonly counts: FlowCounts;
  /** Indexed by field. */
  readonly columns: readonly boolean[];
}

/**
 * The blocks of a file from its beginning that are whole: as its list says, where there is one, else as they stand. For a file whose manifest
 * is lost.
 */
export function wholeBlocks(path: string, listPath: string): FoundBlocks {
  const list = readList(listPath);
  const counts = new FlowCounts();
  const blocks: BlockEntry[] = [];
  const columns = FIELDS.map(() => false);
  let bytes = 0;
  const size = statSync(path).size;
  const fd = openSync(path, 'r');
  try {
    for (let index = 0; bytes < size; index++) {
      const listed = list?.[index];
      if (list !== undefined && listed === undefined) break;
      const block = listed === undefined ? nextBlock(fd, bytes, size) : listedBlock(fd, bytes, size, listed);
      if (block === undefined) break;
      counts.add(block.batch);
      for (const field of block.batch.fields()) columns[field.index] = true;
      blocks.push(block.entry);
      bytes += block.entry[0];
    }
  } finally {
    closeSync(fd);
  }
  return { blocks, bytes, counts, columns };
}

function readList(path: string): BlockEntry[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
  const entries: BlockEntry[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d{1,10}) (\d{1,7}) ([0-9a-f]{16})$/.exec(line);
    if (match === null) break;
    entries.push([Number(match[1]), Number(match[2]), match[3]]);
  }
  return entries;
}

interface ReadBlock {
  readonly entry: BlockEntry;
  readonly batch: FlowBatch;
}

function listedBlock(fd: number, at: number, size: number, entry: BlockEntry): ReadBlock | undefined {
  const [length, , sum] = entry;
  if (length > MAX_BLOCK_BYTES || at + length > size) return undefined;
  const bytes = readAt(fd, at, length);
  const checksum = new Checksum();
  checksum.update(bytes);
  if (checksum.digest() !== sum) return undefined;
  const read = parse(bytes);
  return read === undefined || read.length !== length ? undefined : { entry, batch: read.batch };
}

/** Without a list the block's end is found by reading it: first as much as most blocks have, then as much as any may have. */
function nextBlock(fd: number, at: number, size: number): ReadBlock | undefined {
  for (const length of [USUAL_BLOCK_BYTES, MAX_BLOCK_BYTES]) {
    const bytes = readAt(fd, at, Math.min(size - at, length));
    const read = parse(bytes);
    if (read === undefined) continue;
    const checksum = new Checksum();
    checksum.update(bytes.subarray(0, read.length));
    return { entry: [read.length, read.batch.length, checksum.digest()], batch: read.batch };
  }
  return undefined;
}

function parse(bytes: Buffer): { readonly length: number; readonly batch: FlowBatch } | undefined {
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
