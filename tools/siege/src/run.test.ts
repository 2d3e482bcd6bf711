import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFinding } from './finding-files.ts';
import { table } from './report.ts';
import { runScenario } from './run.ts';
import type { Finding, Scenario } from './scenario.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siege-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A scenario that finds what it is given. */
const finding = (...findings: Finding[]): Scenario => ({
  name: 'example',
  summary: '',
  run: async ({ found }) => {
    for (const one of findings) found(one);
    return [{ name: 'attacks', unit: '', value: 12345 }];
  },
  replay: async () => [],
});
const options = { seed: 9, processes: 1, say: () => {} };

describe('a finding', () => {
  it('is a file that says what it is and what brings it about', async () => {
    const { findings } = await runScenario(finding({ oracle: 'throws', message: 'at 5', input: { a: 1 } }), {
      ...options,
      findings: folder,
    });
    expect(readFinding(findings[0].file)).toEqual({
      scenario: 'example',
      seed: 9,
      oracle: 'throws',
      message: 'at 5',
      input: { a: 1 },
    });
  });

  it('is kept once, whatever the numbers in its message', async () => {
    const scenario = finding(
      { oracle: 'throws', message: 'at 5 of 10', input: 1 },
      { oracle: 'throws', message: 'at 77 of 1', input: 2 },
      { oracle: 'ledger', message: 'at 5 of 10', input: 3 },
    );
    const { findings } = await runScenario(scenario, { ...options, findings: folder });
    expect(findings.map(({ oracle, message }) => `${oracle}: ${message}`)).toEqual([
      'throws: at 5 of 10',
      'ledger: at 5 of 10',
    ]);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('is refused when the file is none', () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{"scenario": "example"}');
    expect(() => readFinding(path)).toThrow(`${path} is no finding: it lacks scenario, oracle or input`);
    writeFileSync(path, '{');
    expect(() => readFinding(path)).toThrow(/cannot be read as a finding/);
    expect(() => readFinding(join(folder, 'none.json'))).toThrow(/cannot be read as a finding/);
  });
});

describe('the table', () => {
  it('has a line for each figure, the number of findings, and how to replay each', async () => {
    const report = await runScenario(finding({ oracle: 'throws', message: 'at 5', input: 1 }), {
      ...options,
      findings: folder,
    });
    expect(table([report])).toBe(
      [
        'example  attacks   12,345',
        'example  findings       1',
        'example: throws: at 5',
        `  npm run siege -- --replay ${report.findings[0].file}`,
      ].join('\n'),
    );
  });
});
