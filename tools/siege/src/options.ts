// What `npm run siege` can be told.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SiegeError } from './errors.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS, scenarioNamed } from './scenarios.ts';

export const HELP = `npm run siege -- [options]

  --only NAMES      scenarios (comma between them); default all:
${SCENARIOS.map(({ name, summary }) => `                      ${name.padEnd(14)}${summary}`).join('\n')}
  --minutes N       for how long each (default 1)
  --seed N          where random numbers begin (default 1); "random" draws one
  --processes N     that work at once (default: one per core)
  --findings DIR    where findings are kept (default siege-findings)
  --json FILE       write the JSON there too
  --replay FILE     do once more what a finding did, and say whether it is still wrong

Exit codes: 0 nothing was found, 1 something was, 2 the options are wrong.
`;

/** Without options: long enough to see that it runs. */
const MINUTES = '1';

export interface Options {
  readonly help: boolean;
  readonly scenarios: readonly Scenario[];
  readonly seconds: number;
  readonly seed: number;
  readonly processes: number;
  readonly findings: string;
  readonly json?: string;
  readonly replay?: string;
}

/** Reads the command line. Throws SiegeError `bad_option`. */
export function readOptions(args: readonly string[], random: () => number = Math.random): Options {
  const values = parse(args);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new SiegeError('bad_option', `--minutes wants a number above 0, not "${values.minutes}"`);
  return {
    help: values.help,
    scenarios: values.only === undefined ? SCENARIOS : values.only.split(',').map(named),
    seconds: minutes * 60,
    seed: values.seed === 'random' ? Math.floor(random() * 0x1_0000_0000) : whole('--seed', values.seed, 0, 0xffffffff),
    processes: values.processes === undefined ? availableParallelism() : whole('--processes', values.processes, 1, 64),
    findings: values.findings,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.replay === undefined ? {} : { replay: values.replay }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        minutes: { type: 'string', default: MINUTES },
        seed: { type: 'string', default: '1' },
        processes: { type: 'string' },
        findings: { type: 'string', default: 'siege-findings' },
        json: { type: 'string' },
        replay: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new SiegeError('bad_option', (error as Error).message);
  }
}

function named(name: string): Scenario {
  const scenario = scenarioNamed(name);
  if (scenario !== undefined) return scenario;
  const names = SCENARIOS.map((known) => known.name).join(', ');
  throw new SiegeError('bad_option', `--only: there is no scenario "${name}"; there are ${names}`);
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
  throw new SiegeError('bad_option', `${option} wants a whole number from ${least} to ${most}, not "${text}"`);
}
