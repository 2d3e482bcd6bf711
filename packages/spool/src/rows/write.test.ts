import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropRows } from '../consumer/cap.ts';
import { consumerFolders, makeConsumer, makeDirectory, makeSpool, STORE } from '../layout.ts';
import { readLedger } from './read.ts';
import { writeDimension, writeLedger } from './write.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-rows-'));
  makeSpool(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

const CONSUMERS = [STORE, 'names'];
const filesOf = (consumer: string) => readdirSync(consumerFolders(dir, consumer).dimension('strings')).sort();
const write = (name: string) =>
  writeDimension(dir, CONSUMERS, name, 'strings', [{ key: '1', text: 'a', version: '1' }]);

describe('rows of a dimension', () => {
  it('go to every consumer, and folders that somebody removed are made again', () => {
    for (const consumer of CONSUMERS) makeConsumer(dir, consumer);
    for (const [index, removed] of CONSUMERS.entries()) {
      rmSync(join(consumerFolders(dir, removed).flows, '..'), { recursive: true });
      write(`file${index}`);
    }
    expect([filesOf(STORE), filesOf('names')]).toEqual([['file0.jsonl', 'file1.jsonl'], ['file1.jsonl']]);
  });

  it('that wait beyond a cap are dropped, the oldest first, for the consumer that they wait for', () => {
    for (const consumer of CONSUMERS) makeConsumer(dir, consumer);
    for (const name of ['a', 'b', 'c']) write(name);
    const size = statSync(join(consumerFolders(dir, STORE).dimension('strings'), 'a.jsonl')).size;
    expect(dropRows(dir, 'names', size * 2)).toBe(1);
    expect([filesOf(STORE), filesOf('names')]).toEqual([
      ['a.jsonl', 'b.jsonl', 'c.jsonl'],
      ['b.jsonl', 'c.jsonl'],
    ]);
    expect(dropRows(dir, 'names', 0)).toBe(2);
    expect(dropRows(dir, 'names', 0)).toBe(0);
  });
});

describe('rows of the ledger', () => {
  const row = { time: 0, collector: 'c', exporter: '1', account: 'flows_received', count: 1 } as const;
  const files = () => readdirSync(consumerFolders(dir, STORE).ledger).sort();

  it('are kept where whoever accounts for the process looks for them, and are written without that where its folder is gone', () => {
    const last = join(dir, 'lanes', 'token', 'ledger');
    makeDirectory(join(last, '..'));
    writeLedger(dir, 'a', [row], last);
    writeLedger(dir, 'b', [row], last);
    expect(readLedger(last)?.map(({ source }) => source)).toEqual(['b']);
    rmSync(join(dir, 'lanes'), { recursive: true });
    writeLedger(dir, 'c', [row], last);
    expect([files(), readLedger(last)]).toEqual([['a.jsonl', 'b.jsonl', 'c.jsonl'], undefined]);
  });

  it('that waited in a folder that was removed or replaced are written once more', () => {
    const { ledger, ledgerCopy } = consumerFolders(dir, STORE);
    writeLedger(dir, 'a', [row]);
    writeLedger(dir, 'b', [row]);
    rmSync(join(ledger, '..'), { recursive: true });
    writeLedger(dir, 'c', [row]);
    expect(readdirSync(ledgerCopy).sort()).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl']);
    expect(readLedger(join(ledgerCopy, 'a.jsonl'))).toHaveLength(1);
    for (const file of readdirSync(ledgerCopy)) rmSync(join(ledgerCopy, file));
    writeLedger(dir, 'd', [row]);
    expect(readdirSync(ledgerCopy)).toEqual(['d.jsonl']);
    renameSync(ledger, join(dir, 'elsewhere'));
    makeDirectory(ledger);
    writeLedger(dir, 'e', [row]);
    expect(readdirSync(ledgerCopy).sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.jsonl`));
  });

  it('are written again after all of the spool was removed', () => {
    const last = join(dir, 'lanes', 'token', 'ledger');
    rmSync(dir, { recursive: true });
    writeLedger(dir, 'a', [row], last);
    expect(files()).toEqual(['a.jsonl']);
  });
});
