import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { libcUnavailable } from './libc.ts';
import { tryLock } from './lock-file.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function lockFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-lock-'));
  dirs.push(dir);
  return join(dir, 'lock');
}

describe.runIf(libcUnavailable() === undefined)('a lock that the kernel holds', () => {
  it('is had by one open of a file at a time, and free when that is closed', () => {
    const path = lockFile();
    const first = openSync(path, 'a+');
    const second = openSync(path, 'a+');
    expect(tryLock(first)).toBe(true);
    expect(tryLock(second)).toBe(false);
    closeSync(first);
    expect(tryLock(second)).toBe(true);
    closeSync(second);
  });

  it('is held by a child that inherited it after its parent let go, until the child is killed', async () => {
    const path = lockFile();
    const held = openSync(path, 'a+');
    expect(tryLock(held)).toBe(true);
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', held] });
    closeSync(held);
    const other = openSync(path, 'a+');
    expect(tryLock(other)).toBe(false);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(tryLock(other)).toBe(true);
    closeSync(other);
  });
});
