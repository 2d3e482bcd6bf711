// A spool file while it is written: blocks, one after the other.
import { closeSync, ftruncateSync, openSync, unlinkSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, type FlowBatch } from '@weir/record';
import { FlowCounts } from '../counts.ts';
import { FILE_MODE } from '../layout.ts';
import type { BlockSize } from '../manifest.ts';
import { nativeBlock } from '../native/write.ts';

export class OpenFile {
  readonly name: string;
  readonly counts = new FlowCounts();
  readonly blocks: BlockSize[] = [];
  /** Indexed by field: whether a block has the column. */
  readonly columns: boolean[] = FIELDS.map((field) => field.core);
  bytes = 0;
  /** From the first tick after it was opened; undefined before. */
  openedAt: number | undefined;
  /** Complete it before anything else is written. */
  full = false;
  /** A broken block could not be cut off: the file is no use and its rows are lost with it. */
  broken = false;
  readonly #path: string;
  readonly #fd: number;

  /** Throws what opening a file throws. */
  constructor(folder: string, name: string) {
    this.name = name;
    this.#path = join(folder, name);
    this.#fd = openSync(`${this.#path}.tmp`, 'wx', FILE_MODE);
  }

  /** Writes the rows of a batch as one block, all of it or nothing. `counts`: of these rows. Throws what writing throws. */
  append(batch: FlowBatch, counts: FlowCounts): void {
    const parts: NodeJS.ArrayBufferView[] = nativeBlock(batch);
    let bytes = 0;
    for (const part of parts) bytes += part.byteLength;
    try {
      writeAll(this.#fd, parts, this.bytes, bytes);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.bytes += bytes;
    this.blocks.push([bytes, batch.length]);
    this.counts.merge(counts);
    for (const field of batch.fields()) this.columns[field.index] = true;
  }

  /** To the end of the block before. */
  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.bytes);
    } catch {
      this.broken = true;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Closes it and removes what there is of it; a leftover is looked at after the next start. */
  abandon(): void {
    this.close();
    for (const ending of ['.tmp', '.json']) {
      try {
        unlinkSync(this.#path + ending);
      } catch {
        // Gone already, or the folder cannot be written.
      }
    }
  }
}

function writeAll(fd: number, parts: readonly NodeJS.ArrayBufferView[], at: number, total: number): void {
  let rest = parts;
  for (let written = 0; written < total; ) {
    const count = writevSync(fd, rest, at + written);
    written += count;
    if (written < total) rest = skipBytes(rest, count);
  }
}

/** The parts without their first `count` bytes. */
function skipBytes(parts: readonly NodeJS.ArrayBufferView[], count: number): NodeJS.ArrayBufferView[] {
  const rest: NodeJS.ArrayBufferView[] = [];
  for (const part of parts) {
    if (count >= part.byteLength) {
      count -= part.byteLength;
      continue;
    }
    rest.push(new Uint8Array(part.buffer, part.byteOffset + count, part.byteLength - count));
    count = 0;
  }
  return rest;
}
