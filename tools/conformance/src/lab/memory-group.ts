// A group of processes whose memory the kernel bounds: a control group, version 1 or 2. Beyond the bound the kernel's own
// out-of-memory killer ends one of them, as it does in a container. Names carry the pid of the test process, so that what a killed run
// left behind is recognised and removed by the next.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const PREFIX = 'weir-test-';

/** Where version 1 has its memory controller, and where version 2 is; in each the file that bounds, no bound, and who was killed. */
const KINDS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', none: '-1', events: 'memory.oom_control' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', none: 'max', events: 'memory.events' },
] as const;

/** Files that keep memory from going to swap in place of being bounded, where the kernel has them. */
const NO_SWAP = ['memory.swappiness', 'memory.swap.max'];

export class MemoryGroup {
  readonly #folder: string;
  readonly #kind: (typeof KINDS)[number];

  /** An empty group without a bound. Throws where this process may make none. */
  constructor() {
    for (const kind of KINDS) {
      const folder = join(kind.root, `${PREFIX}${process.pid}`);
      if (!tryMake(folder)) continue;
      if (countIn(folder, kind.events) === undefined || !existsSync(join(folder, kind.limit))) {
        rmdirSync(folder);
        continue;
      }
      for (const name of NO_SWAP) if (existsSync(join(folder, name))) writeFileSync(join(folder, name), '0');
      this.#folder = folder;
      this.#kind = kind;
      return;
    }
    throw new Error(`no memory control group can be made below ${KINDS.map(({ root }) => root).join(' or ')}`);
  }

  /** Bounds in bytes what its processes take from now on; undefined lifts the bound. */
  set limit(bytes: number | undefined) {
    writeFileSync(join(this.#folder, this.#kind.limit), bytes === undefined ? this.#kind.none : String(bytes));
  }

  /** How many of its processes the kernel has killed for want of memory. */
  get kills(): number {
    return countIn(this.#folder, this.#kind.events) ?? 0;
  }

  get pids(): number[] {
    return pidsIn(this.#folder);
  }

  /** Takes a process in. False when it is gone. */
  add(pid: number): boolean {
    return tryMove(pid, this.#folder);
  }

  /** Its processes go back to the group above. */
  remove(): void {
    removeGroup(this.#folder);
  }
}

/** Whether this process may make a memory control group: makes one. Removes those of test runs that are gone. */
export function mayBoundMemory(): boolean {
  removeStaleGroups();
  try {
    new MemoryGroup().remove();
    return true;
  } catch {
    return false;
  }
}

function removeStaleGroups(): void {
  for (const { root } of KINDS) {
    for (const name of existsSync(root) ? readdirSync(root) : []) {
      const pid = new RegExp(`^${PREFIX}(\\d+)$`).exec(name)?.[1];
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeGroup(join(root, name));
    }
  }
}

function removeGroup(folder: string): void {
  for (const pid of pidsIn(folder)) tryMove(pid, dirname(folder));
  try {
    rmdirSync(folder);
  } catch (error) {
    throw new Error(`the control group ${basename(folder)} cannot be removed: ${error}; remove ${folder} with rmdir`);
  }
}

function tryMake(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    // Not mounted, or not for us to write.
    return false;
  }
}

function tryMove(pid: number, folder: string): boolean {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function pidsIn(folder: string): number[] {
  return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
}

/** The line `oom_kill` of a file; undefined where the kernel does not count that. */
function countIn(folder: string, file: string): number | undefined {
  const path = join(folder, file);
  const count = existsSync(path) ? /^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return count === undefined ? undefined : Number(count);
}
