import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyFile } from './consumer/verify.ts';
import { spoolFolders } from './layout.ts';
import { type OpenManifest, readManifest } from './manifest.ts';
import { seal } from './seal.ts';
import { A, B, batchFrom } from './testing/flows.ts';
import { SpoolWriter } from './writer/spool-writer.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-seal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const path = (ending: string) => join(spoolFolders(dir).writing, `name${ending}`);

function complete(): OpenManifest {
  let manifest: OpenManifest | undefined;
  const writer = new SpoolWriter({
    dir,
    names: () => 'name',
    onComplete: (done) => {
      manifest = done;
    },
  });
  writer.append(batchFrom([A, B]));
  writer.append(batchFrom([B]));
  writer.close();
  return manifest!;
}

describe.each([false, true])('sealing a file (forced to the disk: %s)', (sync) => {
  it('makes every change of it be noticed', async () => {
    const manifest = seal(dir, complete(), sync);
    expect(readManifest(path('.json'), 'name')).toEqual(manifest);
    await verifyFile(path('.native'), manifest);
    const bytes = readFileSync(path('.native'));
    for (let at = 0; at < bytes.length; at += 11) {
      bytes[at] ^= 1;
      writeFileSync(path('.native'), bytes);
      await expect(verifyFile(path('.native'), manifest)).rejects.toMatchObject({ code: 'damaged' });
      bytes[at] ^= 1;
    }
  });

  it('may be done again with the same result', () => {
    const open = complete();
    expect(seal(dir, seal(dir, open, sync), sync)).toEqual(seal(dir, open, sync));
  });

  it('says when the file is gone or shorter than it was written', () => {
    const open = complete();
    truncateSync(path('.native'), open.bytes - 1);
    expect(() => seal(dir, open, sync)).toThrow(expect.objectContaining({ code: 'damaged' }));
    rmSync(path('.native'));
    expect(() => seal(dir, open, sync)).toThrow(expect.objectContaining({ code: 'missing' }));
  });
});
