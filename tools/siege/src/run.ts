// One scenario from beginning to end: findings become files, each once.
import { type FindingFile, saveFinding, signature } from './finding-files.ts';
import type { ScenarioReport } from './report.ts';
import type { Scenario, Siege } from './scenario.ts';

export interface RunOptions extends Omit<Siege, 'found'> {
  /** Directory for findings. */
  readonly findings: string;
}

export async function runScenario(scenario: Scenario, { findings, ...options }: RunOptions): Promise<ScenarioReport> {
  const found = new Map<string, FindingFile & { readonly file: string }>();
  const figures = await scenario.run({
    ...options,
    found: (finding) => {
      const known = signature(finding);
      if (found.has(known)) return;
      const whole = { scenario: scenario.name, seed: options.seed, ...finding };
      const file = saveFinding(findings, whole);
      found.set(known, { ...whole, file });
      options.say(`${scenario.name}: FOUND ${finding.oracle}: ${finding.message} (${file})`);
    },
  });
  const list = [...found.values()].map(({ oracle, message, file }) => ({ oracle, message, file }));
  return { scenario: scenario.name, figures, findings: list };
}
