import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseHttpSocket, runFolder } from './run-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-run-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the socket of the storing process', () => {
  it('is below the data directory, another at each start, and those of starts before are gone', () => {
    const first = chooseHttpSocket(root);
    expect(dirname(first.path)).toBe(runFolder(root));
    writeFileSync(first.path, '');
    writeFileSync(join(runFolder(root), 'store.json'), '');
    const second = chooseHttpSocket(root);
    expect(second.path).not.toBe(first.path);
    expect(readdirSync(runFolder(root))).toEqual(['store.json']);
    writeFileSync(second.path, '');
    second.remove();
    expect(existsSync(second.path)).toBe(false);
  });

  it('is in a folder of its own, for this user alone, where the path would be longer than the kernel takes', () => {
    const deep = join(root, 'd'.repeat(60), 'e'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const { path, remove } = chooseHttpSocket(deep);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    expect(path.startsWith(deep)).toBe(false);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    remove();
    expect(existsSync(dirname(path))).toBe(false);
    // Where even the folder for temporary files lies deep.
    const elsewhere = chooseHttpSocket(deep, deep);
    expect(Buffer.byteLength(elsewhere.path)).toBeLessThanOrEqual(107);
    elsewhere.remove();
  });
});
