import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectorStatus, storeFacts } from '../http/testdata/deps.ts';
import { makeRunFolder } from '../run-folder.ts';
import { type CollectorStatus, writeStatus } from '../status.ts';
import { type ConsumerStatus, writeConsumerStatus } from './consumer-status.ts';
import { Health } from './health.ts';
import { storeStatusPath } from './store-status.ts';

const HTTP = { connections: 1, forwarding: 0, closed: {}, answers: new Map(), late: 0 };
const HOUR_S = 3600;

let data: string;
let away: string;
/** Monotonic milliseconds: the only clock that the test moves. */
let clock: number;
let health: Health;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'weir-health-'));
  mkdirSync(join(data, 'spool'));
  makeRunFolder(data);
  away = '';
  clock = 1_000;
  health = new Health({ dataDir: data, spoolDir: join(data, 'spool'), storeAway: () => away, clock: () => clock });
});
afterEach(() => rmSync(data, { recursive: true }));

let writes = 0;
function writeStore(problem = ''): void {
  const status = { version: '0', pid: process.pid, started: 0, time: 0, facts: storeFacts({ problem, rows: 7 }) };
  writeFileSync(storeStatusPath(data), JSON.stringify({ ...status, queriesRunning: 0, queriesWaiting: 0 }));
  // As times of writing a second apart are.
  utimesSync(storeStatusPath(data), Date.now() / 1000, Date.now() / 1000 + ++writes / 1000);
}
const writeCollector = (more: Partial<CollectorStatus> = {}) =>
  writeStatus(join(data, 'spool'), collectorStatus({ pid: process.pid, ...more }));

const reasons = async () => (await health.readiness()).reasons;
/** Time passes, and with it the answer that is kept. */
const pass = (ms: number) => {
  clock += ms;
};

