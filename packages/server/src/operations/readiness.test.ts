import { describe, expect, it } from 'vitest';
import type { CollectorStatus } from '../status.ts';
import { readiness, storeReason } from './readiness.ts';

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
  otherExporters: { exporters: 0, counters: {} },
  unattributed: {},
  floods: [],
  spool: { files: 0, bytes: 0, capBytes: 1000, oldest: 0, problem: '', consumers: [] },
  ...change,
});

describe('readiness', () => {
  it('is given when a collector lives and the store answers', () => {
    expect(readiness([status({})], '')).toEqual({ ready: true, reasons: [] });
  });

  it('is given with what needs a person all the same', () => {
    const degraded = ['part 1_1_1_0 of flows is damaged: run weir store check, then weir store repair'];
    expect(readiness([status({})], '', degraded)).toEqual({ ready: true, reasons: [], degraded });
  });

  it('is not when no collector lives', () => {
    expect(readiness([], '').reasons).toEqual(['no collecting process is running']);
  });

  it('says what the store and the spool suffer from', () => {
    const full = status({
      spool: { files: 9, bytes: 950, capBytes: 1000, oldest: 1, problem: 'disk full', consumers: [] },
    });
    expect(readiness([full], storeReason({ problem: 'cannot write' })).reasons).toEqual([
      'the store: cannot write',
      'the spool of local: disk full',
      'the spool of local is 95 % full: the store takes flows slower than they come; beyond spool.max_size the oldest are dropped and counted as flows_spool_cap',
    ]);
  });
});
