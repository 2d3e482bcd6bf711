// A process with a sink that is killed in the middle of deliveries, again and again: every flow is in the files once, and counted once.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyText } from '@weir/record';
import { backlogOf, consumerFolders, filesIn } from '@weir/spool';
import { A, B, TestSpool } from '@weir/spool/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countedFor, idCounts, writtenIn } from '../testing/written.ts';

// Twenty starts of a process, on a machine that may be busy.
vi.setConfig({ testTimeout: 240_000 });

const CHILD = fileURLToPath(new URL('./testdata/sink-child.ts', import.meta.url));
const SINK = 'archive';
const ROWS = 6000;
const KILLS = 20;

let root: string;
let dir: string;
let path: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-kill-'));
  dir = join(root, 'spool');
  path = join(root, 'flows');
});
afterEach(async () => {
  await kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start(settings: object): void {
  const given = { type: 'files', name: SINK, path, rotate: { size: 262_144, age: '1h' }, ...settings };
  child = spawn(process.execPath, [CHILD, dir, join(root, 'names'), JSON.stringify(given)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function kill(signal: NodeJS.Signals): Promise<void> {
  const running = child;
  child = undefined;
  if (running === undefined) return;
  const gone = new Promise((resolve) => running.once('exit', resolve));
  running.kill(signal);
  await gone;
}

const isDelivering = () => filesIn(consumerFolders(dir, SINK).flows).some((file) => file.endsWith('.claimed'));

/** Kills a process with the sink `KILLS` times, each a while after it has begun a delivery. */
async function killAgainAndAgain(spool: TestSpool, settings: object): Promise<number> {
  let inTheMiddle = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    for (let files = 0; files < 3; files++) spool.file(ROWS);
    start(settings);
    while (!isDelivering()) await pause(1);
    await pause((kills * 7) % 60);
    await kill('SIGKILL');
    if (isDelivering()) inTheMiddle++;
  }
  start(settings);
  while (backlogOf(dir, SINK).files > 0) await pause(5);
  await kill('SIGTERM');
  return inTheMiddle;
}

const once = (flows: number) => new Map(Array.from({ length: flows }, (_, index) => [index + 1, 1]));
const sorted = (counts: ReadonlyMap<number, number>) => new Map([...counts].sort(([a], [b]) => a - b));

describe('a sink whose process is killed', () => {
  it('has every flow once in NDJSON files, and counts it once', async () => {
    const spool = new TestSpool(dir, [SINK]);
    const inTheMiddle = await killAgainAndAgain(spool, {});
    const flows = writtenIn(path).flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).flow_id),
    );
    expect(sorted(idCounts(flows))).toEqual(once(KILLS * 3 * ROWS));
    expect(countedFor(dir, SINK)).toEqual(
      new Map([A, B].map((key) => [`flows_sent ${keyText(key)}`, (KILLS * 3 * ROWS) / 2])),
    );
    expect(readdirSync(path).filter((file) => file.endsWith('.part'))).toEqual([]);
    expect(inTheMiddle).toBeGreaterThan(KILLS / 2);
  });

  it('has every flow that its filter takes once in compressed CSV files, each whole, and counts the others', async () => {
    const spool = new TestSpool(dir, [SINK]);
    const settings = {
      format: 'csv',
      compression: 'gzip',
      fields: ['flow_id', 'exporter_address', 'proto'],
      filter: `exporter = ${keyText(A)}`,
    };
    await killAgainAndAgain(spool, settings);
    const flows = writtenIn(path).flatMap((text) => {
      const [header, ...lines] = text.trimEnd().split('\n');
      expect(header).toBe('flow_id,exporter_address,proto');
      return lines.map((line) => line.split(',')[0]);
    });
    const wanted = [...once(KILLS * 3 * ROWS)].filter(([id]) => id % 2 === 1);
    expect(sorted(idCounts(flows))).toEqual(new Map(wanted));
    expect(countedFor(dir, SINK)).toEqual(
      new Map([
        [`flows_sent ${keyText(A)}`, wanted.length],
        [`flows_filtered ${keyText(B)}`, wanted.length],
      ]),
    );
  });
});
