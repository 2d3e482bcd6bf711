import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerFolders, STORE, spoolFolders } from '@weir/spool';
import { TestSpool } from '@weir/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { atRisk, losePower } from './power-loss.ts';

describe('a loss of power', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'siege-power-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('threatens what was not forced to the disk, and what is old is safe', () => {
    const { name } = new TestSpool(dir).file(10);
    const old = join(spoolFolders(dir).writing, 'old.tmp');
    writeFileSync(old, 'x');
    utimesSync(old, 0, 0);
    const { flows } = consumerFolders(dir, STORE);
    const files = [join(flows, `${name}.json`), join(flows, `${name}.native`)];
    expect(atRisk(dir, false)).toEqual([...files, join(dir, 'generation')]);
    expect(atRisk(dir, true)).toEqual([join(dir, 'generation')]);
  });

  it('leaves files that are shorter or end in zeros, and a kernel that is not the one before', () => {
    const { name } = new TestSpool(dir).file(1000);
    const path = join(consumerFolders(dir, STORE).flows, `${name}.native`);
    const before = readFileSync(path);
    const lane = join(spoolFolders(dir).lanes, 'abc');
    mkdirSync(lane);
    writeFileSync(join(lane, 'boot'), 'this one');
    for (let seed = 0; before.equals(readFileSync(path)); seed++) losePower(dir, false, new Random(seed));
    expect(existsSync(path)).toBe(true);
    const after = readFileSync(path);
    const kept = after.findIndex((byte, at) => byte !== before[at]);
    expect(after.subarray(kept < 0 ? after.length : kept).every((byte) => byte === 0)).toBe(true);
    expect(readFileSync(join(lane, 'boot'), 'utf8')).not.toBe('this one');
  });
});
