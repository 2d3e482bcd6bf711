import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consumerFolders, STORE } from './layout.ts';
import { readManifest, spanOf } from './manifest.ts';
import { TestSpool } from './testing/flows.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-manifest-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const pathOf = (name: string) => join(consumerFolders(dir, STORE).flows, `${name}.json`);

describe('a manifest', () => {
  it('comes back as it was written', () => {
    const manifest = new TestSpool(dir).file(5);
    expect(readManifest(pathOf(manifest.name), manifest.name)).toEqual(manifest);
  });

  it('with any byte changed or cut off is refused, never half believed', () => {
    const { name } = new TestSpool(dir).file(5);
    const text = readFileSync(pathOf(name));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const damaged = cut ? text.subarray(0, at) : Buffer.from(text);
        if (!cut) damaged[at] ^= flip;
        // The line break at the end says nothing.
        if (at === text.length - 1) return;
        writeFileSync(pathOf(name), damaged);
        expect(() => readManifest(pathOf(name), name)).toThrow(expect.objectContaining({ code: 'bad_manifest' }));
      }),
    );
  });

  it('of another file is refused, and so is one that is not there', () => {
    const spool = new TestSpool(dir);
    const [one, two] = [spool.file(5), spool.file(5)];
    writeFileSync(pathOf(two.name), readFileSync(pathOf(one.name)));
    expect(() => readManifest(pathOf(two.name), two.name)).toThrow(`is the manifest of ${one.name}`);
    rmSync(pathOf(one.name));
    expect(() => readManifest(pathOf(one.name))).toThrow(expect.objectContaining({ code: 'missing' }));
  });

  it('tells the first and the last time of receipt', () => {
    expect(
      spanOf({
        spans: [
          [5, 9],
          [3_600_000, 3_600_007],
        ],
      }),
    ).toEqual([5, 3_600_007]);
    expect(spanOf({ spans: [] })).toEqual([0, 0]);
  });
});
