// npm run bench: each stage alone, then the whole path with a sender beside it. Prints a table and one JSON; the only place
// where time is judged. docs/performance.md says what is measured and how.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Figure, table } from './figures.ts';
import { machine } from './machine.ts';
import { enrichStage, spoolStage } from './stages/after-decode.ts';
import { decodeStages } from './stages/decode.ts';
import { measure } from './stages/measure.ts';
import { receiveFigures } from './stages/receive.ts';
import { wholePath } from './whole/whole-path.ts';

const HELP = `npm run bench -- [options]

  --only PARTS     any of stages, receive, whole, peers (comma between them); default all
  --rate N         flows a second of the whole path (default 1000000)
  --seconds N      for how long (default 20)
  --json FILE      write the JSON there too
  --keep           keep the directory of the whole path
  --strict         exit 1 when a target is missed
`;

const PARTS = ['stages', 'receive', 'whole', 'peers'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join(',') },
    rate: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '20' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function stages(): Figure[] {
  const figures: Figure[] = [];
  const spool = spoolStage();
  try {
    for (const stage of [...decodeStages(), enrichStage(), spool]) {
      say(`… ${stage.name}`);
      figures.push(measure(stage));
    }
  } finally {
    spool.close();
  }
  return figures;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const only = values.only.split(',');
  const rate = Number(values.rate);
  const seconds = Number(values.seconds);
  const unknown = only.find((part) => !PARTS.includes(part as Part));
  if (unknown !== undefined || !(rate > 0) || !(seconds > 0)) {
    say(unknown === undefined ? '--rate and --seconds want a number above 0' : `--only: no part "${unknown}"`);
    say(HELP);
    return 2;
  }
  const figures: Figure[] = [];
  if (only.includes('stages')) figures.push(...stages());
  if (only.includes('receive')) {
    say('… receive');
    figures.push(...(await receiveFigures()));
  }
  const whole = await wholePath({
    rate,
    seconds,
    weir: only.includes('whole'),
    peers: only.includes('peers'),
    keep: values.keep,
    say,
  });
  figures.push(...whole.figures);
  const report = { machine: machine(), date: new Date().toISOString(), figures, runs: whole.runs };
  const json = JSON.stringify(report, undefined, 2);
  if (values.json !== undefined) writeFileSync(values.json, `${json}\n`);
  process.stdout.write(`${json}\n\n${table(figures)}\n`);
  return values.strict && figures.some(({ met }) => met === false) ? 1 : 0;
}

process.exitCode = await main();
