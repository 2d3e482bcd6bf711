import { describe, expect, it } from 'vitest';
import { licenceProblems, noticeProblems } from './check-licences.ts';
import { isMet, PRODUCTION_LICENCES } from './licences.ts';
import { type LockEntry, type LockFile, readLock } from './lock-file.ts';

/** A lock in which the command needs `runs`, and `builds` is only there. */
function lockWith(runs: LockEntry, builds: LockEntry = { license: 'MIT' }): LockFile {
  const packages = {
    '': {},
    'packages/cli': { dependencies: { runs: '1' } },
    'packages/console': {},
    'node_modules/runs': runs,
    'node_modules/builds': builds,
  };
  return { lockfileVersion: 3, packages };
}

describe('licences', () => {
  it('are accepted, of every package in the lock', () => {
    expect(licenceProblems(readLock())).toEqual([]);
  });

  it('are refused when nobody has accepted them', () => {
    expect(licenceProblems(lockWith({ license: 'AGPL-3.0-only' }))).toEqual([
      'node_modules/runs: is licensed AGPL-3.0-only, which scripts/supply-chain/licences.ts does not accept for what runs',
    ]);
    expect(licenceProblems(lockWith({}))).toEqual([
      'node_modules/runs: names no licence, which scripts/supply-chain/licences.ts does not accept for what runs',
    ]);
  });

  it('may be copyleft by file where nothing is passed on', () => {
    expect(licenceProblems(lockWith({ license: 'MIT' }, { license: 'MPL-2.0' }))).toEqual([]);
    expect(licenceProblems(lockWith({ license: 'MPL-2.0' }))).toHaveLength(1);
  });

  it('may be a choice of which one is accepted, or a sum of which all are', () => {
    const met = (expression: string) => isMet(expression, PRODUCTION_LICENCES);
    expect(met('(MIT OR GPL-3.0-or-later)')).toBe(true);
    expect(met('MIT AND GPL-3.0-or-later')).toBe(false);
    expect(met('GPL-2.0-only OR (MIT AND BSD-3-Clause)')).toBe(true);
    expect(met('GPL-2.0-only OR MIT AND GPL-3.0-only')).toBe(false);
  });

  it('are refused when the expression cannot be read', () => {
    for (const expression of [
      '',
      'SEE LICENSE IN LICENSE.txt',
      'MIT OR',
      '(MIT',
      'MIT)',
      'MIT Apache-2.0',
      'Apache-2.0 WITH x',
    ]) {
      expect(isMet(expression, PRODUCTION_LICENCES), expression).toBe(false);
    }
  });
});

describe('the notice', () => {
  const theirs = 'Apache Example\nCopyright 2026 Someone\n\nThis product includes\nsoftware of theirs.\n';

  it('repeats the paragraphs of theirs, however they are wrapped', () => {
    const ours = 'Weir\n\nApache Example Copyright 2026 Someone\n\nThis product includes software of theirs.';
    expect(noticeProblems('example', theirs, ours)).toEqual([]);
  });

  it('is refused when one is missing', () => {
    expect(noticeProblems('example', theirs, 'Apache Example Copyright 2026 Someone')).toEqual([
      'example: NOTICE does not repeat its notice: "This product includes software of theirs."',
    ]);
  });
});
