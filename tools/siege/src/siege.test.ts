// The siege's short form: every scenario for a bounded number of attacks, always the same ones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@weir/conformance/system';
import { afterAll, describe, expect, it } from 'vitest';
import { runScenario } from './run.ts';
import { scenarioNamed } from './scenarios.ts';

const folder = mkdtempSync(join(tmpdir(), 'siege-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function shortly(name: string, rounds: number) {
  const scenario = scenarioNamed(name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return runScenario(scenario, { seed: 1, rounds, processes: 1, findings: folder, say: () => {} });
}

const value = (report: Awaited<ReturnType<typeof shortly>>, name: string) =>
  report.figures.find((figure) => figure.name === name)?.value ?? 0;

describe('the short siege', { timeout: 600_000 }, () => {
  it('of the decoder finds nothing, in nearly all of its code', async () => {
    const report = await shortly('decoder', 500);
    expect(report.findings).toEqual([]);
    expect(value(report, 'datagrams')).toBeGreaterThan(3000);
    expect(value(report, 'code reached')).toBeGreaterThan(90);
  });

  it('of capture files finds nothing', async () => {
    const report = await shortly('capture-file', 1000);
    expect(report.findings).toEqual([]);
    expect(value(report, 'code reached')).toBeGreaterThan(80);
  });

  it('of the HTTP server finds nothing', async () => {
    const report = await shortly('http', 300);
    expect(report.findings).toEqual([]);
    expect(value(report, 'answers')).toBeGreaterThan(200);
  });

  it.each([
    ['kills', 4],
    ['damage', 4],
    ['power', 3],
  ])('of a whole Weir, %s, finds nothing', async (name, rounds) => {
    const report = await shortly(name, rounds);
    expect(report.findings).toEqual([]);
    expect(value(report, 'flows stored')).toBeGreaterThan(10_000);
    expect(value(report, 'flows stored twice')).toBe(0);
  });
});

describe.runIf(needs('netns'))('the short siege of the file system', { timeout: 600_000 }, () => {
  it('finds nothing', async () => {
    const report = await shortly('faults', 4);
    expect(report.findings).toEqual([]);
    expect(value(report, 'flows stored')).toBeGreaterThan(10_000);
  });
});

describe('the short siege of what is kept of exporters', { timeout: 600_000 }, () => {
  it('finds nothing', async () => {
    const report = await shortly('floods', 3);
    expect(report.findings).toEqual([]);
    expect(value(report, 'flows stored')).toBeGreaterThan(10_000);
  });
});

describe.runIf(needs('libfaketime'))('the short siege of the clock', { timeout: 600_000 }, () => {
  it('finds nothing', async () => {
    const report = await shortly('clock', 3);
    expect(report.findings).toEqual([]);
    expect(value(report, 'flows stored')).toBeGreaterThan(1000);
  });
});
