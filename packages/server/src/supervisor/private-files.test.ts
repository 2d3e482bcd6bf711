import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepFilesPrivate, narrowData } from './private-files.ts';

let root: string;
let data: string;
let umask: number;
beforeEach(() => {
  umask = process.umask(0o022);
  root = mkdtempSync(join(tmpdir(), 'weir-private-'));
  data = join(root, 'data');
  mkdirSync(join(data, 'spool/flows'), { recursive: true });
  mkdirSync(join(data, 'store'));
  writeFileSync(join(data, 'spool/flows/1.native'), '');
});
afterEach(() => {
  process.umask(umask);
  rmSync(root, { recursive: true });
});

const directories = () => ({ data, spool: join(data, 'spool'), store: join(data, 'store') });
const mode = (path: string) => (statSync(join(data, path)).mode & 0o7777).toString(8);

describe('the files of Weir', () => {
  it('are for its user alone from the beginning', () => {
    keepFilesPrivate();
    mkdirSync(join(data, 'store/a'));
    writeFileSync(join(data, 'store/a/b'), '');
    expect([mode('store/a'), mode('store/a/b')]).toEqual(['700', '600']);
  });

  it('that others could read are narrowed, once, and it is said', () => {
    writeFileSync(join(data, 'weir.pid'), '');
    expect(narrowData(directories())).toEqual([
      `data: 6 files and directories in ${data} could be read by others, and now only by this user`,
    ]);
    expect(['', 'spool', 'spool/flows', 'spool/flows/1.native', 'store', 'weir.pid'].map(mode)).toEqual([
      '700',
      '700',
      '700',
      '600',
      '700',
      '600',
    ]);
    expect(narrowData(directories())).toEqual([]);
  });

  it('are narrowed beside those of others, whose directory stays as it was', () => {
    writeFileSync(join(data, 'letters.txt'), '');
    writeFileSync(join(data, 'demo-inventory.yaml'), '');
    chmodSync(data, 0o1777);
    const [first, second] = narrowData(directories());
    expect(first).toBe(`data: ${data} has other things in it (letters.txt): its own permissions are left as they are`);
    expect(second).toContain('5 files and directories');
    expect(['', 'letters.txt', 'demo-inventory.yaml', 'spool/flows/1.native'].map(mode)).toEqual([
      '1777',
      '644',
      '600',
      '600',
    ]);
  });

  it('are not those that a link leads to', () => {
    writeFileSync(join(root, 'elsewhere'), '');
    symlinkSync(join(root, 'elsewhere'), join(data, 'spool/flows/link'));
    narrowData(directories());
    expect((statSync(join(root, 'elsewhere')).mode & 0o777).toString(8)).toBe('644');
  });
});
