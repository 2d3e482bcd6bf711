// The kills: SIGKILL for random processes of Weir at random moments, under load. Nothing may be lost but what was in the memory of a collecting
// process, and that has to be counted; nothing may be stored or sent on twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { wholeScenario } from './assault.ts';
import type { Victim } from './fortress.ts';

/** Each as often as it is here. */
const VICTIMS: readonly Victim[] = [
  ...Array<Victim>(7).fill('collect'),
  ...Array<Victim>(6).fill('store'),
  ...Array<Victim>(3).fill('sinks'),
  ...Array<Victim>(3).fill('everything'),
  ...Array<Victim>(2).fill('supervisor'),
];
/** Milliseconds between kills: while it starts, while it works, long after. */
const PAUSES = [
  [0, 300],
  [300, 1500],
  [1500, 4000],
] as const;

export const killsScenario = wholeScenario(() => ({
  name: 'kills',
  summary: 'SIGKILL for random processes of Weir at random moments, under load',
  rates: [10_000, 20_000, 40_000, 80_000],
  archive: true,
  phase: 25,
  allowed: { accounts: ['flows_lost_with_process'] },
  async attack({ fortress, random, did }) {
    const [least, most] = random.pick(PAUSES);
    await sleep(random.between(least, most));
    const victim = random.pick(VICTIMS);
    await fortress.kill(victim);
    did(`kills of ${victim}`);
  },
}));
