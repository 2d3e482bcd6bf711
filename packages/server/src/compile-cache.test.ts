import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compileCacheVariables } from './compile-cache.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-compiled-'));
  vi.stubEnv('NODE_COMPILE_CACHE', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

describe('compiled modules', () => {
  it('are kept in a folder that only this user may change: code is read from it', () => {
    const folder = join(root, 'a/b');
    expect(compileCacheVariables(folder)).toEqual({ NODE_COMPILE_CACHE: folder });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o770);
    expect(compileCacheVariables(folder)).toEqual({});
  });

  it('are not kept where there can be no folder, or where somebody named another', () => {
    expect(compileCacheVariables('/dev/null/weir')).toEqual({});
    vi.stubEnv('NODE_COMPILE_CACHE', '/elsewhere');
    expect(compileCacheVariables(join(root, 'c'))).toEqual({});
    expect(existsSync(join(root, 'c'))).toBe(false);
  });
});
