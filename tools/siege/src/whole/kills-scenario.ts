// The kills: SIGKILL for random processes of Weir at random moments, under load. Nothing may be lost but what was in the memory of a collecting
// process, and that has to be counted; nothing may be stored or sent on twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { SiegeError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Figure, Finding, Scenario, Siege } from '../scenario.ts';
import { doubled } from './doubles.ts';
import { Fortress, type Victim } from './fortress.ts';
import { written } from './written.ts';

/** Each as often as it is here. */
const VICTIMS: readonly Victim[] = [
  ...Array<Victim>(7).fill('collect'),
  ...Array<Victim>(6).fill('store'),
  ...Array<Victim>(3).fill('sinks'),
  ...Array<Victim>(3).fill('everything'),
  ...Array<Victim>(2).fill('supervisor'),
];
/** Flows a second, and now and then many more. */
const RATES = [20_000, 60_000, 60_000, 150_000] as const;
/** Milliseconds between kills: while it starts, while it works, long after. */
const PAUSES = [
  [0, 300],
  [300, 1500],
  [1500, 4000],
] as const;
/** Kills after which all has to come to rest. */
const PHASE = 25;

export const killsScenario: Scenario = {
  name: 'kills',
  summary: 'SIGKILL for random processes of Weir at random moments, under load',
  run,
  replay,
};

type Bounds = Pick<Siege, 'seed' | 'seconds' | 'rounds' | 'say'>;

async function run(siege: Siege): Promise<Figure[]> {
  const { seed, seconds, rounds } = siege;
  const input = { seed, ...(rounds === undefined ? { seconds } : { rounds }) };
  return besiege(siege, (oracle, message) => siege.found({ oracle, message, input }));
}

async function besiege(siege: Bounds, found: (oracle: string, message: string) => void): Promise<Figure[]> {
  const { seed, seconds = Number.POSITIVE_INFINITY, rounds = Number.POSITIVE_INFINITY, say } = siege;
  const random = new Random(seed);
  const kills = new Map<Victim, number>();
  const began = performance.now();
  let done = 0;
  const over = () => done >= rounds || (performance.now() - began) / 1000 >= seconds;
  const fortress = await Fortress.open();
  try {
    while (!over()) {
      fortress.traffic.go(random.pick(RATES));
      for (const end = done + PHASE; done < end && !over(); done++) {
        const [least, most] = random.pick(PAUSES);
        await sleep(random.between(least, most));
        const victim = random.pick(VICTIMS);
        kills.set(victim, (kills.get(victim) ?? 0) + 1);
        await fortress.kill(victim);
      }
      const wrong = await fortress.comesToRest({ accounts: ['flows_lost_with_process'] });
      say(`kills: ${done} done, ${wrong.length === 0 ? 'all accounted for' : wrong.join('; ')}`);
      for (const message of wrong) found('accounts', message);
      // What is wrong once stays wrong.
      if (wrong.length > 0) break;
    }
    const { datagrams, last } = await fortress.traffic.pause();
    const total = await fortress.total();
    await fortress.stop();
    const { rows, distinct } = doubled(fortress.weir.store, last);
    if (rows !== distinct) found('doubles', `${rows - distinct} flows are stored twice`);
    const files = written(fortress.archive, last);
    if (files.rows !== files.distinct) found('doubles', `${files.rows - files.distinct} flows are in files twice`);
    if (files.distinct !== distinct) found('sink', `${distinct} flows are stored, and ${files.distinct} are in files`);
    return [
      ...[...kills].sort().map(([victim, count]) => ({ name: `kills of ${victim}`, unit: '', value: count })),
      { name: 'flows sent', unit: '', value: last },
      { name: 'datagrams sent', unit: '', value: Object.values(datagrams).reduce((sum, sent) => sum + sent, 0) },
      { name: 'flows stored', unit: '', value: rows },
      { name: 'flows lost with a process', unit: '', value: total.flows_lost_with_process ?? 0 },
      { name: 'flows lost otherwise', unit: '', value: last - rows - (total.flows_lost_with_process ?? 0) },
      { name: 'datagrams lost with a process', unit: '', value: total.datagrams_lost_with_process ?? 0 },
      { name: 'flows stored twice', unit: '', value: rows - distinct },
      { name: 'flows in files', unit: '', value: files.rows },
      { name: 'flows in files twice', unit: '', value: files.rows - files.distinct },
      { name: 'time', unit: 's', value: (performance.now() - began) / 1000 },
    ];
  } finally {
    await fortress.close();
  }
}

async function replay(input: unknown): Promise<Omit<Finding, 'input'>[]> {
  const { seed, rounds, seconds } = (input ?? {}) as Record<string, unknown>;
  if (typeof seed !== 'number') throw new SiegeError('bad_finding', 'the input has no seed');
  const bounds = typeof rounds === 'number' ? { rounds } : { seconds: Number(seconds) };
  const found: Omit<Finding, 'input'>[] = [];
  await besiege({ seed, say: () => {}, ...bounds }, (oracle, message) => found.push({ oracle, message }));
  return found;
}
