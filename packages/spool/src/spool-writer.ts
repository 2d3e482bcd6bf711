// A lane's end of the spool: appends batches to a file and completes it when it is full or old enough. Nothing is visible to
// the store before the file is complete, and a complete file is never written again.
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { FIELDS, type FlowBatch } from '@weir/record';
import { ExporterCounts } from './exporter-counts.ts';
import { FLOWS, makeSpool, spoolName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { nativeBlock, nativeColumn } from './native.ts';
import { asSpoolError, SpoolError } from './spool-error.ts';

export interface SpoolWriterOptions {
  /** The spool directory; made when it is not there. */
  readonly dir: string;
  /** Unique among all writers there ever were in this directory: a lane's number and its start time, say. */
  readonly writer: string;
  /** A file is complete with this many rows; the batch that reaches it is still taken whole. Default 1,000,000. */
  readonly maxRows?: number;
  /** A file is complete this long after its first rows. Default 1,000. */
  readonly maxAgeMs?: number;
  /** Force each file to the disk before it counts as complete: survives power loss, costs a disk flush a file. Default false. */
  readonly fsync?: boolean;
  /** Called when a file is complete: the time to count its rows as spooled. */
  readonly onComplete?: (manifest: Manifest) => void;
}

export interface SpoolWriterStats {
  /** Files completed, and rows and bytes in them. */
  files: number;
  rows: number;
  bytes: number;
  /** Rows in the file being written: neither spooled nor lost yet. */
  pendingRows: number;
  failures: number;
}

interface OpenFile {
  readonly fd: number;
  readonly name: string;
  readonly counts: ExporterCounts;
  /** Indexed by field: whether a block has the column. */
  readonly columns: boolean[];
  bytes: number;
  /** From the first tick after it was opened; 0 before. */
  openedAt: number;
  /** Full: complete it before anything else is written. */
  full: boolean;
  /** A broken block could not be cut off: the file is gone and its rows with it. */
  broken: boolean;
}

export class SpoolWriter {
  readonly stats: SpoolWriterStats = { files: 0, rows: 0, bytes: 0, pendingRows: 0, failures: 0 };
  readonly #flows: string;
  readonly #writer: string;
  readonly #maxRows: number;
  readonly #maxAgeMs: number;
  readonly #fsync: boolean;
  readonly #onComplete: (manifest: Manifest) => void;
  #sequence = 0;
  #file: OpenFile | undefined;

  /** Throws SpoolError when the directory cannot be made. */
  constructor(options: SpoolWriterOptions) {
    makeSpool(options.dir);
    this.#flows = join(options.dir, FLOWS);
    this.#writer = options.writer;
    this.#maxRows = options.maxRows ?? 1_000_000;
    this.#maxAgeMs = options.maxAgeMs ?? 1000;
    this.#fsync = options.fsync ?? false;
    this.#onComplete = options.onComplete ?? (() => {});
  }

  /**
   * Writes the rows of a batch. When it throws SpoolError the rows named in its `lost` are lost and the caller counts
   * them; everything appended before stands.
   */
  append(batch: FlowBatch): void {
    if (batch.length === 0) return;
    const counts = new ExporterCounts();
    counts.add(batch);
    let file: OpenFile | undefined;
    try {
      if (this.#file?.full) this.#complete(this.#file);
      this.#file ??= this.#open(counts.firstReceived);
      file = this.#file;
      this.#write(file, nativeBlock(batch));
    } catch (error) {
      this.stats.failures++;
      if (file?.broken) counts.merge(file.counts);
      const { code, message } = asSpoolError(error, `write to the spool ${this.#flows}`);
      throw new SpoolError(code, message, counts.list(), error);
    }
    file.counts.merge(counts);
    for (const field of batch.fields()) file.columns[field.index] = true;
    this.stats.pendingRows += batch.length;
    if (file.counts.rows < this.#maxRows) return;
    file.full = true;
    // These rows are safe in the file: if it cannot be completed now, the next tick tries again.
    this.#tryComplete(file);
  }

  /**
   * Completes the file when it is due. `nowMs` is any clock that does not go back. Throws SpoolError when that fails; no rows
   * are lost and the next call tries again.
   */
  tick(nowMs: number): void {
    const file = this.#file;
    if (file === undefined) return;
    if (file.openedAt === 0) file.openedAt = nowMs;
    if (!file.full && nowMs - file.openedAt < this.#maxAgeMs) return;
    file.full = true;
    this.#complete(file);
  }

  /** Completes what is open. Throws SpoolError with the rows that are then lost. */
  close(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      this.#complete(file);
    } catch (error) {
      const cause = asSpoolError(error, `complete ${file.name}`);
      this.#abandon(file);
      throw new SpoolError(cause.code, cause.message, file.counts.list(), cause);
    }
  }

  #open(firstReceived: number): OpenFile {
    const name = spoolName(firstReceived, this.#writer, this.#sequence++);
    const fd = openSync(join(this.#flows, `${name}.tmp`), 'wx');
    const columns = FIELDS.map((field) => field.core);
    return { fd, name, counts: new ExporterCounts(), columns, bytes: 0, openedAt: 0, full: false, broken: false };
  }

  /** Writes all parts or none: after a failure the file is cut back to the blocks before. */
  #write(file: OpenFile, parts: NodeJS.ArrayBufferView[]): void {
    let total = 0;
    for (const part of parts) total += part.byteLength;
    try {
      let rest: NodeJS.ArrayBufferView[] = parts;
      let written = 0;
      while (written < total) {
        const count = writevSync(file.fd, rest, file.bytes + written);
        written += count;
        if (written < total) rest = skipBytes(rest, count);
      }
      file.bytes += total;
    } catch (error) {
      try {
        ftruncateSync(file.fd, file.bytes);
      } catch {
        // The blocks before cannot be told from the broken one any more.
        file.broken = true;
        this.#abandon(file);
      }
      throw error;
    }
  }

  #tryComplete(file: OpenFile): void {
    try {
      this.#complete(file);
    } catch {
      this.stats.failures++;
    }
  }

  #complete(file: OpenFile): void {
    const path = join(this.#flows, file.name);
    const manifest: Manifest = {
      rows: file.counts.rows,
      bytes: file.bytes,
      columns: FIELDS.filter((field) => file.columns[field.index]).map(nativeColumn),
      exporters: file.counts.list(),
      firstReceived: file.counts.firstReceived,
      lastReceived: file.counts.lastReceived,
    };
    if (manifest.rows === 0) {
      this.#abandon(file);
      return;
    }
    try {
      if (this.#fsync) fsyncSync(file.fd);
      writeFileSync(`${path}.json`, JSON.stringify(manifest), { flush: this.#fsync });
      renameSync(`${path}.tmp`, `${path}.native`);
      if (this.#fsync) this.#syncFolder();
    } catch (error) {
      throw asSpoolError(error, `complete ${path}`);
    }
    closeSync(file.fd);
    this.#file = undefined;
    this.stats.files++;
    this.stats.rows += manifest.rows;
    this.stats.bytes += manifest.bytes;
    this.stats.pendingRows = 0;
    this.#onComplete(manifest);
  }

  /** A rename is on the disk only when its folder is. */
  #syncFolder(): void {
    const fd = openSync(this.#flows, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  #abandon(file: OpenFile): void {
    this.#file = undefined;
    this.stats.pendingRows = 0;
    closeSync(file.fd);
    try {
      unlinkSync(join(this.#flows, `${file.name}.tmp`));
    } catch {
      // A leftover is removed at the next start.
    }
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
