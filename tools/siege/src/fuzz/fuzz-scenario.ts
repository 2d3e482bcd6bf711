// A scenario out of a target: processes that fuzz it, each from a seed of its own, watched from outside.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SiegeError } from '../errors.ts';
import type { Figure, Scenario, Siege } from '../scenario.ts';
import { NODE_FLAGS } from './coverage.ts';
import type { Progress } from './fuzzer.ts';
import type { FuzzTask, Said, Task } from './messages.ts';
import type { Failure } from './target.ts';

const PROCESS = fileURLToPath(new URL('./process.ts', import.meta.url));
/** Far more than any of these inputs takes on any machine: what says nothing for so long never ends. */
const HANGS_SECONDS = 180;
/** Between two lines of progress. */
const SAY_MS = 10_000;
/** Heap of a process. What a decoder may keep is bounded far below; what grows without a bound ends at it. */
const HEAP_MB = 1024;
/** Apart, so that the processes of a run never share a seed with those of the next one. */
const SEEDS_APART = 1_000_003;

/** Where a process ended. */
interface End extends Progress {
  readonly reached: number;
}

export interface FuzzScenarioOptions {
  readonly name: string;
  readonly summary: string;
  /** The target's module: see TargetModule. */
  readonly module: URL;
  /** How long an input may take before it is taken to never end. */
  readonly hangsSeconds?: number;
}

export function fuzzScenario(options: FuzzScenarioOptions): Scenario {
  const { name, summary } = options;
  return { name, summary, run: (siege) => run(options, siege), replay: (input) => replay(options, input) };
}

function start(task: Task): ChildProcess {
  const execArgv = [...NODE_FLAGS, `--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning'];
  const child = fork(PROCESS, { execArgv, serialization: 'advanced', stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  child.send(task);
  return child;
}

async function run(options: FuzzScenarioOptions, siege: Siege): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-siege-'));
  const started = performance.now();
  try {
    const processes = Array.from({ length: siege.processes }, (_, index) => {
      const task: FuzzTask = {
        kind: 'fuzz',
        module: options.module.href,
        seed: siege.seed + index * SEEDS_APART,
        ...(siege.seconds === undefined ? {} : { seconds: siege.seconds }),
        ...(siege.rounds === undefined ? {} : { rounds: siege.rounds }),
        running: join(folder, `running-${index}.json`),
      };
      return watch(options, task, siege);
    });
    return figures(await Promise.all(processes), (performance.now() - started) / 1000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One process to its end. One that hangs or dies is a finding, with the input that it was at. */
async function watch(
  { name, hangsSeconds = HANGS_SECONDS }: FuzzScenarioOptions,
  task: FuzzTask,
  siege: Siege,
): Promise<End | undefined> {
  const child = start(task);
  let last: End | undefined;
  let errors = '';
  let hangs = false;
  let nextWord = performance.now() + SAY_MS;
  const bite = () => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(bite, hangsSeconds * 1000);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  child.on('message', (said: Said) => {
    clearTimeout(timer);
    timer = setTimeout(bite, hangsSeconds * 1000);
    if (said.kind === 'finding') siege.found(said.finding);
    if (said.kind !== 'progress') return;
    last = { ...said.progress, reached: said.reached };
    const now = performance.now();
    if (now < nextWord) return;
    nextWord = now + SAY_MS;
    siege.say(`${name}: ${last.runs} inputs, ${last.corpus} kept, ${percent(last.reached)} % of the code reached`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (code === 0) return last;
  siege.found({ ...endOf(hangs, hangsSeconds, errors), input: inputAt(task.running) });
  return last;
}

const percent = (share: number) => Math.round(share * 1000) / 10;

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 8).join(' | ') || 'without a word';
}

function inputAt(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // It died before its first input.
    return null;
  }
}

async function replay(
  { module, hangsSeconds = HANGS_SECONDS }: FuzzScenarioOptions,
  input: unknown,
): Promise<readonly Failure[]> {
  const child = start({ kind: 'replay', module: module.href, input });
  let said: Said | undefined;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.on('message', (message: Said) => {
    said = message;
  });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, hangsSeconds * 1000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (said?.kind === 'replayed') return said.failures;
  if (said?.kind === 'refused') throw new SiegeError('bad_finding', said.message);
  return [endOf(hangs, hangsSeconds, errors)];
}

function endOf(hangs: boolean, hangsSeconds: number, errors: string): Failure {
  if (hangs) return { oracle: 'hangs', message: `an input did not end in ${hangsSeconds} s` };
  return { oracle: 'dies', message: `the process ended: ${firstLines(errors)}` };
}

function figures(ends: readonly (End | undefined)[], seconds: number): Figure[] {
  const all = ends.filter((end) => end !== undefined);
  const sum = (value: (end: End) => number) => all.reduce((total, end) => total + value(end), 0);
  const most = (value: (end: End) => number) => Math.max(0, ...all.map(value));
  const counts = new Set(all.flatMap((end) => Object.keys(end.counts)));
  return [
    { name: 'inputs', unit: '', value: sum(({ runs }) => runs) },
    ...[...counts].map((name) => ({ name, unit: '', value: sum((end) => end.counts[name] ?? 0) })),
    { name: 'bytes read', unit: 'MB', value: sum(({ bytes }) => bytes) / 1e6 },
    { name: 'inputs kept', unit: '', value: sum(({ corpus }) => corpus) },
    { name: 'code reached', unit: '%', value: percent(most(({ reached }) => reached)) },
    { name: 'most work, of what is allowed', unit: '%', value: percent(most(({ work }) => work)) },
    { name: 'time', unit: 's', value: seconds },
  ];
}
