import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libcUnavailable } from '@weir/libc';
import type { AccountName } from '@weir/record';
import {
  consumerFolders,
  filesIn,
  makeConsumer,
  makeSpool,
  readLedger,
  readManifest,
  STORE,
  sizeOf,
  spoolFolders,
} from '@weir/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Giver } from './give.ts';
import { deadProcesses, type ProcessFiles, processFiles } from './process-files.ts';
import { recoverProcess } from './recover.ts';

const CHILD = fileURLToPath(new URL('testdata/lane-child.ts', import.meta.url));
const CONSUMERS = [STORE, 'archive'];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-recover-'));
  makeSpool(dir);
  for (const consumer of CONSUMERS) makeConsumer(dir, consumer);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the child and kills it some time after it has begun. */
async function runAndKill(afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, dir, ...CONSUMERS], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await gone;
}

/** What the ledger says, each file once: counts by account, exporter and consumer. */
function ledger(): Map<string, number> {
  const sums = new Map<string, number>();
  const { ledger: folder } = consumerFolders(dir, STORE);
  for (const file of filesIn(folder)) {
    for (const { account, exporter, consumer = '', count } of readLedger(join(folder, file)) ?? []) {
      const key = `${account} ${exporter} ${consumer}`.trim();
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
  }
  return sums;
}

/** Flows by exporter in the files that wait for a consumer. */
function waiting(consumer: string): Map<string, number> {
  const flows = new Map<string, number>();
  const folder = consumerFolders(dir, consumer).flows;
  for (const file of filesIn(folder)) {
    if (!file.endsWith('.json')) continue;
    for (const [key, rows] of readManifest(join(folder, file)).exporters) flows.set(key, (flows.get(key) ?? 0) + rows);
  }
  return flows;
}

/** Kills the child at a moment when it has flows in a file that it has not completed. Answers what it left. */
async function killWithOpenFile(): Promise<ProcessFiles> {
  for (let afterMs = 20; ; afterMs += 7) {
    await runAndKill(afterMs);
    const files = processFiles(dir, deadProcesses(dir, '')[0]);
    const { writing } = spoolFolders(dir);
    if (filesIn(writing).some((file) => file.endsWith('.tmp') && sizeOf(join(writing, file)) > 0)) return files;
    recoverProcess(dir, files, 'test', giver());
  }
}

const giver = () => new Giver({ dir, collector: 'test', consumers: CONSUMERS, sync: false, log: () => {} });

describe.runIf(libcUnavailable() === undefined)('a collecting process that was killed', () => {
  it('leaves counters from which every flow is accounted for, twelve kills in a row', {
    timeout: 120_000,
  }, async () => {
    for (let kill = 0; kill < 12; kill++) {
      await runAndKill((kill * 17) % 60);
      const [token, ...others] = deadProcesses(dir, '');
      expect(others).toEqual([]);
      const files = processFiles(dir, token);
      recoverProcess(dir, files, 'test', giver());
      const after = ledger();
      const store = waiting(STORE);
      const keys = new Set([...after.keys()].map((key) => key.split(' ')[1]));
      for (const key of keys) {
        const of = (account: AccountName, consumer = '') => after.get(`${account} ${key} ${consumer}`.trim()) ?? 0;
        expect(of('flows_received')).toBe(of('flows_spooled') + of('flows_lost_with_process'));
        // What is counted as spooled is what is there, once, and was offered to the sink.
        expect(store.get(key) ?? 0).toBe(of('flows_spooled'));
        expect(waiting('archive').get(key) ?? 0).toBe(of('flows_spooled'));
        expect(of('flows_offered', 'archive')).toBe(of('flows_spooled'));
        expect(of('datagrams_received')).toBe(of('datagrams_decoded') + of('datagrams_lost_with_process'));
      }
      expect(readdirSync(spoolFolders(dir).writing)).toEqual([]);
      expect(deadProcesses(dir, '')).toEqual([]);
    }
    const total = (account: AccountName) =>
      [...ledger()].reduce((sum, [key, count]) => sum + (key.startsWith(`${account} `) ? count : 0), 0);
    expect(total('flows_received')).toBeGreaterThan(200);
    // Only what was counted and not in a block yet: at most seven flows per kill.
    expect(total('flows_lost_with_process')).toBeLessThanOrEqual(12 * 7);
  });

  it('is accounted for once although whoever does it is killed too', { timeout: 60_000 }, async () => {
    for (let kill = 0; kill < 5; kill++) {
      const files = await killWithOpenFile();
      const { token } = files;
      // As it would be had the recovery been killed before it gave the files away, and before it removed the folder.
      const keep = mkdtempSync(join(tmpdir(), 'weir-keep-'));
      cpSync(files.folder, keep, { recursive: true });
      const failing = giver();
      failing.give = () => {
        throw new Error('killed');
      };
      expect(() => recoverProcess(dir, files, 'test', failing)).toThrow('killed');
      const first = readdirSync(consumerFolders(dir, STORE).ledger).filter((file) =>
        file.includes(`recovered-${token}`),
      );
      const rows = first.map((file) => readFileSync(join(consumerFolders(dir, STORE).ledger, file), 'utf8'));
      recoverProcess(dir, files, 'test', giver());
      cpSync(keep, files.folder, { recursive: true });
      rmSync(keep, { recursive: true });
      const timeless = (text: string) => text.replace(/^#.*/, '').replaceAll(/"time":"[^"]*"/g, '');
      const again = first.map((file) => readFileSync(join(consumerFolders(dir, STORE).ledger, file), 'utf8'));
      expect(again.map(timeless)).toEqual(rows.map(timeless));
      rmSync(files.folder, { recursive: true });
    }
    const sums = ledger();
    const store = waiting(STORE);
    for (const [key, flows] of store) expect(sums.get(`flows_spooled ${key}`)).toBe(flows);
  });

  it('before the machine started anew is accounted for, and what has no checksums is not believed', async () => {
    const files = await killWithOpenFile();
    writeFileSync(join(files.folder, 'boot'), 'another');
    const { flowsSalvaged, flowsLost } = recoverProcess(dir, files, 'test', giver());
    expect(flowsSalvaged).toBe(0);
    expect(flowsLost).toBeGreaterThan(0);
    const sums = ledger();
    for (const [key, flows] of waiting(STORE)) {
      expect(flows).toBe(sums.get(`flows_spooled ${key}`));
      expect(sums.get(`flows_received ${key}`)).toBe(flows + (sums.get(`flows_lost_with_process ${key}`) ?? 0));
    }
    expect(readdirSync(spoolFolders(dir).writing)).toEqual([]);
  });

  it('that lives is left alone', async () => {
    const child = spawn(process.execPath, [CHILD, dir, ...CONSUMERS], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(deadProcesses(dir, '')).toEqual([]);
    child.kill('SIGKILL');
    await gone;
    expect(deadProcesses(dir, '')).toHaveLength(1);
    const [own] = deadProcesses(dir, '');
    expect(deadProcesses(dir, own)).toEqual([]);
  });
});
