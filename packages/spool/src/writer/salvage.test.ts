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
import { verifyFile } from '../consumer/verify.ts';
import { spoolFolders } from '../layout.ts';
import { readManifest } from '../manifest.ts';
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
  it('becomes a complete file with every block that is whole', async () => {
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
    await verifyFile(path('.native'), readManifest(path('.json'), 'name'));
  });

  it('loses only the block that was cut, wherever it was cut', async () => {
    const ends = killedWriter();
    const whole = readFileSync(path('.tmp'));
    const list = readFileSync(path('.blocks'));
    rmSync(path('.tmp'));
    rmSync(path('.blocks'));
    for (let length = 0; length <= whole.length; length += 13) {
      for (const withList of [true, false]) {
        writeFileSync(path('.tmp'), whole.subarray(0, length));
        if (withList) writeFileSync(path('.blocks'), list);
        const manifest = salvage(dir, 'name');
        const blocks = ends.filter((end) => end <= length).length;
        expect(manifest?.rows ?? 0, `cut at ${length}`).toBe([0, 3, 5, 9][blocks]);
        if (manifest === undefined) expect(files()).toEqual([]);
        else await verifyFile(path('.native'), manifest);
        for (const file of files()) rmSync(join(spoolFolders(dir).writing, file));
      }
    }
  });

  it('is taken to the last block in which nothing changed, as after a loss of power', () => {
    const ends = killedWriter();
    const bytes = readFileSync(path('.tmp'));
    bytes.fill(0, ends[0] + 5, ends[1] - 5);
    writeFileSync(path('.tmp'), bytes);
    expect(salvage(dir, 'name')).toMatchObject({
      rows: 3,
      exporters: [
        [keyText(A), 2],
        [keyText(B), 1],
      ],
    });
  });

  it('that is all zeros, or has no list and no block, is removed', () => {
    killedWriter();
    writeFileSync(path('.tmp'), Buffer.alloc(readFileSync(path('.tmp')).length));
    expect(salvage(dir, 'name')).toBeUndefined();
    expect(files()).toEqual([]);
    writeFileSync(path('.tmp'), Buffer.alloc(5000));
    expect(salvage(dir, 'name')).toBeUndefined();
    expect(files()).toEqual([]);
  });

  it('between the manifest and the last rename is completed as it stands', async () => {
    const writer = new SpoolWriter({ dir, names: () => 'name' });
    writer.append(batchFrom([A, B]));
    const list = readFileSync(path('.blocks'));
    writer.close();
    const manifest = readManifest(path('.json'), 'name');
    renameSync(path('.native'), path('.tmp'));
    writeFileSync(path('.blocks'), list);
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

  it('is nothing where only a list or a manifest is left', () => {
    killedWriter();
    rmSync(path('.tmp'));
    expect(leftIn(dir)).toEqual(['name']);
    expect(salvage(dir, 'name')).toBeUndefined();
    expect(files()).toEqual([]);
  });
});
