import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckReport } from '@weir/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWeir } from '../testing.ts';
import { doings, findings } from './store.ts';

const WHOLE: CheckReport = { damaged: [], broken: [], missing: {}, dictionaries: [], parts: 1, rows: 1, bytes: 1 };

describe('what a check found', () => {
  it('is nothing when all is well', () => {
    expect(findings(WHOLE)).toEqual([]);
  });

  it('is a line for each thing, with its time and how much it is', () => {
    const from = Date.UTC(2026, 0, 2, 10);
    const lines = findings({
      ...WHOLE,
      damaged: [
        {
          table: 'flows',
          name: 'p_1_1_0',
          rows: 100_205,
          bytes: 1,
          span: { from, to: from + 3_600_000 },
          reason: 'why',
        },
        { table: 'entities', name: 'all_1_1_0', rows: 7, bytes: 1, span: undefined, reason: 'bad\u001b[2J' },
      ],
      broken: [{ table: 'flows', name: 'broken-on-start_p_2_2_0', reason: 'broken-on-start', bytes: 1, path: '/x' }],
      missing: { '1': 20_000, '2': 10_000, '0': -5 },
      dictionaries: [{ name: 'strings_dict', reason: 'why' }],
    });
    expect(lines).toEqual([
      'damaged: part p_1_1_0 of flows, 100,205 rows from 2026-01-02T10:00Z to 2026-01-02T11:00Z: why',
      // What a terminal would take for a command is not printed.
      'damaged: part all_1_1_0 of entities, 7 rows: bad\ufffd[2J',
      'put aside when the store started and not accounted for: part broken-on-start_p_2_2_0 of flows (broken-on-start)',
      'missing: 30,000 flows of 2 exporters that the ledger says are stored',
      'names cannot be looked up: strings_dict: why',
    ]);
  });
});

describe('what a repair did', () => {
  it('is where each part is now, what came back, and what is lost', () => {
    const parts = [
      { table: 'flows', part: 'p_1_1_0', lost: 8192, saved: 92_013, meaning: '8,192 flows are lost' },
      { table: 'flows_1m', part: 'p_2_2_0', lost: 10, saved: 0, meaning: '60 slots are made again' },
    ];
    expect(doings({ found: WHOLE, parts, missing: 12 })).toEqual([
      'part p_1_1_0 of flows is in detached/: 92,013 rows of it are back in the table; 8,192 flows are lost',
      'part p_2_2_0 of flows_1m is in detached/: 60 slots are made again',
      '12 flows were missing and are counted under flows_store_damaged',
    ]);
  });
});

describe('weir store', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'weir-store-command-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('restores nothing that is no backup, and into no server', async () => {
    const data = ['--data', join(dir, 'data')];
    const nothing = await runWeir(['store', 'restore', dir, ...data]);
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining(`${dir} is not a complete backup`)]);
    const server = await runWeir(['store', 'restore', dir, ...data, '--store-url', 'http://127.0.0.1:1']);
    expect([server.code, server.stderr]).toEqual([1, expect.stringContaining('RESTORE DATABASE weir')]);
  });

  it('says when the data is in use and the storing process does not answer', async () => {
    const data = join(dir, 'data');
    await runWeir(['store', 'check', '--data', data, '--store-url', 'http://127.0.0.1:1']);
    // A Weir whose storing process is still starting.
    const lock = join(data, 'weir.lock');
    const holder = spawn('flock', [lock, 'sh', '-c', 'echo; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    writeFileSync(lock, JSON.stringify({ pid: holder.pid, host: hostname() }));
    const { code, stderr } = await runWeir(['store', 'check', '--data', data]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the Weir with process id ${holder.pid} has`)]);
    expect(stderr).toContain('its storing process does not answer: wait until it is ready, or stop it');
    holder.stdin.end();
    await once(holder, 'exit');
  });
});
