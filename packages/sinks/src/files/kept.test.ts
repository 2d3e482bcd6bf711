import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptFiles } from './kept.ts';

const HOUR = 3_600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that has run for so many milliseconds as `clock.ms` says. */
async function started(clock: { ms: number }, there: readonly string[]): Promise<KeptFiles> {
  const kept = new KeptFiles(folder, 'web', { age: 10 * HOUR }, () => clock.ms);
  await kept.open(there.map((name) => ({ name, bytes: 100 })));
  return kept;
}

const due = (kept: KeptFiles) => kept.due().map(({ name }) => name);

describe('KeptFiles', () => {
  it('counts the time that Weir has run since a file was complete, over restarts, and no other time', async () => {
    const first = { ms: 500_000 };
    const kept = await started(first, []);
    kept.add({ name: 'a', bytes: 100 });
    first.ms += 6 * HOUR;
    kept.add({ name: 'b', bytes: 100 });
    expect(due(kept)).toEqual([]);
    await kept.save();
    // However long the pause was, and whatever a process's own clock begins with.
    const second = { ms: 3 };
    const next = await started(second, ['b', 'a']);
    second.ms += 3 * HOUR;
    expect(due(next)).toEqual([]);
    second.ms += 2 * HOUR;
    expect(due(next)).toEqual(['a']);
    next.removed('a');
    second.ms += 5 * HOUR;
    expect(due(next)).toEqual(['b']);
  });

  it('takes files that it does not know for as old as now', async () => {
    for (const text of ['', '{', 'null', '{"clock":"x","files":[]}', '{"clock":5,"files":[7,["b"]]}']) {
      writeFileSync(join(folder, '.weir-web.kept'), text);
      const clock = { ms: 0 };
      const kept = await started(clock, ['b']);
      expect([text, due(kept)]).toEqual([text, []]);
      clock.ms += 10 * HOUR;
      expect([text, due(kept)]).toEqual([text, ['b']]);
    }
  });

  it('takes no file for older than its own clock', async () => {
    writeFileSync(join(folder, '.weir-web.kept'), JSON.stringify({ clock: 5 * HOUR, files: [['b', 99 * HOUR]] }));
    const clock = { ms: 0 };
    const kept = await started(clock, ['b']);
    clock.ms += 10 * HOUR;
    expect(due(kept)).toEqual(['b']);
  });

  it('names the oldest beyond a size, oldest first', async () => {
    const kept = new KeptFiles(folder, 'web', { size: 250 });
    await kept.open([]);
    for (const name of ['a', 'b', 'c', 'd']) kept.add({ name, bytes: 100 });
    expect(due(kept)).toEqual(['a', 'b']);
  });
});
