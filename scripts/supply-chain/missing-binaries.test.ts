import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readLock } from './lock-file.ts';
import { missingBinaries, thisMachine } from './missing-binaries.mjs';

const debian = { os: 'linux', cpu: 'x64', libc: 'glibc' };

describe('binaries that npm passed over', () => {
  it('are none here', () => {
    expect(missingBinaries(readLock(), thisMachine(), (path) => existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('are those of this machine, not of others', () => {
    const missing = missingBinaries(readLock(), debian, () => false);
    expect(missing).toEqual(
      expect.arrayContaining(['node_modules/@chdb/lib-linux-x64-gnu', 'node_modules/@koromix/koffi-linux-x64']),
    );
    expect(missing.filter((path) => /darwin|win32|arm|musl|wasm/.test(path))).toEqual([]);
  });

  it('are not packages that are for no machine in particular', () => {
    const lock = { lockfileVersion: 3, packages: { 'node_modules/a': { optional: true } } };
    expect(missingBinaries(lock, debian, () => false)).toEqual([]);
  });
});
