import { asSpoolError } from '@weir/spool';
import { describe, expect, it } from 'vitest';
import { ToldProblems } from './told-problems.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: write`), { code, syscall: 'write' });

describe('a spool that cannot be written', () => {
  it('is told once for each cause, whichever files it is about', () => {
    const told = new ToldProblems();
    expect(told.isNew(asSpoolError(failure('ENOSPC'), 'write 0001.rows'))).toBe(true);
    expect(told.isNew(asSpoolError(failure('ENOSPC'), 'write 0002.rows'))).toBe(false);
    expect(told.isNew(failure('ENOSPC'))).toBe(false);
    expect(told.isNew(asSpoolError(failure('EROFS'), 'write 0003.rows'))).toBe(true);
    expect(told.isNew(asSpoolError(failure('ENOSPC'), 'write 0004.rows'))).toBe(false);
  });

  it('tells failures without a code of their own apart by the word of the system', () => {
    const told = new ToldProblems();
    expect(told.isNew(asSpoolError(failure('EIO'), 'write 0001.rows'))).toBe(true);
    expect(told.isNew(failure('EIO'))).toBe(false);
    expect(told.isNew(asSpoolError(failure('ESTALE'), 'write 0002.rows'))).toBe(true);
  });

  it('is news again after it could be written', () => {
    const told = new ToldProblems();
    told.isNew(failure('ENOSPC'));
    told.over();
    expect(told.isNew(failure('ENOSPC'))).toBe(true);
  });
});
