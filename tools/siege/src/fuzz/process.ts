// A process that fuzzes one target: its own, so that an input that never ends or takes all memory ends nothing else.
import { ftruncateSync, openSync, writeSync } from 'node:fs';
import { SiegeError } from '../errors.ts';
import { Fuzzer } from './fuzzer.ts';
import type { FuzzTask, ReplayTask, Said, TargetModule, Task } from './messages.ts';
import type { Target } from './target.ts';

/** Between two words of progress. */
const TELL_MS = 1000;

function say(said: Said): void {
  process.send?.(said);
}

async function fuzz<Input>(target: Target<Input>, task: FuzzTask): Promise<void> {
  const file = openSync(task.running, 'w');
  let told = Number.NEGATIVE_INFINITY;
  const fuzzer = new Fuzzer(target, task.seed, {
    running: (input) => {
      ftruncateSync(file, writeSync(file, JSON.stringify(target.toJSON(input)), 0));
      const now = performance.now();
      if (now - told < TELL_MS) return;
      told = now;
      say({ kind: 'progress', progress: fuzzer.progress, reached: fuzzer.reached });
    },
    found: (finding) => say({ kind: 'finding', finding }),
  });
  const { seconds = Number.POSITIVE_INFINITY, rounds = Number.POSITIVE_INFINITY } = task;
  const end = performance.now() + seconds * 1000;
  while (fuzzer.progress.runs < rounds && performance.now() < end) {
    await fuzzer.round();
    // Lets messages out.
    await new Promise((resolve) => setImmediate(resolve));
  }
  say({ kind: 'progress', progress: fuzzer.progress, reached: fuzzer.reached });
}

async function replay<Input>(target: Target<Input>, task: ReplayTask): Promise<void> {
  const nothing = { running: () => {}, found: () => {} };
  let input: Input;
  try {
    input = target.fromJSON(task.input);
  } catch (error) {
    if (!(error instanceof SiegeError)) throw error;
    say({ kind: 'refused', message: error.message });
    return;
  }
  const { failures } = await new Fuzzer(target, 0, nothing).attempt(input);
  say({ kind: 'replayed', failures });
}

async function perform(task: Task): Promise<void> {
  const { makeTarget } = (await import(task.module)) as TargetModule;
  await (task.kind === 'fuzz' ? fuzz(makeTarget(), task) : replay(makeTarget(), task));
}

process.once('message', (task: Task) => {
  perform(task).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});
