import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, getNumber } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consumerFolders, STORE } from '../layout.ts';
import type { Manifest } from '../manifest.ts';
import { A, B, batchFrom, TestSpool } from '../testing/flows.ts';
import { FileReader } from './read-file.ts';

let dir: string;
let spool: TestSpool;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-read-'));
  spool = new TestSpool(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

const pathOf = ({ name }: Manifest) => join(consumerFolders(dir, STORE).flows, `${name}.native`);

async function idsIn(reader: FileReader, manifest: Manifest): Promise<number[][]> {
  const ids: number[][] = [];
  for await (const batch of reader.batches(pathOf(manifest), manifest)) {
    ids.push(Array.from({ length: batch.length }, (_, row) => getNumber(batch.core.flow_id, row)));
  }
  return ids;
}

describe('FileReader', () => {
  it('gives the flows of each block, also of a larger one behind a smaller one', async () => {
    const manifest = spool.write(
      batchFrom([A, B], undefined, 1),
      batchFrom([A, A, B, B, A], undefined, 3),
      batchFrom([B], undefined, 8),
    );
    expect(await idsIn(new FileReader(), manifest)).toEqual([[1, 2], [3, 4, 5, 6, 7], [8]]);
  });

  it('leaves nothing of one block in the next', async () => {
    const first = batchFrom([A, B]);
    first.use(FIELD.src_vlan).set([7, 8]);
    first.use(FIELD.as_path).push(1, 64_500);
    const manifest = spool.write(first, batchFrom([A, B, A]));
    const reader = new FileReader();
    const seen: unknown[] = [];
    for await (const batch of reader.batches(pathOf(manifest), manifest)) {
      seen.push(
        batch.has(FIELD.src_vlan) && [...batch.use(FIELD.src_vlan).subarray(0, batch.length)],
        batch.has(FIELD.as_path),
      );
    }
    expect(seen).toEqual([[7, 8], true, false, false]);
  });

  it('leaves nothing of a block that is broken half way in the next', async () => {
    const broken = batchFrom([A, B]);
    broken.core.src_port.set([7, 8]);
    broken.use(FIELD.as_path).push(1, 64_500);
    const manifest = spool.write(broken);
    const bytes = readFileSync(pathOf(manifest));
    // The lists' ends are in disorder: what is before them has been read by then.
    const at = bytes.indexOf('Array(UInt32)') + 'Array(UInt32)'.length;
    bytes.writeUInt32LE(9, at);
    writeFileSync(pathOf(manifest), bytes);
    const reader = new FileReader();
    await expect(idsIn(reader, manifest)).rejects.toMatchObject({ code: 'damaged' });
    const good = spool.write(batchFrom([A, B]));
    for await (const batch of reader.batches(pathOf(good), good)) {
      expect([...batch.core.src_port.subarray(0, 2)]).toEqual([0, 0]);
    }
  });

  it('says before the first flow when a file has columns that are not known', async () => {
    const manifest = spool.write(batchFrom([A]));
    const strange: Manifest = { ...manifest, columns: [...manifest.columns, { name: 'colour', type: 'UInt8' }] };
    await expect(idsIn(new FileReader(), strange)).rejects.toMatchObject({ code: 'other_schema' });
    const wider = manifest.columns.map((column) => (column.name === 'proto' ? { ...column, type: 'UInt64' } : column));
    await expect(idsIn(new FileReader(), { ...manifest, columns: wider })).rejects.toMatchObject({
      code: 'other_schema',
    });
  });

  it('says when the file is gone, is shorter, or has other rows than its manifest', async () => {
    const manifest = spool.write(batchFrom([A, B]));
    const reader = new FileReader();
    const [[bytes, , sum]] = manifest.blocks;
    await expect(idsIn(reader, { ...manifest, blocks: [[bytes, 3, sum]] })).rejects.toMatchObject({ code: 'damaged' });
    writeFileSync(pathOf(manifest), readFileSync(pathOf(manifest)).subarray(0, bytes - 1));
    await expect(idsIn(reader, manifest)).rejects.toMatchObject({ code: 'damaged' });
    rmSync(pathOf(manifest));
    await expect(idsIn(reader, manifest)).rejects.toMatchObject({ code: 'missing' });
  });
});
