import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { lockData, prepareDirectories, runningPid } from './directories.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-directories-'));
afterAll(() => rmSync(dir, { recursive: true }));

const at = (data: string) => prepareDirectories(loadConfig({ env: {}, flags: { data } }));

describe('the data directory', () => {
  it('is made with what lies in it', () => {
    expect(at(join(dir, 'a/b'))).toEqual({
      data: join(dir, 'a/b'),
      spool: join(dir, 'a/b/spool'),
      store: join(dir, 'a/b/store'),
    });
  });

  it.each(['/proc/weir', '/dev/null/weir'])('is refused with the setting to change where it cannot be: %s', (path) => {
    expect(() => at(path)).toThrow(/^data: .* cannot be written \([A-Z]+\); choose another directory with --data$/);
  });

  it('belongs to one Weir, and is free again when that one is gone without a word', () => {
    const directories = at(join(dir, 'c'));
    // Process 1 lives and is no Weir.
    writeFileSync(join(dir, 'c/weir.pid'), '1\n');
    expect(runningPid(directories)).toBeUndefined();
    writeFileSync(join(dir, 'c/weir.pid'), 'not a number');
    expect(runningPid(directories)).toBeUndefined();
    const unlock = lockData(directories);
    unlock();
    expect(runningPid(directories)).toBeUndefined();
  });
});
