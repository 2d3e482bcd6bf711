// Faults of the file system under a running Weir: directories that are removed or replaced, a disk that is full, folders that cannot be
// written. What is lost is counted, folders are made again, and all of it goes on by itself.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@weir/conformance/system';
import { filesIn, STORE, spoolFolders } from '@weir/spool';
import { type Assault, type Ground, wholeScenario } from './assault.ts';
import { fillDisk } from './fill-disk.ts';

/** Of the file system that the data directory is on: room for what a run stores. */
const DISK = '600m';
/** How long a fault lasts that does not pass by itself, in milliseconds. */
const LASTS = [500, 4000] as const;
/** What a removed directory may take of the ledger: rows of so many seconds that nobody had read; each flow is in two balances, its datagram in a third. */
const UNREAD_SECONDS = 3;
const BALANCES = 3;
const RATES = [20_000, 40_000] as const;
/** Between faults. */
const BETWEEN = [500, 2500] as const;

const dataOf = (folder: string): string => join(folder, 'data');
const lasting = async ({ random }: Ground) => await sleep(random.between(...LASTS));

/** Directories that Weir makes again. */
function directories(data: string): string[] {
  const spool = join(data, 'spool');
  const { writing, consumers, status } = spoolFolders(spool);
  const store = join(consumers, STORE);
  return [
    spool,
    writing,
    status,
    consumers,
    store,
    join(store, 'flows'),
    join(store, 'ledger'),
    join(store, 'dimensions'),
  ];
}

const FAULTS: Readonly<Record<string, (ground: Ground, data: string) => Promise<void>>> = {
  async 'directories removed'({ random }, data) {
    rmSync(random.pick(directories(data)), { recursive: true, force: true });
  },
  async 'directories replaced by empty ones'({ random }, data) {
    const path = random.pick(directories(data));
    if (!existsSync(path)) return;
    renameSync(path, join(data, `replaced-${process.hrtime.bigint()}`));
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  async 'open files removed'({ fortress }) {
    const { writing } = spoolFolders(fortress.weir.spool);
    for (const file of filesIn(writing)) if (file.endsWith('.tmp')) rmSync(join(writing, file), { force: true });
  },
  async 'full disks'(ground, data) {
    const filler = fillDisk(data);
    await lasting(ground);
    rmSync(filler);
  },
  async 'folders that cannot be written'(ground, data) {
    const path = ground.random.pick(directories(data));
    if (!existsSync(path)) return;
    run('chattr', ['+i', path]);
    await lasting(ground);
    run('chattr', ['-i', path]);
  },
};

function faultsAssault(): Assault {
  const allowed = { accounts: ['flows_spool_failed', 'flows_spool_missing', 'flows_lost_with_process'], off: 0 };
  return {
    name: 'faults',
    summary: 'directories removed and replaced, full disks, folders that cannot be written, while flows come in',
    needs: ['netns'],
    rates: RATES,
    phase: 4,
    allowed,
    place(folder) {
      const data = dataOf(folder);
      mkdirSync(data);
      run('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'weir-siege', data]);
      return () => void run('umount', ['--lazy', data]);
    },
    async attack(ground) {
      const { fortress, random, did } = ground;
      await sleep(random.between(...BETWEEN));
      const fault = random.pick(Object.keys(FAULTS));
      await FAULTS[fault](ground, fortress.data);
      if (fault.startsWith('directories')) allowed.off += Math.max(...RATES) * UNREAD_SECONDS * BALANCES;
      did(fault);
    },
  };
}

export const faultsScenario = wholeScenario(faultsAssault);