describe('health', () => {
  it('is ready where both processes tell of themselves', async () => {
    writeStore();
    writeCollector();
    expect(await health.readiness()).toEqual({ ready: true, reasons: [] });
  });

  it('has the reason of the supervisor while the store is away, whatever the file says that it left behind', async () => {
    away = 'store ended (SIGKILL); it is being started again';
    writeStore();
    writeCollector();
    expect(await reasons()).toEqual(['store ended (SIGKILL); it is being started again']);
    away = '';
    expect(await reasons()).toEqual([]);
  });

  it('looks anew once the supervisor has said something, and does not take the process back for the one that was gone', async () => {
    writeStore();
    writeCollector();
    await reasons();
    pass(20_000);
    writeCollector();
    away = 'store ended (SIGKILL); it is being started again';
    expect(await reasons()).toEqual([away]);
    writeStore();
    away = '';
    health.refresh();
    expect(await reasons()).toEqual([]);
  });

  it('has the store’s own problem', async () => {
    writeStore('/data/store has no room left on its disk');
    writeCollector();
    expect(await reasons()).toEqual(['the store: /data/store has no room left on its disk']);
  });

  it('notices a process that no longer tells of itself, by a clock that nobody can set', async () => {
    writeStore();
    writeCollector();
    expect(await reasons()).toEqual([]);
    pass(4_000);
    writeCollector();
    pass(3_000);
    expect(await reasons()).toEqual([
      `the storing process has not told of itself for 7 s: it hangs, or cannot write ${storeStatusPath(data)}`,
    ]);
    pass(600);
    writeStore();
    expect(await reasons()).toEqual([]);
    pass(5_500);
    writeStore();
    const path = join(data, 'spool/status/local.json');
    expect(await reasons()).toEqual([
      `the collecting process local has not told of itself for 6 s: it hangs, or cannot write ${path}`,
    ]);
  });

  it('tells a collecting process that does not tell of itself from one that is gone', async () => {
    const { pid = 0 } = spawnSync('true');
    writeStore();
    writeCollector({ pid });
    expect(await reasons()).toEqual([]);
    pass(1_000);
    writeCollector({ pid, memory: 1 });
    expect(await reasons()).toEqual([]);
    pass(6_000);
    writeStore();
    expect(await reasons()).toEqual(['no collecting process is running']);
  });

  it('takes times in the statuses for nothing: clocks jump', async () => {
    writeStore();
    writeCollector({ time: Date.now() - 400 * 24 * HOUR_S * 1000 });
    expect(await reasons()).toEqual([]);
    pass(2_000);
    writeStore();
    writeCollector({ time: Date.now() + 3 * HOUR_S * 1000 });
    expect(await reasons()).toEqual([]);
    pass(6_000);
    writeStore();
    expect(await reasons()).toEqual([
      expect.stringMatching(/^the collecting process local has not told of itself for 6 s/),
    ]);
  });

  it('takes files of processes that ended before it began for what they are', async () => {
    writeStore();
    writeCollector();
    const old = Date.now() / 1000 - HOUR_S;
    for (const path of [storeStatusPath(data), join(data, 'spool/status/local.json')]) utimesSync(path, old, old);
    const [store, collect] = await reasons();
    expect(store).toMatch(/^the storing process has not told of itself for 36\d\d s/);
    expect(collect).toBe('no collecting process is running');
  });

  it('says so before any of them has told of itself', async () => {
    expect(await reasons()).toEqual([
      'the storing process has not told of itself yet',
      'no collecting process is running',
    ]);
  });

  it('does not read a status of enormous size: its collector lives, its exporters are left out', async () => {
    writeStore();
    writeCollector({ warnings: ['x'.repeat(17 * 1024 * 1024)] });
    expect(await reasons()).toEqual([]);
    const text = (await health.metrics(() => HTTP)).toString();
    expect(text).toContain('weir_exporters{collector="local"} 0\n');
  });

  it('survives files that are not what they should be', async () => {
    writeStore();
    mkdirSync(join(data, 'spool/status'));
    writeFileSync(join(data, 'spool/status/broken.json'), '{"collector":');
    writeFileSync(join(data, 'spool/status/consumer-archive.json'), '{}');
    writeFileSync(join(data, 'spool/status/consumer-other.json'), 'null');
    writeFileSync(join(data, 'spool/status/consumer-names.json'), '{"rows":{},"problem":"old"}');
    expect(await reasons()).toEqual(['no collecting process is running']);
    pass(1_000);
    rmSync(join(data, 'spool'), { recursive: true });
    expect(await reasons()).toEqual(['no collecting process is running']);
  });
});

