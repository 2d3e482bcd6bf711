import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { written } from './written.ts';

it('the files of a sink are read to the last number, and numbers that are there twice are counted once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siege-written-'));
  const numbers = Array.from({ length: 300_000 }, (_, index) => index + 1);
  writeFileSync(join(folder, 'a.csv'), `bytes\n${numbers.join('\n')}\n`);
  writeFileSync(join(folder, 'b.csv'), 'bytes\n300000\n300001\n');
  writeFileSync(join(folder, '.state'), '1\n');
  expect(written(folder, 300_001)).toEqual({ rows: 300_002, distinct: 300_001 });
  rmSync(folder, { recursive: true });
});
