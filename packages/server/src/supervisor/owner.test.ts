import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libcUnavailable } from '@weir/libc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownData, ownerOf } from './owner.ts';

let data: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'weir-owner-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

const MODULE = new URL('./owner.ts', import.meta.url).href;

/** A process that runs a script with `ownData` at hand and tells what it finds. */
function run(script: string): ChildProcess {
  const head = `import { ownData } from ${JSON.stringify(MODULE)}; const data = ${JSON.stringify(data)};`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', `${head} ${script}`],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  children.push(child);
  return child;
}

const OWNS = 'await ownData(data); process.send(process.pid); setTimeout(() => {}, 1e6);';

describe.runIf(libcUnavailable() === undefined)('a data directory', () => {
  it('belongs to one Weir of a hundred that start at once; each of the others names it', {
    timeout: 120_000,
  }, async () => {
    const attempts = `
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => ownData(data)));
      process.send(tries.map(({ status, reason }) => status === 'fulfilled' ? 'has it' : reason.message));
      setTimeout(() => {}, 1e6);`;
    const processes = Array.from({ length: 10 }, () => run(attempts));
    const answers = await Promise.all(
      processes.map(async (child) => ({ child, told: (await once(child, 'message'))[0] })),
    );
    const owners = answers.filter(({ told }) => told.includes('has it'));
    expect(owners).toHaveLength(1);
    const { pid } = owners[0].child;
    const refused = answers.flatMap(({ told }) => told as string[]).filter((told) => told !== 'has it');
    expect(refused).toHaveLength(99);
    for (const told of refused) expect(told).toContain(` is in use by the Weir with process id ${pid} on `);
    expect(ownerOf(data)).toBe(pid);
  });

  it('is not touched by one that does not get it', async () => {
    const owner = run(OWNS);
    await once(owner, 'message');
    const before = readFileSync(join(data, 'weir.lock'), 'utf8');
    await expect(ownData(data)).rejects.toMatchObject({
      code: 'data_in_use',
      message: expect.stringContaining(`is in use by the Weir with process id ${owner.pid} on `),
    });
    expect(readFileSync(join(data, 'weir.lock'), 'utf8')).toBe(before);
    expect(readdirSync(data)).toEqual(['weir.lock']);
  });

  it('is free at once when its owner is killed, whatever the file says', async () => {
    const owner = run(OWNS);
    await once(owner, 'message');
    const gone = once(owner, 'exit');
    owner.kill('SIGKILL');
    await gone;
    expect(ownerOf(data)).toBeUndefined();
    const ownership = await ownData(data);
    expect(ownerOf(data)).toBe(process.pid);
    ownership.release();
    expect(ownerOf(data)).toBeUndefined();
    writeFileSync(join(data, 'weir.lock'), '1 not JSON');
    (await ownData(data)).release();
  });

  it('is waited for while processes that its killed owner started are still ending', async () => {
    const owner = run(`
      const { spawn } = await import('node:child_process');
      const { fd } = await ownData(data);
      const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
      process.send(child.pid);
      setTimeout(() => {}, 1e6);`);
    const [sleeper] = await once(owner, 'message');
    const gone = once(owner, 'exit');
    owner.kill('SIGKILL');
    await gone;
    expect(ownerOf(data)).toBe(owner.pid);
    const told: string[] = [];
    const ownership = await ownData(data, (reason) => {
      told.push(reason);
      process.kill(sleeper, 'SIGKILL');
    });
    expect(told).toEqual([`waiting for the processes of a Weir that was killed (process id ${owner.pid}) to end`]);
    ownership.release();
  });

  it('that one of another container has is refused, with its name, though its process id is nobody here', async () => {
    const owner = run(OWNS);
    await once(owner, 'message');
    const holder = JSON.parse(readFileSync(join(data, 'weir.lock'), 'utf8'));
    writeFileSync(join(data, 'weir.lock'), JSON.stringify({ ...holder, pid: 1, host: 'pod-7', namespace: 'pid:[1]' }));
    await expect(ownData(data)).rejects.toThrow('process id 1 on pod-7 (of another container or machine)');
  });
});
