import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CollectorStatus, readStatuses, statusReader, writeStatus } from './status.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-status-'));
afterAll(() => rmSync(dir, { recursive: true }));

const status = (collector: string, time: number): CollectorStatus => ({
  collector,
  version: '0',
  started: 0,
  time,
  demo: false,
  pid: 1,
  memory: 0,
  lanes: [],
  warnings: [],
  exporters: [],
  otherExporters: { exporters: 0, counters: {} },
  unattributed: {},
  floods: [],
  spool: { files: 0, bytes: 0, capBytes: 1, oldest: 0, problem: '', consumers: [] },
});

describe('the status of collectors', () => {
  it('is none where no collector has written yet', () => {
    expect(readStatuses(join(dir, 'absent'))).toEqual([]);
  });

  it('is the last of every collector; what cannot be read is passed over', () => {
    const spool = join(dir, 'spool');
    mkdirSync(spool);
    writeStatus(spool, status('a', 1));
    writeStatus(spool, status('a', 2));
    writeStatus(spool, status('b', 3));
    writeFileSync(join(spool, 'status/c.json'), '{ half');
    expect(readStatuses(spool).map(({ collector, time }) => [collector, time])).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
  });

  it('is read again after a quarter of a second, not before', () => {
    const spool = join(dir, 'again');
    mkdirSync(spool);
    let now = 1000;
    const read = statusReader(spool, () => now);
    writeStatus(spool, status('a', 1));
    expect(read()[0].time).toBe(1);
    writeStatus(spool, status('a', 2));
    now = 1249;
    expect(read()[0].time).toBe(1);
    now = 1250;
    expect(read()[0].time).toBe(2);
  });
});
