// A lane's end of the spool: appends batches to a file and completes it when it is full or old enough. Nothing is visible to a consumer
// before the file is complete, and a complete file is never written again.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, type FlowBatch } from '@weir/record';
import { FlowCounts } from '../counts.ts';
import { asSpoolError, type ExporterRows, errno, SpoolError } from '../errors.ts';
import { keepLast } from '../files.ts';
import { FILE_MODE, makeSpool, spoolFolders } from '../layout.ts';
import { manifestText, type OpenManifest } from '../manifest.ts';
import type { NameSource } from '../names.ts';
import { nativeColumn } from '../native/write.ts';
import { OpenFile } from './open-file.ts';

export interface SpoolWriterOptions {
  /** The spool directory; made when it is not there. */
  readonly dir: string;
  readonly names: NameSource;
  /** A file is complete with this many rows; the batch that reaches it is still taken whole. Default 1,000,000. */
  readonly maxRows?: number;
  /** A file is complete this long after its first rows. Default 1,000. */
  readonly maxAgeMs?: number;
  /** Called when a file is complete: the time to count its rows as spooled. It is to be sealed and handed over then. */
  readonly onComplete?: (manifest: OpenManifest) => void;
  /** What the writer had spooled of these exporters before, for the manifest's `totals`. */
  readonly totals?: (exporters: ExporterRows) => ExporterRows;
  /** Where the manifest of the last complete file stays, for whoever accounts for a writer that was killed. */
  readonly lastManifest?: string;
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

/** Each hour of a file becomes a part of its own in the store. A clock that jumps again and again makes no more than these. */
const MAX_HOURS = 24;

export class SpoolWriter {
  readonly stats: SpoolWriterStats = { files: 0, rows: 0, bytes: 0, pendingRows: 0, failures: 0 };
  readonly #options: SpoolWriterOptions;
  readonly #folder: string;
  readonly #maxRows: number;
  readonly #maxAgeMs: number;
  #file: OpenFile | undefined;

  /** Throws SpoolError when the directory cannot be made. */
  constructor(options: SpoolWriterOptions) {
    makeSpool(options.dir);
    this.#options = options;
    this.#folder = spoolFolders(options.dir).writing;
    this.#maxRows = options.maxRows ?? 1_000_000;
    this.#maxAgeMs = options.maxAgeMs ?? 1000;
  }

  /**
   * Writes the rows of a batch. When it throws SpoolError the rows named in its `lost` are lost, of this batch or of one before, and the
   * caller counts them; all others stand.
   */
  append(batch: FlowBatch): void {
    if (batch.length === 0) return;
    const counts = new FlowCounts();
    counts.add(batch);
    let gone: SpoolError | undefined;
    try {
      if (this.#file?.full) gone = this.#completeOrLose(this.#file);
      this.#file ??= this.#open();
      this.#file.append(batch, counts);
    } catch (error) {
      this.stats.failures++;
      const file = this.#file;
      const broken = file?.broken === true ? file : undefined;
      const lost = [...(gone?.lost ?? []), ...(broken?.counts.exporters() ?? []), ...counts.exporters()];
      if (broken !== undefined) this.#abandon(broken);
      const { code, message } = asSpoolError(error, `write to the spool ${this.#folder}`);
      throw new SpoolError(code, message, lost, error);
    }
    const nowGone = this.#appended(this.#file, batch.length);
    const last = nowGone ?? gone;
    if (last !== undefined)
      throw new SpoolError(last.code, last.message, [...(gone?.lost ?? []), ...(nowGone?.lost ?? [])]);
  }

  /** Completes a full file. Answers the failure where it turned out to be gone. */
  #appended(file: OpenFile, rows: number): SpoolError | undefined {
    this.stats.pendingRows += rows;
    if (file.counts.rows < this.#maxRows && file.counts.hours < MAX_HOURS) return undefined;
    file.full = true;
    try {
      return this.#completeOrLose(file);
    } catch {
      // These rows are safe in the file: if it cannot be completed now, the next tick tries again and says so.
      this.stats.failures++;
      return undefined;
    }
  }

  /**
   * Completes the file when it is due. `now`: milliseconds of a clock that does not go back. Throws SpoolError when that fails; the rows
   * in its `lost` are lost, of others the next call tries again.
   */
  tick(now: number): void {
    const file = this.#file;
    if (file === undefined) return;
    file.openedAt ??= now;
    if (!file.full && now - file.openedAt < this.#maxAgeMs) return;
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
      if (this.#file === file) this.#abandon(file);
      throw new SpoolError(cause.code, cause.message, file.counts.exporters(), cause);
    }
  }

  #open(): OpenFile {
    const name = this.#options.names();
    try {
      return new OpenFile(this.#folder, name);
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error;
      // Somebody removed the directory.
      makeSpool(this.#options.dir);
      return new OpenFile(this.#folder, name);
    }
  }

  /** The failure of a file that turned out to be gone; others are thrown, and the file waits for the next attempt. */
  #completeOrLose(file: OpenFile): SpoolError | undefined {
    try {
      this.#complete(file);
      return undefined;
    } catch (error) {
      if (error instanceof SpoolError && error.lost.length > 0) return error;
      throw error;
    }
  }

  #complete(file: OpenFile): void {
    const path = join(this.#folder, file.name);
    const manifest = this.#manifest(file);
    const text = manifestText(manifest);
    try {
      this.#writeManifest(path, text);
      renameSync(`${path}.tmp`, `${path}.native`);
    } catch (error) {
      const lost = errno(error) === 'ENOENT' ? manifest.exporters : [];
      // Somebody removed the file: there is nothing left to complete.
      if (lost.length > 0) this.#abandon(file);
      throw asSpoolError(error, `complete ${path}`, lost);
    }
    file.close();
    this.#file = undefined;
    this.stats.files++;
    this.stats.rows += manifest.rows;
    this.stats.bytes += manifest.bytes;
    this.stats.pendingRows = 0;
    this.#options.onComplete?.(manifest);
  }

  #manifest(file: OpenFile): OpenManifest {
    const exporters = file.counts.exporters();
    const { totals } = this.#options;
    return {
      version: 2,
      name: file.name,
      rows: file.counts.rows,
      bytes: file.bytes,
      columns: FIELDS.filter((field) => file.columns[field.index]).map(nativeColumn),
      exporters,
      spans: file.counts.spans(),
      blocks: file.blocks,
      ...(totals === undefined ? {} : { totals: totals(exporters) }),
    };
  }

  #writeManifest(path: string, text: string): void {
    const write = () => writeFileSync(`${path}.json`, text, { mode: FILE_MODE });
    try {
      write();
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error;
      makeSpool(this.#options.dir);
      write();
    }
    const { lastManifest } = this.#options;
    if (lastManifest !== undefined) keepLast(`${path}.json`, lastManifest);
  }

  #abandon(file: OpenFile): void {
    this.#file = undefined;
    this.stats.pendingRows = 0;
    file.abandon();
  }
}
