// Damage: files of the spool and of the embedded store are changed, cut, zeroed, replaced and removed, while Weir runs and while parts of it are
// away. What is lost has to be counted, what is damaged to be named, and nothing behind it may wait.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { consumerFolders, filesIn, STORE } from '@weir/spool';
import type { Random } from '../random.ts';
import { type Assault, type Ground, wholeScenario } from './assault.ts';
import { storeCommand } from './care.ts';
import { DAMAGES, damageFile } from './damage.ts';
import { spoolTargets, storeTargets, type Target } from './damage-targets.ts';

/** Which processes are away while files are damaged: each as often as it is here. */
const AWAY = ['nobody', 'nobody', 'store', 'store', 'everybody'] as const;
/** Files that are damaged at once. */
const AT_ONCE = 3;
/** How often a file is drawn until one is found. */
const DRAWS = 10;
/** How long files may gather in the spool while the store is away, in milliseconds. */
const GATHER = [300, 1500] as const;
/** How long /readyz may take to name what a check has found, in seconds. */
const NAMED_SECONDS = 30;

function pickFrom(targets: Map<string, Target[]>, random: Random): Target | undefined {
  if (targets.size === 0) return undefined;
  return random.pick(targets.get(random.pick([...targets.keys()].sort())) ?? []);
}

class Damager {
  /** What was damaged in this phase: a second damage of the same would leave nothing to count by. */
  readonly #sets = new Set<string>();

  forget(): void {
    this.#sets.clear();
  }

  /** Damages a file. False where there is none of the kind that was drawn. */
  damage({ fortress, random, did }: Ground): boolean {
    const targets = random.chance(0.75) ? spoolTargets(fortress.data) : storeTargets(fortress.data);
    const target = pickFrom(targets, random);
    if (target === undefined || this.#sets.has(target.set)) return false;
    const damage = random.pick(DAMAGES);
    if (!damageFile(target.path, damage, random)) return false;
    this.#sets.add(target.set);
    did(`damages of ${target.what}`);
    return true;
  }
}

async function attack(ground: Ground, damager: Damager): Promise<void> {
  const { fortress, random, did } = ground;
  const away = random.pick(AWAY);
  if (away === 'store') await fortress.kill('store');
  await sleep(random.between(...GATHER));
  if (away === 'everybody') await fortress.weir.killAll();
  did(`times with ${away} away`);
  for (let left = random.between(1, AT_ONCE); left > 0; left--) {
    for (let draw = 0; draw < DRAWS && !damager.damage(ground); draw++);
  }
  if (away === 'everybody') fortress.start();
}

/** Sees whether what was set aside is told, and removes it as a person would who has looked at it. */
async function clearAside({ fortress, found }: Ground): Promise<void> {
  const { aside } = consumerFolders(fortress.weir.spool, STORE);
  if (filesIn(aside).length === 0) return;
  if (!(await fortress.soonSays(aside, NAMED_SECONDS))) {
    found('readyz', `there are files in ${aside} and /readyz says: ${await fortress.says()}`);
  }
  for (const file of filesIn(aside)) rmSync(join(aside, file));
}

/** Finds out what of the store is damaged, sees whether it is told, and repairs it. */
async function repair(ground: Ground): Promise<void> {
  const { fortress, found, did } = ground;
  const checked = await storeCommand(fortress, 'check');
  const damaged = /^damaged: part (\S+) of (flows\w*),/m.exec(checked.stdout)?.[1];
  if (damaged !== undefined && !(await fortress.soonSays(damaged, NAMED_SECONDS))) {
    found('readyz', `weir store check finds the damaged part ${damaged} and /readyz says: ${await fortress.says()}`);
  }
  const repaired = await storeCommand(fortress, 'repair');
  if (repaired.code !== 0) found('repair', `weir store repair failed: ${repaired.stderr}`);
  did('repairs');
}

function damageAssault(): Assault {
  const damager = new Damager();
  return {
    name: 'damage',
    summary: 'random damage to files of the spool and of the embedded store, while flows come in',
    rates: [15_000, 30_000],
    phase: 5,
    allowed: {
      accounts: ['flows_lost_with_process', 'flows_spool_corrupt', 'flows_spool_missing', 'flows_store_damaged'],
    },
    attack: (ground) => attack(ground, damager),
    async relief(ground) {
      damager.forget();
      await clearAside(ground);
      await repair(ground);
    },
    async after({ fortress, found }) {
      const checked = await storeCommand(fortress, 'check');
      if (checked.code !== 0) found('repair', `after weir store repair a check still finds: ${checked.stdout}`);
    },
  };
}

export const damageScenario = wholeScenario(damageAssault);
