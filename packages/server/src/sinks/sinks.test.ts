// The process of sinks beside a real store, over one spool: what a sink that is dead, hangs or has no room costs the others.
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@weir/conformance';
import { keyText } from '@weir/record';
import { NAMES_CONSUMER } from '@weir/sinks';
import { countedFor, flowsIn, idCounts } from '@weir/sinks/testing';
import { backlogOf, makeConsumer, STORE } from '@weir/spool';
import { A, B, TestSpool } from '@weir/spool/testing';
import { Loader, openStore } from '@weir/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FromChild } from '../child.ts';
import { type Config, ConfigSchema } from '../config/schema.ts';
import { createLogger } from '../log.ts';
import { type ConsumerStatus, consumerStatusPath, type NamesStatus } from '../operations/consumer-status.ts';
import { Health } from '../operations/health.ts';
import { readStatuses } from '../status.ts';
import { Sinks } from './sinks.ts';

let root: string;
let dir: string;
let running: Sinks | undefined;
let child: ChildProcess | undefined;
const cleanUp: (() => void)[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-sinks-'));
  dir = join(root, 'data', 'spool');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await running?.stop();
  running = undefined;
  for (const action of cleanUp.splice(0).reverse()) action();
  rmSync(root, { recursive: true, force: true });
});

const log = createLogger({ level: 'error', format: 'json' }, 'test');
log.level = 'silent';

const pathOf = (sink: string) => join(root, 'out', sink);

function configOf(...names: string[]): Config {
  const sinks = names.map((name) => ({
    type: 'files',
    name,
    path: pathOf(name),
    fields: ['flow_id', 'exporter_name'],
  }));
  return ConfigSchema.parse({ data: join(root, 'data'), collector: 'c1', sinks });
}

const directories = () => ({ data: join(root, 'data'), spool: dir, store: join(root, 'data', 'store') });

async function start(...names: string[]): Promise<void> {
  running = await Sinks.start(configOf(...names), directories(), log);
}

function read<T extends ConsumerStatus | NamesStatus>(name: string): T | undefined {
  const path = consumerStatusPath(dir, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}
const statusOf = (name: string) => read<ConsumerStatus>(name);
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

/** A directory whose state is a pipe that nobody writes to: whoever opens it waits in the kernel. */
function hanging(sink: string): void {
  mkdirSync(pathOf(sink), { recursive: true });
  const pipe = join(pathOf(sink), `.weir-${sink}.state`);
  execFileSync('mkfifo', [pipe]);
  cleanUp.push(() => closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)));
}

/** A directory that cannot be one. */
function dead(sink: string): void {
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(pathOf(sink), 'no directory');
}

