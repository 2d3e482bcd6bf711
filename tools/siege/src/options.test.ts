import { describe, expect, it } from 'vitest';
import { HELP, readOptions } from './options.ts';
import { SCENARIOS } from './scenarios.ts';

describe('options of the siege', () => {
  it('have a fixed seed, all scenarios and a minute each by default', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ seed: 1, seconds: 60, findings: 'siege-findings', help: false });
    expect(options.scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
  });

  it('choose scenarios, time and seed', () => {
    const options = readOptions(['--only', 'http,decoder', '--minutes', '30', '--seed', '7', '--processes', '1']);
    expect(options).toMatchObject({ seed: 7, seconds: 1800, processes: 1 });
    expect(options.scenarios.map(({ name }) => name)).toEqual(['http', 'decoder']);
    expect(readOptions(['--seed', 'random'], () => 0.5).seed).toBe(0x80000000);
  });

  it.each([
    [['--only', 'dns'], '--only: there is no scenario "dns"; there are decoder, capture-file, http, kills'],
    [['--minutes', '0'], '--minutes wants a number above 0, not "0"'],
    [['--seed', 'x'], '--seed wants a whole number from 0 to 4294967295, not "x"'],
    [['--processes', '0'], '--processes wants a whole number from 1 to 64, not "0"'],
  ])('%j are refused with what is wanted', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('that are unknown are refused', () => {
    expect(() => readOptions(['--hours', '1'])).toThrow(/--hours/);
  });

  it('are told by --help, with the scenarios', () => {
    for (const word of ['--only', '--minutes', '--seed', '--replay', 'capture-file']) expect(HELP).toContain(word);
  });
});
