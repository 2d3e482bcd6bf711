import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { missing, type Need, PACKAGES, programPath, REPOSITORY } from './needs.ts';

describe('needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-needs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a test file that needs tshark where there is none; `ci` is the value of CI. */
  const runWithoutTshark = (ci: string) => runWithout('tshark', 'accessSync', ci);

  /** Runs a test file that needs something where a call of node:fs fails. */
  function runWithout(need: Need, call: string, ci: string) {
    const file = join(folder, 'lacking.test.ts');
    writeFileSync(
      file,
      `import { vi, describe, it } from 'vitest';
       vi.mock('node:fs', async (original) => ({ ...(await original()), ${call}: () => { throw new Error('gone'); } }));
       const { needs } = await import(${JSON.stringify(join(REPOSITORY, 'tools/conformance/src/needs.ts'))});
       describe.runIf(needs('${need}'))('with it', () => it('compares', () => {}));`,
    );
    const config = join(folder, 'vitest.config.mjs');
    const reporter = join(REPOSITORY, 'scripts/plain-reporter.ts');
    writeFileSync(config, `export default { root: ${JSON.stringify(folder)}, test: { reporters: ['${reporter}'] } };`);
    const vitest = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
    // Vitest tells its workers by VITEST_… variables that they are workers: a run inside a run must not see them.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
    return spawnSync(process.execPath, [vitest, 'run', '--config', config], {
      cwd: REPOSITORY,
      env: { ...env, CI: ci },
      encoding: 'utf8',
    });
  }

  it('finds a program that is in PATH and says which package a missing one is in', () => {
    expect(programPath('sh')).toMatch(/\/sh$/);
    expect(programPath('no-such-program')).toBeUndefined();
    const lacking = missing(...(Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]));
    for (const text of lacking) expect(text).toMatch(/^\S+ \(Debian package \S+\)$/);
  });

  it('skips with the name of the program and of its package', () => {
    const run = runWithoutTshark('');
    expect(run.stdout).toContain('not run: needs tshark (Debian package tshark)');
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 0 failed, 2 skipped');
    expect(run.status).toBe(0);
  });

  it('fails with CI=true, and the last line counts the failure', () => {
    const run = runWithoutTshark('true');
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed, 1 skipped');
    expect(run.status).toBe(1);
  });

  it('skips with CI=true too where nothing can be installed: a machine whose control groups are not for us to make', () => {
    const run = runWithout('memory-cgroup', 'mkdirSync', 'true');
    expect(run.stdout).toContain(
      'not run: needs a control group for memory that this process may make (below /sys/fs/cgroup)',
    );
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 0 failed, 2 skipped');
    expect(run.status).toBe(0);
  });

  it('knows a package for every program that .ci/run must install', () => {
    const script = readFileSync(join(REPOSITORY, '.ci/run'), 'utf8');
    for (const name of new Set<string>(Object.values(PACKAGES))) {
      expect(script).toMatch(new RegExp(`(?<![\\w-])${name}(?![\\w-])`));
    }
  });
});
