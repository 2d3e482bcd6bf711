// What a siege reports: one JSON for programs, one table for people.
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import type { Figure } from './scenario.ts';

export interface ScenarioReport {
  readonly scenario: string;
  readonly figures: readonly Figure[];
  /** Files that `--replay` takes. */
  readonly findings: readonly { readonly oracle: string; readonly message: string; readonly file: string }[];
}

export interface Report {
  readonly date: string;
  readonly seed: number;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly scenarios: readonly ScenarioReport[];
}

export function report(seed: number, scenarios: readonly ScenarioReport[], date: Date): Report {
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
  };
  return { date: date.toISOString(), seed, machine, scenarios };
}

/** A line for each figure and each finding. */
export function table(scenarios: readonly ScenarioReport[]): string {
  const rows = scenarios.flatMap(({ scenario, figures, findings }) => [
    ...figures.map(({ name, unit, value }) => [scenario, name, numberText(value), unit]),
    [scenario, 'findings', String(findings.length), ''],
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const lines = rows.map(([scenario, name, value, unit]) =>
    [scenario.padEnd(widths[0]), name.padEnd(widths[1]), value.padStart(widths[2]), unit].join('  ').trimEnd(),
  );
  const found = scenarios.flatMap(({ scenario, findings }) =>
    findings.map(
      ({ oracle, message, file }) => `${scenario}: ${oracle}: ${message}\n  npm run siege -- --replay ${file}`,
    ),
  );
  return [...lines, ...found].join('\n');
}

/** Whole numbers with thousands apart, others with two decimals. */
function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
