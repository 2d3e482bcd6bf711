// Clocks that are set while Weir runs: three hours ahead, a day back, four hundred days ahead, and back. Nothing is lost, nothing stalls, and
// nothing is dropped for its age.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { libfaketime } from '@weir/conformance/system';
import { type Assault, wholeScenario } from './assault.ts';

/** As libfaketime reads them: against the machine's own clock. */
const CLOCKS = ['+3h', '-1d', '+400d', '+0'] as const;
/** How long a clock stays as it is, in milliseconds. */
const STAYS = [500, 6000] as const;

function clockAssault(): Assault {
  let clock = '';
  const set = (to: string) => writeFileSync(clock, `${to}\n`);
  return {
    name: 'clock',
    summary: 'clocks that jump by +3 h, -1 d, +400 d and back, while flows come in',
    needs: ['libfaketime'],
    // Every look at the clock reads the file that sets it, which makes the engine many times slower.
    rates: [3000, 6000],
    phase: 4,
    // Processes are killed in between: a new one knows nothing of the clock before.
    allowed: { accounts: ['flows_lost_with_process'] },
    place(folder) {
      clock = join(folder, 'clock');
      set('+0');
      return () => {};
    },
    env: (folder) => ({
      LD_PRELOAD: libfaketime() ?? '',
      FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }),
    async attack({ fortress, random, did }) {
      const to = random.pick(CLOCKS);
      set(to);
      did(`clocks set to ${to}`);
      await sleep(random.between(...STAYS));
      if (!random.chance(0.2)) return;
      const victim = random.pick(['collect', 'store'] as const);
      await fortress.kill(victim);
      did(`kills of ${victim}`);
    },
  };
}

export const clockScenario = wholeScenario(clockAssault);
