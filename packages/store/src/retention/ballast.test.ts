import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ballast } from './ballast.ts';

describe('ballast', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'weir-ballast-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('takes room that is really taken, and gives it back once', () => {
    const path = join(dir, 'ballast');
    const ballast = new Ballast(path);
    ballast.take();
    // Blocks of 512 bytes that the file system has given to the file.
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(16 * 1024 * 1024);
    expect([ballast.release(), ballast.release()]).toEqual([true, false]);
  });

  it('is taken anew when it was cut short, and is none where it cannot be written', () => {
    writeFileSync(join(dir, 'ballast'), 'short');
    const ballast = new Ballast(join(dir, 'ballast'));
    ballast.take();
    expect(statSync(join(dir, 'ballast')).size).toBe(16 * 1024 * 1024);
    const nowhere = new Ballast(join(dir, 'missing', 'ballast'));
    nowhere.take();
    expect(nowhere.release()).toBe(false);
  });
});
