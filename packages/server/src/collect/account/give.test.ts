import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  beginGeneration,
  makeConsumer,
  makeSpool,
  nameSource,
  type OpenManifest,
  SpoolWriter,
  STORE,
} from '@weir/spool';
import { A, batchFrom } from '@weir/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Giver } from './give.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-give-'));
  makeSpool(dir);
  makeConsumer(dir, STORE);
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('giving files to the consumers', () => {
  it('remembers how many somebody removed before they were given, and goes on', () => {
    const complete: OpenManifest[] = [];
    const writer = new SpoolWriter({
      dir,
      names: nameSource(beginGeneration(dir), 'test'),
      maxRows: 2,
      onComplete: (manifest) => complete.push(manifest),
    });
    for (let file = 0; file < 3; file++) writer.append(batchFrom([A, A]));
    writer.close();
    expect(complete).toHaveLength(3);
    const giver = new Giver({ dir, collector: 'c1', consumers: [STORE], sync: false, log: () => {} });
    giver.give(complete[0]);
    expect(giver.lost).toBeUndefined();
    for (const { name } of complete.slice(1)) {
      rmSync(join(dir, 'writing', `${name}.native`), { force: true });
      rmSync(join(dir, 'writing', `${name}.tmp`), { force: true });
    }
    for (const manifest of complete.slice(1)) giver.give(manifest);
    expect(giver.lost).toMatchObject({ files: 2, flows: 4, name: complete[2].name });
  });
});
