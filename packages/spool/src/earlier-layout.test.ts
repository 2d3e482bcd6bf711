import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitingFor } from './consumer/waiting.ts';
import { adoptEarlierLayout } from './earlier-layout.ts';
import { consumerFolders, makeSpool, STORE } from './layout.ts';
import { readManifest } from './manifest.ts';
import { nativeBlock } from './native/write.ts';
import { A, B, batchFrom } from './testing/flows.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-earlier-'));
  makeSpool(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bytes = Buffer.concat(
  nativeBlock(batchFrom([A, B, B])).map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
);

describe('a spool of an earlier version', () => {
  it('goes on where it was: files wait, those half loaded are looked for, rows go in', () => {
    for (const folder of ['flows', 'ledger', 'dimensions/strings', 'corrupt']) {
      mkdirSync(join(dir, folder), { recursive: true });
    }
    for (const ending of ['native', 'loading', 'tmp']) {
      const name = `176734800000${ending.length}-local-mabc-12-0-00000001`;
      writeFileSync(join(dir, 'flows', `${name}.${ending}`), ending === 'tmp' ? bytes.subarray(0, -5) : bytes);
      writeFileSync(join(dir, 'flows', `${name}.json`), '{"rows":3}');
    }
    writeFileSync(join(dir, 'ledger', 'a.jsonl'), '{}\n');
    writeFileSync(join(dir, 'dimensions', 'strings', 'b.jsonl'), '{}\n');
    expect(adoptEarlierLayout(dir)).toBe(3);
    const store = consumerFolders(dir, STORE);
    expect(waitingFor(dir, STORE).map(({ claimed }) => claimed)).toEqual([false, true]);
    for (const { name } of waitingFor(dir, STORE)) {
      expect(readManifest(join(store.flows, `${name}.json`), name).rows).toBe(3);
    }
    expect(readdirSync(store.ledger)).toEqual(['a.jsonl']);
    expect(readdirSync(store.dimension('strings'))).toEqual(['b.jsonl']);
    expect(readdirSync(dir).sort()).toEqual(['consumers', 'lanes', 'status', 'writing']);
    expect(adoptEarlierLayout(dir)).toBe(0);
  });
});
