import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { DAMAGES, damaged, damageFile } from './damage.ts';

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
});
