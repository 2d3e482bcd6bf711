import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFinding } from '../finding-files.ts';
import { runScenario } from '../run.ts';
import { fuzzScenario } from './fuzz-scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'siege-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const toy = fuzzScenario({
  name: 'toy',
  summary: 'a target with mistakes on purpose',
  module: new URL('./testdata/toy-target.ts', import.meta.url),
  hangsSeconds: 5,
});
const options = { seed: 1, processes: 1, findings: folder, say: () => {} };

describe('a fuzzed target', { timeout: 300_000 }, () => {
  it('gives up the input that only coverage leads to, in its smallest form, to be replayed', async () => {
    // By chance alone, five of eight letters take some 33,000 inputs.
    const report = await runScenario(toy, { ...options, rounds: 5000 });
    expect(report.findings.map(({ oracle }) => oracle)).toContain('throws');
    const file = report.findings.find(({ oracle }) => oracle === 'throws')?.file ?? '';
    const finding = readFinding(file);
    expect(finding).toMatchObject({
      scenario: 'toy',
      seed: 1,
      oracle: 'throws',
      message: 'the word at 5 is wrong',
      input: 'WRONG',
    });
    expect(await toy.replay(finding.input)).toEqual([{ oracle: 'throws', message: 'the word at 5 is wrong' }]);
  });

  it('does the same again for the same seed', async () => {
    const counted = async (seed: number) => {
      const { figures } = await runScenario(toy, { ...options, seed, rounds: 500 });
      return figures.filter(({ name }) => name !== 'time');
    };
    expect(await counted(5)).toEqual(await counted(5));
    expect(await counted(6)).not.toEqual(await counted(5));
  });

  it('is known by the input that ended the process, or never ended', async () => {
    expect(await toy.replay('DIE')).toEqual([{ oracle: 'dies', message: 'the process ended: without a word' }]);
    expect(await toy.replay('HANGING')).toMatchObject([{ oracle: 'hangs' }]);
  });

  it('may do only so much work for its bytes', async () => {
    expect(await toy.replay('WORK')).toMatchObject([
      { oracle: 'work', message: expect.stringMatching(/steps of code for 4 bytes/) },
    ]);
    expect(await toy.replay('WELL')).toEqual([]);
  });

  it('refuses the input of another', async () => {
    await expect(toy.replay({ datagrams: [] })).rejects.toMatchObject({
      code: 'bad_finding',
      message: 'the input is no text',
    });
  });
});
