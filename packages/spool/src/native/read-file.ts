// Reading the flows of a whole spool file, block by block, for consumers that look at each flow. One block is in memory at a time.
import { type FileHandle, open } from 'node:fs/promises';
import { FIELD, FlowBatch, isFieldName, KINDS } from '@weir/record';
import { asSpoolError, SpoolError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { blockRows, readBlock } from './read.ts';

export class FileReader {
  /** Kept from file to file, and made larger where a block needs it. */
  #bytes = Buffer.alloc(0);
  #batch = new FlowBatch(0);

  /**
   * The file's flows, as batches. Each is the same object: it is valid until the next is asked for. The file must be what its manifest
   * says (`verifyFile`). Throws SpoolError: `other_schema` before the first batch for columns that the catalogue does not have,
   * `damaged` for blocks with other rows than the manifest says.
   */
  async *batches(path: string, manifest: Manifest): AsyncGenerator<FlowBatch> {
    assertKnown(path, manifest);
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      throw asSpoolError(error, `read ${path}`);
    }
    try {
      let at = 0;
      for (const [bytes, rows] of manifest.blocks) {
        yield await this.#block(file, path, at, bytes, rows);
        at += bytes;
      }
    } catch (error) {
      throw asSpoolError(error, `read ${path}`);
    } finally {
      await file.close();
    }
  }

  async #block(file: FileHandle, path: string, at: number, length: number, rows: number): Promise<FlowBatch> {
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(length);
    const bytes = this.#bytes.subarray(0, length);
    for (let read = 0; read < length; ) {
      const { bytesRead } = await file.read(bytes, read, length - read, at + read);
      if (bytesRead === 0) throw new SpoolError('damaged', `${path} ends in the middle of a block`);
      read += bytesRead;
    }
    const found = blockRows(bytes, 0);
    if (found !== rows)
      throw new SpoolError('damaged', `${path}: a block has ${found} rows, not the ${rows} it should`);
    if (this.#batch.capacity < rows) this.#batch = new FlowBatch(rows);
    this.#batch.clear();
    const batch = this.#batch;
    // One that turns out to be broken half way leaves rows behind that nobody clears.
    this.#batch = new FlowBatch(0);
    if (readBlock(bytes, 0, batch) !== length) throw new SpoolError('damaged', `${path}: bytes behind a block`);
    this.#batch = batch;
    return batch;
  }
}

/** Throws SpoolError `other_schema` for columns that this version does not have, or has with other types. */
function assertKnown(path: string, { columns }: Manifest): void {
  for (const { name, type } of columns) {
    if (isFieldName(name) && KINDS[FIELD[name].kind].clickhouse === type) continue;
    throw new SpoolError(
      'other_schema',
      `${path} has a column ${name} of type ${type}, which this version does not know`,
    );
  }
}