/** A file system with room for some hundred flows. */
function full(sink: string): void {
  mkdirSync(pathOf(sink), { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', pathOf(sink)]);
  cleanUp.push(() => execFileSync('umount', ['--lazy', pathOf(sink)]));
}

describe.runIf(needs('netns'))('sinks that are dead, hang or have no room', () => {
  it('cost the store and the sinks beside them nothing, and say what is wrong', async () => {
    const sinks = ['dead', 'good', 'hangs', 'hangs-too', 'small'];
    dead('dead');
    hanging('hangs');
    hanging('hangs-too');
    full('small');
    const spool = new TestSpool(dir, [STORE, ...sinks]);
    makeConsumer(dir, NAMES_CONSUMER);
    const store = openStore({ path: join(root, 'data', 'store') });
    cleanUp.push(() => void store.close());
    await store.migrate();
    const loader = new Loader({ store, dir });
    await start(...sinks);
    for (let files = 0; files < 10; files++) spool.file(2000);
    expect(await loader.loadOnce()).toBe(10);
    const { rows } = await store.query('SELECT count() AS flows, uniqExact(flow_id) AS distinct FROM weir.flows');
    expect(rows).toEqual([{ flows: '20000', distinct: '20000' }]);

    await until(() => backlogOf(dir, 'good').files === 0 && statusOf('good')?.state === 'idle');
    const once = new Map(Array.from({ length: 20_000 }, (_, index) => [index + 1, 1]));
    expect(idCounts(flowsIn(pathOf('good')).map((flow) => flow.flow_id))).toEqual(once);
    expect(countedFor(dir, 'good')).toEqual(new Map([A, B].map((key) => [`flows_sent ${keyText(key)}`, 10_000])));

    await until(() => statusOf('dead')?.state === 'retrying' && statusOf('small')?.state === 'retrying');
    expect(statusOf('small')).toMatchObject({ code: 'disk_full', place: 'destination' });
    expect(statusOf('hangs')).toMatchObject({ state: 'delivering', backlog: { files: 10 } });
    const health = new Health({ spoolDir: dir, dataDir: join(root, 'data'), storeAway: () => '' });
    const { consumers, readiness } = await health.report();
    const degraded = readiness.degraded?.toSorted() ?? [];
    expect(degraded.map((problem) => problem.replace(/: .*/s, ''))).toEqual([
      'the sink "dead" does not take flows',
      'the sink "small" does not take flows',
    ]);
    expect(degraded[1]).toMatch(/ENOSPC.*; make room, or keep less \(\d+ files wait, /);
    expect(consumers.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['dead', 'retrying'],
      ['good', 'idle'],
      ['hangs', 'delivering'],
      ['hangs-too', 'delivering'],
      ['small', 'retrying'],
    ]);
    expect(consumers.find(({ name }) => name === 'good')).toMatchObject({
      type: 'files',
      deliveredFiles: 10,
      deliveredFlows: 20_000,
      retries: 0,
    });
  });
});

describe('the process of sinks', () => {
  const main = new URL('./main.ts', import.meta.url);

  /** Starts it as its supervisor does. Resolves when it says that it is ready. */
  async function fork_(config: Config): Promise<void> {
    const forked = fork(main, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child = forked;
    const ready = new Promise<void>((resolve) => {
      forked.on('message', (message: FromChild) => {
        if (message.type === 'ready') resolve();
      });
    });
    forked.send({ type: 'start', config, directories: directories(), httpSocket: '' });
    await ready;
  }

  it('sends what waits, tells of itself, and completes its files when it is told to stop', async () => {
    const spool = new TestSpool(dir, ['archive']);
    makeConsumer(dir, NAMES_CONSUMER);
    mkdirSync(join(dir, 'status'), { recursive: true });
    writeFileSync(join(dir, 'status', 'consumer-of-before.json'), '{}');
    writeFileSync(join(dir, 'status', 'consumer-store.json'), '{}');
    spool.file(7);
    await fork_(configOf('archive'));
    await until(() => statusOf('archive')?.stats.rows === 7);
    expect(statusOf('archive')).toMatchObject({
      type: 'files',
      state: 'idle',
      pid: child?.pid,
      destination: { path: pathOf('archive'), completed: 0 },
    });
    expect(read<NamesStatus>(NAMES_CONSUMER)).toMatchObject({ problem: '', rows: { entities: 0 } });
    expect(existsSync(join(dir, 'status', 'consumer-of-before.json'))).toBe(false);
    // The store is another process's.
    expect(existsSync(join(dir, 'status', 'consumer-store.json'))).toBe(true);
    // What sinks tell of themselves is not taken for what collecting processes do.
    expect(readStatuses(dir)).toEqual([]);
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.send({ type: 'stop' });
    expect(await gone).toBe(0);
    expect(readdirSync(pathOf('archive')).filter((file) => file.endsWith('.part'))).toEqual([]);
    expect(flowsIn(pathOf('archive'))).toHaveLength(7);
    expect(statusOf('archive')?.state).toBe('stopped');
  });

  it('stops though a sink hangs', async () => {
    hanging('hangs');
    new TestSpool(dir, ['hangs']).file(3);
    await fork_(configOf('hangs'));
    await until(() => statusOf('hangs')?.state === 'delivering');
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.send({ type: 'stop' });
    await gone;
    expect(backlogOf(dir, 'hangs').files).toBe(1);
  });

  it('begins with a sink as soon as its directory in the spool can be read', async () => {
    const spool = new TestSpool(dir, ['archive']);
    spool.file(2);
    const folder = join(dir, 'consumers', 'archive');
    const away = join(root, 'away');
    execFileSync('mv', [folder, away]);
    writeFileSync(folder, 'in the way');
    await start('archive');
    expect(statusOf('archive')).toBeUndefined();
    rmSync(folder);
    execFileSync('mv', [away, folder]);
    await until(() => statusOf('archive')?.stats.rows === 2);
    expect(
      readFileSync(
        join(pathOf('archive'), readdirSync(pathOf('archive')).find((file) => file.startsWith('archive')) ?? ''),
        'utf8',
      ).split('\n'),
    ).toHaveLength(3);
  });
});
