import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { duplicate } from './descriptors.ts';
import { libcUnavailable } from './libc.ts';

/** O_CLOEXEC in the flags of /proc/<pid>/fdinfo. */
const CLOSED_ON_EXEC = 0o2000000;

describe.runIf(libcUnavailable() === undefined)('a duplicated descriptor', () => {
  it('is of the same file, outlives the first, and is not passed on to other programs', () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-duplicate-'));
    const first = openSync(join(dir, 'file'), 'w');
    const second = duplicate(first);
    expect(second).not.toBe(first);
    const { ino } = fstatSync(first);
    closeSync(first);
    expect(fstatSync(second).ino).toBe(ino);
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${second}`, 'utf8'))?.[1] ?? '';
    expect(Number.parseInt(flags, 8) & CLOSED_ON_EXEC).toBe(CLOSED_ON_EXEC);
    closeSync(second);
    rmSync(dir, { recursive: true });
  });

  it('cannot be had of one that is closed', () => {
    expect(() => duplicate(999_999)).toThrow(expect.objectContaining({ code: 'call', errno: 'EBADF' }));
  });
});
