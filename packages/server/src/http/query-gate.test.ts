import { describe, expect, it } from 'vitest';
import { QueryGate } from './query-gate.ts';

/** A task that ends when told to. */
function task(): { run(): Promise<string>; end(): void; started: boolean } {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const made = {
    started: false,
    end: () => end(),
    async run() {
      made.started = true;
      await done;
      return 'done';
    },
  };
  return made;
}

describe('the gate before the store', () => {
  it('lets so many queries in at once and the next when one has ended', async () => {
    const gate = new QueryGate({ concurrency: 1, queue: 5, queueMs: 60_000 });
    const [first, second] = [task(), task()];
    const answers = [gate.run(first.run), gate.run(second.run)];
    await Promise.resolve();
    await Promise.resolve();
    expect([first.started, second.started]).toEqual([true, false]);
    first.end();
    await answers[0];
    second.end();
    expect(await Promise.all(answers)).toEqual(['done', 'done']);
  });

  it('refuses what finds the queue full', async () => {
    const gate = new QueryGate({ concurrency: 1, queue: 1, queueMs: 60_000 });
    const [first, second, third] = [task(), task(), task()];
    const answers = [gate.run(first.run), gate.run(second.run)];
    await expect(gate.run(third.run)).rejects.toMatchObject({ code: 'too_busy', limit: 'queue' });
    first.end();
    second.end();
    await Promise.all(answers);
  });

  it('gives up a wait that is too long', async () => {
    const gate = new QueryGate({ concurrency: 1, queue: 1, queueMs: 1 });
    const first = task();
    const answer = gate.run(first.run);
    await expect(gate.run(task().run)).rejects.toMatchObject({ code: 'too_busy' });
    first.end();
    await answer;
  });

  it('gives up the place of a caller that went away, and stays open after failures', async () => {
    const gate = new QueryGate({ concurrency: 1, queue: 1, queueMs: 60_000 });
    const first = task();
    const failing = gate.run(async () => {
      await first.run();
      throw new Error('no');
    });
    const controller = new AbortController();
    const waiting = gate.run(task().run, controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.end();
    await expect(failing).rejects.toThrow('no');
    expect(await gate.run(async () => 'again')).toBe('again');
  });
});
