import { describe, expect, it } from 'vitest';
import { violations } from './check-imports.ts';

describe('the direction of imports', () => {
  it('lets a package use those to its left', () => {
    expect(violations('wire', 'packages/wire/src/a.ts', "import { FIELD } from '@weir/record';")).toEqual([]);
  });

  it('refuses one to its right, by name', () => {
    expect(violations('wire', 'packages/wire/src/a.ts', "import { openStore } from '@weir/store';")).toEqual([
      'packages/wire/src/a.ts: wire may not import @weir/store; it may import record',
    ]);
  });

  it('refuses a lazy import and a sub-path too', () => {
    expect(violations('console', 'packages/console/src/a.ts', "await import('@weir/spool')")).toHaveLength(1);
  });

  it('refuses reaching into another package by a relative path', () => {
    expect(violations('cli', 'packages/cli/src/a.ts', "import x from '../../packages/record/src/key.ts'")).toEqual([
      'packages/cli/src/a.ts: import another package by its name, not by "../../packages/record/src/key.ts"',
    ]);
  });
});
