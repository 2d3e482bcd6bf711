import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, type FlowBatch, keyText } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpoolError } from '../errors.ts';
import { spoolFolders } from '../layout.ts';
import { type OpenManifest, readManifest, readOpenManifest } from '../manifest.ts';
import { A, B, batchFrom, TIME } from '../testing/flows.ts';
import { SpoolWriter, type SpoolWriterOptions } from './spool-writer.ts';

let dir: string;
let names: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-spool-'));
  names = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function openWriter(options: Partial<SpoolWriterOptions> = {}): SpoolWriter {
  return new SpoolWriter({ dir, names: () => `name${names++}`, ...options });
}

const files = () => readdirSync(spoolFolders(dir).writing).sort();
const path = (file: string) => join(spoolFolders(dir).writing, file);

/** The SpoolError that an action ends with. */
function failureOf(action: () => void): SpoolError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SpoolError);
    return error as SpoolError;
  }
  throw new Error('it did not fail');
}

describe('SpoolWriter', () => {
  it('shows no file before it is complete', () => {
    const writer = openWriter({ maxRows: 4 });
    writer.append(batchFrom([A, A, B]));
    expect(files()).toEqual(['name0.tmp']);
    writer.append(batchFrom([A]));
    expect(files()).toEqual(['name0.json', 'name0.native']);
  });

  it('tells in the manifest rows by exporter, times, blocks and bytes', () => {
    const complete: OpenManifest[] = [];
    const writer = openWriter({ onComplete: (manifest) => complete.push(manifest) });
    writer.append(batchFrom([A, A, B, A]));
    writer.append(batchFrom([B, B], TIME - 1000));
    writer.close();
    expect(complete).toHaveLength(1);
    const [manifest] = complete;
    expect(manifest).toMatchObject({
      name: 'name0',
      rows: 6,
      exporters: [
        [keyText(A), 3],
        [keyText(B), 3],
      ],
      spans: [
        [TIME - 1000, TIME - 999],
        [TIME, TIME + 3],
      ],
    });
    expect(manifest.blocks.map(([, rows]) => rows)).toEqual([4, 2]);
    expect(readOpenManifest(path('name0.json'), 'name0')).toEqual(manifest);
    // Not sealed: nobody may take it yet.
    expect(() => readManifest(path('name0.json'))).toThrow('has no checksums');
    expect(manifest.bytes).toBe(readFileSync(path('name0.native')).length);
  });

  it('names in the manifest every column that any of its blocks has', () => {
    const writer = openWriter();
    writer.append(batchFrom([A]));
    const rich: FlowBatch = batchFrom([A]);
    rich.use(FIELD.mpls_labels).push(0, 16);
    writer.append(rich);
    writer.close();
    const { columns } = readOpenManifest(path('name0.json'));
    expect(columns).toContainEqual({ name: 'mpls_labels', type: 'Array(UInt32)' });
    expect(columns).toContainEqual({ name: 'src_addr', type: 'IPv6' });
    expect(columns.map((column) => column.name)).not.toContain('as_path');
  });

  it('completes a file once it is old enough, counted from the first tick after it was begun', () => {
    const writer = openWriter({ maxAgeMs: 1000 });
    writer.append(batchFrom([A]));
    writer.tick(0);
    writer.tick(999);
    expect(writer.stats.files).toBe(0);
    writer.tick(1000);
    expect(writer.stats.files).toBe(1);
    writer.tick(9000);
    expect(writer.stats).toMatchObject({ files: 1, rows: 1, pendingRows: 0 });
  });

  it('completes a file whose flows are of too many hours, so that a clock that jumps makes no file of a thousand parts', () => {
    const writer = openWriter();
    for (let hour = 0; hour < 30; hour++) writer.append(batchFrom([A], TIME + hour * 3_600_000));
    writer.close();
    expect(writer.stats).toMatchObject({ files: 2, rows: 30 });
  });

  it('keeps the manifest of the last complete file, with what was spooled of its exporters in all', () => {
    const spooled = new Map<string, number>();
    const lastManifest = path('last');
    const writer = openWriter({
      lastManifest,
      totals: (exporters) => exporters.map(([key, rows]) => [key, (spooled.get(key) ?? 0) + rows] as const),
      onComplete: ({ exporters }) => {
        for (const [key, rows] of exporters) spooled.set(key, (spooled.get(key) ?? 0) + rows);
      },
    });
    writer.append(batchFrom([A, A, B]));
    writer.close();
    writer.append(batchFrom([A]));
    writer.close();
    expect(readOpenManifest(lastManifest)).toMatchObject({ name: 'name1', totals: [[keyText(A), 3]] });
  });

  describe('when something disappears under it', () => {
    it('makes its folder again and loses nothing where no file was open', () => {
      const writer = openWriter({ lastManifest: `${dir}/lanes/of-the-process/0.manifest` });
      rmSync(dir, { recursive: true });
      writer.append(batchFrom([A, B, A]));
      writer.close();
      expect(writer.stats).toMatchObject({ files: 1, rows: 3, failures: 0 });
      expect(files()).toEqual(['name0.json', 'name0.native']);
    });

    it.each([
      ['the file being written is removed', () => rmSync(path('name0.tmp'))],
      ['its folder is removed', () => rmSync(spoolFolders(dir).writing, { recursive: true })],
      ['its folder is replaced', () => renameSync(spoolFolders(dir).writing, `${dir}/elsewhere`)],
    ])('tells once what is lost when %s, and writes the next rows to a new file', (_, remove) => {
      const writer = openWriter({ maxAgeMs: 0 });
      writer.append(batchFrom([A, B, A]));
      remove();
      const failure = failureOf(() => writer.tick(1));
      expect(failure).toMatchObject({
        code: 'missing',
        lost: [
          [keyText(A), 2],
          [keyText(B), 1],
        ],
      });
      writer.tick(2);
      writer.append(batchFrom([B]));
      writer.tick(3);
      expect(writer.stats).toMatchObject({ files: 1, rows: 1, pendingRows: 0 });
      expect(files().filter((file) => file.startsWith('name1'))).toEqual(['name1.json', 'name1.native']);
    });

    it('tells what is lost with a full file, and keeps the rows that found it gone', () => {
      const writer = openWriter({ maxRows: 2 });
      // In the place of the manifest: writing it fails while the data is fine.
      mkdirSync(path('name0.json'));
      writer.append(batchFrom([A, A]));
      rmSync(path('name0.json'), { recursive: true });
      rmSync(path('name0.tmp'));
      const failure = failureOf(() => writer.append(batchFrom([B])));
      expect(failure.lost).toEqual([[keyText(A), 2]]);
      writer.close();
      expect(writer.stats).toMatchObject({ files: 1, rows: 1 });
    });
  });

  it('keeps the rows of a full file that cannot be completed and completes it at a later tick', () => {
    const writer = openWriter({ maxRows: 2 });
    mkdirSync(path('name0.json'));
    writer.append(batchFrom([A, A]));
    expect(writer.stats.files).toBe(0);
    expect(failureOf(() => writer.tick(1)).lost).toEqual([]);
    rmSync(path('name0.json'), { recursive: true });
    writer.tick(2);
    expect(writer.stats).toMatchObject({ files: 1, rows: 2 });
  });

  it('never writes over a file of the same name', () => {
    mkdirSync(spoolFolders(dir).writing, { recursive: true });
    openWriter({ names: () => 'same' }).append(batchFrom([A]));
    linkSync(path('same.tmp'), path('kept'));
    const failure = failureOf(() => openWriter({ names: () => 'same' }).append(batchFrom([B])));
    expect(failure).toMatchObject({ code: 'io', lost: [[keyText(B), 1]] });
    expect(readFileSync(path('same.tmp')).equals(readFileSync(path('kept')))).toBe(true);
  });
});