describe('consumers of the spool', () => {
  const consumers = ['store', 'archive'].map((name) => ({
    name,
    files: 2,
    bytes: 20,
    capBytes: 1000,
    waitingMs: 3000,
    droppedFlows: 0,
  }));
  const spool = { ...collectorStatus().spool, consumers };
  const aside = { files: [{ name: 'f1', reason: 'block 1 is damaged', rows: 9, bytes: 1, time: 0 }], count: 1 };
  const spoolDir = () => join(data, 'spool');
  const writeConsumer = (name: string, more: Partial<ConsumerStatus> = {}) => {
    const backlog = { files: 2, bytes: 20, oldest: 'a', newest: 'b' };
    const stats = { files: 7, rows: 70, bytes: 1, failures: 3, rounds: 1 };
    const none = { asideFiles: 0, asideRows: 0, missingFiles: 0, missingRows: 0 };
    const own = {
      type: 'files',
      state: 'idle',
      backlog,
      aside: { files: [], count: 0 },
      stats: { ...stats, ...none },
    } as const;
    writeConsumerStatus(spoolDir(), name, { name, ...own, time: ++writes, pid: process.pid, ...more });
  };

  it('are told of without being taken for collecting processes', async () => {
    writeStore();
    writeCollector({ spool });
    writeConsumer('store');
    writeConsumer('archive', { state: 'retrying', reason: 'no route to host' });
    const report = await health.report();
    expect(report.readiness).toEqual({
      ready: true,
      reasons: [],
      degraded: ['the sink "archive" does not take flows: no route to host (2 files wait, the oldest for 3 s)'],
    });
    expect(report.collectors.map(({ status: { collector }, running }) => [collector, running])).toEqual([
      ['local', true],
    ]);
    expect(report.consumers.map(({ name, state, retries }) => [name, state, retries])).toEqual([
      ['store', 'idle', 3],
      ['archive', 'retrying', 3],
    ]);
    const text = (await health.metrics(() => HTTP)).toString();
    expect(text).toContain('\nweir_consumer_delivered_flows_total{consumer="archive"} 70\n');
    expect(text).toContain('\nweir_degraded 1\n');
  });

  it('are no reason not to be ready: files that were set aside are named, and the store’s own troubles stand before them', async () => {
    const facts = storeFacts({ degraded: ['part 1_1_1_0 of flows is damaged'] });
    writeFileSync(storeStatusPath(data), JSON.stringify({ facts }));
    writeCollector({ spool });
    writeConsumer('store', { aside });
    writeConsumer('archive');
    const { ready, degraded } = await health.readiness();
    expect(ready).toBe(true);
    expect(degraded).toEqual([
      'part 1_1_1_0 of flows is damaged',
      expect.stringContaining(
        `set aside in ${join(spoolDir(), 'consumers/store/aside')}: f1 (9 flows; block 1 is damaged).`,
      ),
    ]);
  });

  it('are silent once their file does not change any more, by a clock that nobody can set', async () => {
    writeStore();
    writeCollector({ spool });
    writeConsumer('store');
    writeConsumer('archive', { time: Date.now() + 3 * HOUR_S * 1000 });
    expect((await health.readiness()).degraded).toBeUndefined();
    pass(6_000);
    writeStore();
    writeCollector({ spool });
    writeConsumer('store');
    expect((await health.readiness()).degraded).toEqual([
      'the sink "archive" has not told of itself for 6 s: its process does not run or hangs; see the log (2 files wait, the oldest for 3 s)',
    ]);
    expect((await health.report()).consumers.map(({ state }) => state)).toEqual(['idle', 'silent']);
  });

  it('have names that are told of where there are sinks, and only there', async () => {
    writeStore();
    writeCollector({ spool });
    writeConsumer('store');
    writeConsumer('archive');
    const names = { rows: {}, forgotten: {}, problem: 'EACCES', aside: { files: [], count: 0 }, time: 0, pid: 1 };
    writeConsumerStatus(spoolDir(), 'names', names);
    expect((await health.readiness()).degraded).toEqual([expect.stringMatching(/^names cannot be read .*: EACCES\./)]);
    writeCollector({ spool: { ...spool, consumers: consumers.slice(0, 1) } });
    rmSync(join(spoolDir(), 'status/consumer-archive.json'));
    pass(1_000);
    expect((await health.readiness()).degraded).toBeUndefined();
  });
});

describe('metrics of the whole', () => {
  it('tell of both processes and of the HTTP server', async () => {
    writeStore();
    writeCollector();
    const text = (await health.metrics(() => ({ ...HTTP, connections: 5 }))).toString();
    for (const line of ['weir_ready 1', 'weir_store_rows 7', 'weir_http_connections 5']) {
      expect(text).toContain(`\n${line}\n`);
    }
    for (const process of ['supervisor', 'store', 'collect']) {
      expect(text).toMatch(new RegExp(`\nweir_process_resident_memory_bytes{process="${process}"} [1-9]`));
    }
  });

  it('are made once for all who ask at the same time, and anew later', async () => {
    writeStore();
    writeCollector();
    let asked = 0;
    const figures = () => {
      asked++;
      return HTTP;
    };
    const all = await Promise.all(Array.from({ length: 100 }, () => health.metrics(figures)));
    expect(new Set(all).size).toBe(1);
    expect(asked).toBe(1);
    pass(1_000);
    await health.metrics(figures);
    expect(asked).toBe(2);
  });
});
