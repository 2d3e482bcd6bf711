import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { DAMAGES, damaged, damageFile } from './damage.ts';
import { spoolTargets, storeTargets } from './damage-targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'siege-damage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => 1 + (index % 255));

describe('damage', () => {
  it('changes a file in the way that it is called, and the same seed in the same way', () => {
    const after = (damage: (typeof DAMAGES)[number]) => damaged(BYTES, damage, new Random(7));
    for (const damage of DAMAGES) {
      expect(after(damage)).toEqual(after(damage));
      expect(after(damage)).not.toEqual(BYTES);
    }
    expect(after('delete')).toBeUndefined();
    expect(after('zero')).toEqual(new Uint8Array(1000));
    const [cut, tail, flipped] = (['truncate', 'zero-tail', 'flip'] as const).map((damage) => after(damage) ?? BYTES);
    expect(cut).toEqual(BYTES.subarray(0, cut.length));
    expect([tail.length, tail.at(-1)]).toEqual([1000, 0]);
    expect(flipped.filter((byte, at) => byte !== BYTES[at]).length).toBeLessThanOrEqual(8);
    const manifest = Buffer.from('{"version":2,"rows":1}');
    expect(Buffer.from(damaged(manifest, 'later', new Random(1)) ?? []).toString()).toBe('{"version":99,"rows":1}');
  });

  it('is seen through every link of a file, and says when there is none', () => {
    const [path, link] = [join(folder, 'file'), join(folder, 'link')];
    writeFileSync(path, BYTES);
    linkSync(path, link);
    expect(damageFile(path, 'zero', new Random(1))).toBe(true);
    expect(readFileSync(link)).toEqual(Buffer.alloc(1000));
    expect(damageFile(path, 'delete', new Random(1))).toBe(true);
    expect([damageFile(path, 'zero', new Random(1)), readFileSync(link).length]).toEqual([false, 1000]);
  });

  it('finds files by what they are, and those that hold the same as one set', () => {
    const data = mkdtempSync(join(folder, 'data-'));
    const files = [
      'spool/consumers/store/flows/a.native',
      'spool/consumers/store/flows/a.json',
      'spool/consumers/store/flows/b.claimed',
      'spool/consumers/store/flows/b.json',
      'spool/consumers/store/ledger/c.jsonl',
      'spool/consumers/store/ledger-copy/c.jsonl',
      'store/data/weir/flows/1795528800_1_1_0/data.bin',
      'store/data/weir/flows/detached/1795528800_1_1_0/data.bin',
      'store/data/weir/ledger/20261124_1_1_0/data.bin',
    ];
    for (const file of files) {
      mkdirSync(dirname(join(data, file)), { recursive: true });
      writeFileSync(join(data, file), '');
    }
    const found = (targets: ReturnType<typeof spoolTargets>) =>
      [...targets].map(([what, some]) => [what, some.map(({ set }) => set)]);
    expect(found(spoolTargets(data))).toEqual([
      ['manifests', ['spool/consumers/store/flows/a']],
      ['flow files', ['spool/consumers/store/flows/a']],
      ['ledger files', ['c', 'c']],
      ['notes of the store', ['clock.json', 'store/weir-definitions.json']],
    ]);
    expect(found(storeTargets(data))).toEqual([['parts of flows', ['store/data/weir/flows/1795528800_1_1_0']]]);
  });
});
