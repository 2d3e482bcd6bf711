// A target with mistakes on purpose: what a fuzzer has to find, behind steps that only feedback leads to.
import { SiegeError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import type { Target, Verdict } from '../target.ts';

/** Texts of up to six of eight letters. */
export function makeTarget(): Target<string> {
  return {
    sources: ['/testdata/toy-target.ts'],
    steps: { input: 1000, message: 0, byte: 50 },
    seeds: () => ['AAAA'],
    generate: (random) => letter(random),
    mutate: (input, other, random) => change(input, other, random),
    run,
    shrink: function* (input) {
      for (let at = 0; at < input.length; at++) yield input.slice(0, at) + input.slice(at + 1);
    },
    toJSON: (input) => input,
    fromJSON: (json) => {
      if (typeof json !== 'string') throw new SiegeError('bad_finding', 'the input is no text');
      return json;
    },
  };
}

const letter = (random: Random) => random.pick([...'ADGINORW']);

function change(input: string, other: string, random: Random): string {
  const at = random.below(input.length + 1);
  return (
    input.slice(0, at) +
    letter(random) +
    input.slice(at + random.below(2)) +
    (random.chance(0.1) ? other : '')
  ).slice(0, 6);
}

function run(input: string): Verdict {
  const failures = startsWithWrong(input)
    ? [{ oracle: 'throws', message: `the word at ${input.length} is wrong` }]
    : [];
  if (input.startsWith('HANG')) for (;;) if (input === '') break;
  if (input.startsWith('DIE')) process.exit(7);
  let work = 0;
  if (input.startsWith('WORK')) for (let i = 0; i < 10_000; i++) work += i % 3 === 0 ? 1 : 2;
  return {
    failures,
    messages: 1,
    bytes: input.length,
    features: [],
    counts: { letters: input.length + (work < 0 ? 1 : 0) },
  };
}

/** One letter after the other, each in a block of its own. */
function startsWithWrong(input: string): boolean {
  if (input[0] === 'W') {
    if (input[1] === 'R') {
      if (input[2] === 'O') {
        if (input[3] === 'N') {
          if (input[4] === 'G') return true;
        }
      }
    }
  }
  return false;
}
