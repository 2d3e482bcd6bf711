import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyText } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spoolFolders } from '../layout.ts';
import { readOpenManifest } from '../manifest.ts';
import { seal } from '../seal.ts';
import { A, B, batchFrom } from '../testing/flows.ts';
import { leftIn, salvage } from './salvage.ts';
import { SpoolWriter } from './spool-writer.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-salvage-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const path = (ending: string) => join(spoolFolders(dir).writing, `name${ending}`);
const files = () => readdirSync(spoolFolders(dir).writing).sort();

/** A file of three blocks, of 3, 2 and 4 rows, as a writer that was killed leaves it. Answers where each block ends. */
function killedWriter(): number[] {
  const writer = new SpoolWriter({ dir, names: () => 'name' });
  const ends: number[] = [];
  for (const exporters of [
    [A, A, B],
    [B, B],
    [A, B, B, B],
  ]) {
    writer.append(batchFrom(exporters));
    ends.push(readFileSync(path('.tmp')).length);
  }
  return ends;
}

describe('what a writer that was killed leaves', () => {
  it('becomes a complete file with every block that is whole', () => {
    killedWriter();
    expect(leftIn(dir)).toEqual(['name']);
    const manifest = salvage(dir, 'name')!;
    expect(manifest).toMatchObject({
      rows: 9,
      exporters: [
        [keyText(A), 3],
        [keyText(B), 6],
      ],
    });
    expect(files()).toEqual(['name.json', 'name.native']);
    expect(seal(dir, manifest).blocks.map(([, rows]) => rows)).toEqual([3, 2, 4]);
  });

  it('loses only the block that was cut, wherever it was cut', () => {
    const ends = killedWriter();
    const whole = readFileSync(path('.tmp'));
    rmSync(path('.tmp'));
    for (let length = 0; length <= whole.length; length += 7) {
      writeFileSync(path('.tmp'), whole.subarray(0, length));
      const manifest = salvage(dir, 'name');
      const blocks = ends.filter((end) => end <= length).length;
      expect(manifest?.rows ?? 0, `cut at ${length}`).toBe([0, 3, 5, 9][blocks]);
      if (manifest === undefined) expect(files()).toEqual([]);
      else expect(seal(dir, manifest).bytes).toBe(ends[blocks - 1]);
      for (const file of files()) rmSync(join(spoolFolders(dir).writing, file));
    }
  });

  it('that is all zeros is removed', () => {
    killedWriter();
    writeFileSync(path('.tmp'), Buffer.alloc(readFileSync(path('.tmp')).length));
    expect(salvage(dir, 'name')).toBeUndefined();
    expect(files()).toEqual([]);
  });

  it('between the manifest and the last rename is completed as it stands, and again after it', () => {
    const writer = new SpoolWriter({ dir, names: () => 'name' });
    writer.append(batchFrom([A, B]));
    writer.close();
    const manifest = readOpenManifest(path('.json'), 'name');
    renameSync(path('.native'), path('.tmp'));
    expect(salvage(dir, 'name')).toEqual(manifest);
    expect(files()).toEqual(['name.json', 'name.native']);
    // And once more after the last rename.
    expect(salvage(dir, 'name')).toEqual(manifest);
  });

  it('with a manifest that was only begun gets a new one', () => {
    killedWriter();
    writeFileSync(path('.json'), '{"version":2,"na');
    expect(salvage(dir, 'name')?.rows).toBe(9);
    copyFileSync(path('.json'), path('.saved'));
    truncateSync(path('.json'), 10);
    expect(salvage(dir, 'name')?.rows).toBe(9);
    expect(readFileSync(path('.json'))).toEqual(readFileSync(path('.saved')));
  });

  it('is nothing where only a manifest is left', () => {
    killedWriter();
    rmSync(path('.tmp'));
    writeFileSync(path('.json'), 'x');
    expect(leftIn(dir)).toEqual(['name']);
    expect(salvage(dir, 'name')).toBeUndefined();
    expect(files()).toEqual([]);
  });
});
