import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { prepareDirectories } from './directories.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-directories-'));
afterAll(() => rmSync(dir, { recursive: true }));

const at = (data: string) => prepareDirectories(loadConfig({ env: {}, flags: { data } }));

describe('the data directory', () => {
  it('is made with what lies in it, for its owner alone', () => {
    const directories = at(join(dir, 'a/b'));
    expect(directories).toEqual({
      data: join(dir, 'a/b'),
      spool: join(dir, 'a/b/spool'),
      store: join(dir, 'a/b/store'),
    });
    for (const path of Object.values(directories)) expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.each(['/proc/weir', '/dev/null/weir'])('is refused with the setting to change where it cannot be: %s', (path) => {
    expect(() => at(path)).toThrow(/^data: .* cannot be written \([A-Z]+\); choose another directory with --data$/);
  });
});
