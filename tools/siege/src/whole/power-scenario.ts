// Losses of power: everything ends at once, what was not forced to the disk ends in zeros or is cut, and the machine starts anew. Weir starts on
// what is left, stores nothing twice, and calls nothing stored that is not.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Assault, type Ground, wholeScenario } from './assault.ts';
import { losePower } from './power-loss.ts';

const RATE = 30_000;
/** How long it runs before the power is lost, in milliseconds: while it starts, while it works. */
const PAUSES = [
  [500, 2000],
  [3000, 6000],
] as const;
/**
 * What the ledger may be wrong by after a loss: what its files told in the seconds before, and what lanes had in memory. Each flow is in two
 * balances, and its datagram in a third.
 */
const SECONDS_AT_RISK = 10;
const BALANCES = 3;

async function attack({ fortress, random, did }: Ground, allow: (flows: number) => void): Promise<void> {
  const sync = random.chance(0.5);
  const [least, most] = random.pick(PAUSES);
  await sleep(random.between(least, most));
  await fortress.weir.killAll();
  const harmed = losePower(fortress.weir.spool, sync, random);
  for (let file = 0; file < harmed; file++) did('files harmed');
  allow(RATE * SECONDS_AT_RISK * BALANCES);
  did(sync ? 'losses with spool.fsync' : 'losses without spool.fsync');
  fortress.start({ WEIR_SPOOL_FSYNC: String(sync) });
}

function powerAssault(): Assault {
  const allowed = {
    accounts: ['flows_lost_with_process', 'flows_spool_corrupt', 'flows_spool_missing'],
    unseen: true,
    off: 0,
  };
  return {
    name: 'power',
    summary: 'losses of power: what was not forced to the disk ends in zeros or is cut',
    rates: [RATE],
    phase: 4,
    allowed,
    attack: (ground) =>
      attack(ground, (flows) => {
        allowed.off += flows;
      }),
  };
}

export const powerScenario = wholeScenario(powerAssault);
