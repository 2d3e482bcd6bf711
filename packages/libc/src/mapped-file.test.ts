import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LibcError } from './errors.ts';
import { libcUnavailable } from './libc.ts';
import { mapFile } from './mapped-file.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-mapped-'));
  dirs.push(dir);
  return dir;
}

describe.runIf(libcUnavailable() === undefined)('memory shared through a file', () => {
  it('is the file: what one mapping writes another and a reader see', () => {
    const path = join(directory(), 'numbers');
    const one = mapFile(path, 8192);
    const other = mapFile(path, 8192);
    new Float64Array(one.memory)[3] = 42.5;
    expect(new Float64Array(other.memory)[3]).toBe(42.5);
    expect(readFileSync(path).readDoubleLE(24)).toBe(42.5);
    one.close();
    other.close();
  });

  it('has its blocks on the disk from the beginning, readable by its owner alone', () => {
    const path = join(directory(), 'numbers');
    mapFile(path, 1 << 20).close();
    const { size, blocks, mode } = statSync(path);
    expect(size).toBe(1 << 20);
    expect(blocks * 512).toBeGreaterThanOrEqual(1 << 20);
    expect(mode & 0o777).toBe(0o600);
  });

  it('keeps every number that a process wrote before it was killed', async () => {
    const path = join(directory(), 'numbers');
    const module = new URL('./mapped-file.ts', import.meta.url).href;
    const script = `
      import { mapFile } from ${JSON.stringify(module)};
      const numbers = new Float64Array(mapFile(${JSON.stringify(path)}, 4096).memory);
      process.stdout.write('x');
      for (;;) { numbers[0]++; numbers[1]++; }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGKILL');
    await gone;
    const file = readFileSync(path);
    const [first, second] = [file.readDoubleLE(0), file.readDoubleLE(8)];
    expect(first).toBeGreaterThan(1000);
    expect([first, first - 1]).toContain(second);
  });

  it('says which file cannot be had and why', () => {
    const dir = directory();
    expect(() => mapFile(join(dir, 'no', 'where'), 4096)).toThrow(
      expect.objectContaining({
        code: 'file',
        errno: 'ENOENT',
        message: expect.stringContaining(join(dir, 'no', 'where')),
      }),
    );
    chmodSync(dir, 0o700);
    expect(() => mapFile('/proc/weir', 4096)).toThrow(LibcError);
  });
});
