import { describe, expect, it } from 'vitest';
import type { CollectorStatus } from '../status.ts';
import { readiness, type StoreFacts } from './readiness.ts';

const store: StoreFacts = {
  problem: '',
  rows: 0,
  bytesOnDisk: 0,
  oldest: 0,
  newest: 0,
  rolledUpUntil: 0,
  backlogFiles: 0,
  loadedRows: 0,
  loadedFiles: 0,
};
const status = (change: Partial<CollectorStatus>): CollectorStatus => ({
  collector: 'local',
  version: '0',
  started: 0,
  time: 10_000,
  demo: false,
  pid: 1,
  memory: 0,
  lanes: [],
  warnings: [],
  exporters: [],
  unattributed: {},
  spool: { files: 0, bytes: 0, capBytes: 1000, oldest: 0, problem: '' },
  ...change,
});

describe('readiness', () => {
  it('is given when a collector lives and the store answers', () => {
    expect(readiness(12_000, [status({})], store)).toEqual({ ready: true, reasons: [] });
  });

  it('is given with what needs a person all the same', () => {
    const degraded = ['part 1_1_1_0 of flows is damaged: run weir store check, then weir store repair'];
    expect(readiness(12_000, [status({})], { ...store, degraded })).toEqual({ ready: true, reasons: [], degraded });
  });

  it('is not when the collector has not written for more than five seconds', () => {
    expect(readiness(15_000, [status({})], store).reasons).toEqual(['no collecting process is running']);
  });

  it('says what the store and the spool suffer from', () => {
    const full = status({ spool: { files: 9, bytes: 950, capBytes: 1000, oldest: 1, problem: 'disk full' } });
    expect(readiness(10_000, [full], { ...store, problem: 'cannot write' }).reasons).toEqual([
      'the store: cannot write',
      'the spool of local: disk full',
      'the spool of local is 95 % full',
    ]);
  });
});
