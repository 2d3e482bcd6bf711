// What a collecting process leaves when it is killed: a folder of its own in the spool, with memory that outlives it. A lock that the kernel
// holds on the folder tells whether it lives.
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '@weir/libc';
import { FILE_MODE, makeDirectory, spoolFolders } from '@weir/spool';

export interface ProcessFiles {
  readonly folder: string;
  /** Of the start whose names its spool files have. */
  readonly token: string;
  /** The counters of a lane. */
  counters(lane: number): string;
  /** The datagrams that a lane has taken from the kernel last. */
  ring(lane: number): string;
  /** What a process before it had taken and not done, which this one does again. `number`: see CounterMemory; `done`: how many are done. */
  replay(lane: number, number: number, done: number): string;
  /** Manifest of the last spool file that a lane completed. */
  lastManifest(lane: number): string;
  /** The last file of ledger rows. */
  readonly lastLedger: string;
}

export function processFiles(spoolDir: string, token: string): ProcessFiles {
  const folder = join(spoolFolders(spoolDir).lanes, token);
  return {
    folder,
    token,
    counters: (lane) => join(folder, `${lane}.counters`),
    ring: (lane) => join(folder, `${lane}.ring`),
    replay: (lane, number, done) => join(folder, `${lane}.replay-${number}-${done}`),
    lastManifest: (lane) => join(folder, `${lane}.manifest`),
    lastLedger: join(folder, 'ledger'),
  };
}

export interface ReplayFile {
  readonly path: string;
  readonly lane: number;
  readonly number: number;
  readonly done: number;
}

/** The replays that a process has not finished, in the order of their numbers. Throws what the file system throws. */
export function replaysIn({ folder }: ProcessFiles): ReplayFile[] {
  const found = readdirSync(folder).flatMap((file): ReplayFile[] => {
    const [, lane, number, done] = /^(\d+)\.replay-(\d+)-(\d+)$/.exec(file) ?? [];
    if (done === undefined) return [];
    return [{ path: join(folder, file), lane: Number(lane), number: Number(number), done: Number(done) }];
  });
  return found.sort((a, b) => a.number - b.number);
}

/** Memory that a process left, as it is now. Throws what the file system throws. */
export function readMemory(path: string): ArrayBuffer {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Up to where a lane's drops are counted: of the sockets, and not of a process. */
export function dropReadingsPath(spoolDir: string, lane: number): string {
  return join(spoolFolders(spoolDir).lanes, `drops-${lane}`);
}

/** Makes the folder and takes its lock, which goes with the process. Throws what the file system throws. */
export function claimFolder({ folder }: ProcessFiles): void {
  makeDirectory(folder);
  writeFileSync(join(folder, 'boot'), bootId(), { mode: FILE_MODE });
  // Never closed: the lock is the descriptor's.
  tryLock(openSync(join(folder, 'lock'), 'a', FILE_MODE));
}

/** Tokens of processes other than `own` that left a folder and do not live any more: their locks are free, or there are none here. */
export function deadProcesses(spoolDir: string, own: string): string[] {
  const { lanes } = spoolFolders(spoolDir);
  let tokens: string[];
  try {
    tokens = readdirSync(lanes, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
  return tokens.filter((token) => {
    if (token === own) return false;
    try {
      const fd = openSync(join(lanes, token, 'lock'), 'a', FILE_MODE);
      const free = tryLock(fd) !== false;
      closeSync(fd);
      return free;
    } catch {
      // Without a lock file it was killed while it made its folder.
      return true;
    }
  });
}

export function removeFolder({ folder }: ProcessFiles): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Whether the machine has been running since the process died: then all that it wrote is there. After another start of the machine, what
 * was not forced to the disk may be there, or zeros, or nothing.
 */
export function isOfThisBoot({ folder }: ProcessFiles): boolean {
  try {
    return readFileSync(join(folder, 'boot'), 'utf8') === bootId();
  } catch {
    return false;
  }
}

/** Differs from one start of the machine to the next; empty off Linux. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
