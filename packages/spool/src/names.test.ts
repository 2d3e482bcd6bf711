import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginGeneration, nameSource } from './names.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-names-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('names of spool files', () => {
  it('sort by age, over lanes and starts, whatever the time of day does', () => {
    let now = 1_000_000;
    const before = beginGeneration(dir);
    const lane0 = nameSource({ ...before, origin: now }, '0', () => now);
    const lane1 = nameSource({ ...before, origin: now }, '1', () => now);
    const names: string[] = [];
    for (const lane of [lane0, lane1, lane1, lane0]) {
      names.push(lane());
      now += 7;
    }
    // The machine started again: its monotonic clock began at zero.
    now = 3;
    const after = nameSource({ ...beginGeneration(dir), origin: now }, '0', () => now);
    names.push(after(), after());
    expect(names.toSorted()).toEqual(names);
    expect(new Set(names).size).toBe(6);
  });

  it('of two spools differ, which may share a store', () => {
    const other = mkdtempSync(join(tmpdir(), 'weir-names-'));
    const name = nameSource({ ...beginGeneration(dir), origin: 0 }, '0', () => 5)();
    const otherName = nameSource({ ...beginGeneration(other), origin: 0 }, '0', () => 5)();
    rmSync(other, { recursive: true });
    expect(name).not.toBe(otherName);
    expect(name).toMatch(/^00000001-000000000005-[0-9a-f]{12}-0-00000000$/);
  });

  it('are unique though the generation cannot be written or read', () => {
    mkdirSync(join(dir, 'generation.tmp'));
    const [one, two] = [beginGeneration(dir), beginGeneration(dir)];
    expect([one.generation, two.generation]).toEqual([1, 1]);
    expect(one.token).not.toBe(two.token);
    writeFileSync(join(dir, 'generation'), 'not a number');
    expect(beginGeneration(dir).generation).toBe(1);
  });
});
