import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerFolders, makeConsumer, STORE, setRowsAside } from '@weir/spool';
import { describe, expect, it } from 'vitest';
import { asideText, assertStoreWritable, explainFailure } from './trouble.ts';

const embedded = { name: '/data/store', embedded: true };

describe('why flows do not get into the store', () => {
  it('names the directory and what to do, then what the engine said', () => {
    expect(explainFailure({ place: 'destination', code: 'not_writable', reason: 'errno: 30 ' }, embedded)).toBe(
      '/data/store cannot be written: make its file system and its permissions writable; flows wait in the spool until then (errno: 30)',
    );
    expect(explainFailure({ place: 'destination', code: 'disk_full', reason: 'errno: 28' }, embedded)).toMatch(
      /^\/data\/store has no room left on its disk: make room, or lower store.retention.max_size; .*\(errno: 28\)$/,
    );
  });

  it('does not send people to the store for what the spool refuses', () => {
    const reason = "EROFS: read-only file system, open '/data/spool/ledger/batch.loading'";
    expect(explainFailure({ place: 'spool', code: 'not_writable', reason }, embedded)).toBe(
      `the store cannot change the spool directory: make it writable for Weir (${reason})`,
    );
  });

  it('is what was said where that is all that is known, and where a server has the disk', () => {
    expect(explainFailure({ place: 'destination', code: 'engine', reason: 'odd' }, embedded)).toBe('odd');
    const server = { name: 'http://clickhouse:8123', embedded: false };
    expect(explainFailure({ place: 'destination', code: 'disk_full', reason: 'no space' }, server)).toBe('no space');
  });

  it('is found out before the engine tries', () => {
    expect(() => assertStoreWritable('/nonexistent')).toThrow(/^\/nonexistent cannot be written \(ENOENT\): make its/);
    expect(() => assertStoreWritable('/tmp')).not.toThrow();
  });

  it('names the folder of files that could not be used, as long as they are there', () => {
    const spool = mkdtempSync(join(tmpdir(), 'weir-trouble-'));
    try {
      expect(asideText(spool)).toBeUndefined();
      makeConsumer(spool, STORE);
      const { aside, ledger } = consumerFolders(spool, STORE);
      for (const name of ['a', 'b']) {
        writeFileSync(join(ledger, name), 'no rows');
        setRowsAside(spool, STORE, join(ledger, name), name, `${name} is damaged`);
      }
      expect(asideText(spool)).toBe(
        `2 spool files could not be used and were set aside (b is damaged): look into ${aside}, then remove them`,
      );
      rmSync(aside, { recursive: true });
      expect(asideText(spool)).toBeUndefined();
    } finally {
      rmSync(spool, { recursive: true });
    }
  });
});
