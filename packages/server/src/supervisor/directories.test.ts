import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
    // The id of a Weir that is gone, used again by a process whose command line might be taken for it.
    const again = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', 'serve']);
    writeFileSync(join(dir, 'c/weir.pid'), `${again.pid} 1\n`);
    expect(runningPid(directories)).toBeUndefined();
    again.kill('SIGKILL');
    const unlock = lockData(directories);
    unlock();
    expect(runningPid(directories)).toBeUndefined();
  });

  it('is refused while another lives', async () => {
    const directories = at(join(dir, 'd'));
    const module = new URL('./directories.ts', import.meta.url).href;
    const script = `import { lockData } from ${JSON.stringify(module)}; lockData(${JSON.stringify(directories)}); process.send('has it');`;
    const other = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    await once(other, 'message');
    expect(runningPid(directories)).toBe(other.pid);
    expect(() => lockData(directories)).toThrow(`is in use by the Weir with process id ${other.pid}; stop it`);
    const gone = once(other, 'exit');
    other.kill('SIGKILL');
    await gone;
    expect(runningPid(directories)).toBeUndefined();
  });
});
