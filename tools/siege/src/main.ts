// npm run siege: attacks Weir and says what broke. docs/reliability.md says what is attacked and how.
import { writeFileSync } from 'node:fs';
import { SiegeError } from './errors.ts';
import { readFinding } from './finding-files.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { report, table } from './report.ts';
import { runScenario } from './run.ts';
import { scenarioNamed } from './scenarios.ts';

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function siege({ scenarios, findings, json, ...options }: Options): Promise<number> {
  say(`seed ${options.seed}`);
  const done = [];
  for (const scenario of scenarios) {
    say(`… ${scenario.name}: ${scenario.summary}, ${options.seconds} s`);
    done.push(await runScenario(scenario, { ...options, findings, say }));
  }
  const text = JSON.stringify(report(options.seed, done, new Date()), undefined, 2);
  if (json !== undefined) writeFileSync(json, `${text}\n`);
  process.stdout.write(`${text}\n\n${table(done)}\n`);
  return done.some((one) => one.findings.length > 0) ? 1 : 0;
}

async function replay(file: string): Promise<number> {
  const finding = readFinding(file);
  const scenario = scenarioNamed(finding.scenario);
  if (scenario === undefined)
    throw new SiegeError('bad_finding', `${file}: there is no scenario "${finding.scenario}"`);
  say(`${finding.scenario} found ${finding.oracle}: ${finding.message}`);
  const failures = await scenario.replay(finding.input);
  for (const { oracle, message } of failures) process.stdout.write(`${oracle}: ${message}\n`);
  if (failures.length === 0) process.stdout.write('all is well now\n');
  return failures.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  return options.replay === undefined ? siege(options) : replay(options.replay);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SiegeError)) throw error;
  say(error.message);
  if (error.code === 'bad_option') say(`\n${HELP}`);
  process.exitCode = 2;
}
