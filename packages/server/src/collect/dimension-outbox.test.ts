import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerFolders, makeConsumer, makeSpool, SpoolError, STORE } from '@weir/spool';
import { describe, expect, it } from 'vitest';
import { DimensionOutbox } from './dimension-outbox.ts';

describe('DimensionOutbox', () => {
  it('writes what could not be written before with the next rows', () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-outbox-'));
    makeSpool(dir);
    makeConsumer(dir, STORE);
    const folder = consumerFolders(dir, STORE).dimension('strings');
    let names = 0;
    const outbox = new DimensionOutbox(dir, [STORE], () => `name${names++}`);
    const row = (key: string) => ({ key, text: `text ${key}`, version: '1' });

    // A file where the folder should be.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    expect(() => outbox.write('strings', [row('1')])).toThrow(SpoolError);
    rmSync(folder);
    mkdirSync(folder);
    outbox.write('strings', [row('2')]);

    const [file] = readdirSync(folder);
    const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).key)).toEqual(['1', '2']);
    outbox.write('strings', []);
    expect(readdirSync(folder)).toEqual([file]);
    rmSync(dir, { recursive: true });
  });
});
