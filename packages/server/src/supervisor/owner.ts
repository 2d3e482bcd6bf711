// That only one Weir has a data directory: a lock that the kernel holds on a file in it, across containers and process id namespaces. Whoever
// does not get it touches nothing else. The processes of one Weir share the lock, so that it is free only when the last of them is gone.
import { closeSync, ftruncateSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '@weir/libc';
import { FILE_MODE, makeDirectory } from '@weir/spool';
import { ServerError } from '../errors.ts';
import { unwritable } from './directories.ts';

/** Who wrote the lock file. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Its process id namespace: ids of another one say nothing here. */
  readonly namespace: string;
  /** When it started, in clock ticks since the machine did: ids are used again. */
  readonly started: string;
  /** When it took the directory, ISO 8601. */
  readonly since: string;
}

export interface Ownership {
  /** For processes that share the lock to inherit; undefined where there are no locks. */
  readonly fd: number | undefined;
  release(): void;
}

/** A process whose supervisor died ends by itself within this long, and with the last of them the lock goes. */
const ORPHANS_MS = 35_000;
/** Whoever has just got the lock writes its name within this long. */
const NAME_MS = 2000;
const LOOK_MS = 100;

const lockPath = (data: string): string => join(data, 'weir.lock');

/**
 * Takes the data directory, made if need be. While processes of a Weir that was killed are still ending, it waits for them and says so
 * once. Throws ServerError: `data_in_use` with who has it, `data_unwritable`.
 */
export async function ownData(data: string, onWait: (reason: string) => void = () => {}): Promise<Ownership> {
  const fd = openLock(data);
  const began = performance.now();
  let told = false;
  for (;;) {
    const locked = tryLock(fd);
    const holder = readHolder(data);
    if (locked === true || (locked === undefined && !isAlive(holder))) break;
    const waited = performance.now() - began;
    if (holder === undefined ? waited > NAME_MS : isAlive(holder) !== false || waited > ORPHANS_MS) {
      closeSync(fd);
      throw new ServerError('data_in_use', inUse(data, holder));
    }
    if (!told && holder !== undefined)
      onWait(`waiting for the processes of a Weir that was killed (process id ${holder.pid}) to end`);
    told ||= holder !== undefined;
    await sleep(LOOK_MS);
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${JSON.stringify(self())}\n`, 0);
  return {
    fd,
    release: () => {
      ftruncateSync(fd, 0);
      closeSync(fd);
    },
  };
}

export interface Owner {
  /** 0 where it has not written its name yet. */
  readonly pid: number;
  /** Whether that id means something here: it runs on this machine and in this process id namespace. */
  readonly isHere: boolean;
}

/** The Weir that has the data directory; undefined when none has. */
export function ownerOf(data: string): Owner | undefined {
  let fd: number;
  try {
    fd = openSync(lockPath(data), 'r');
  } catch {
    return undefined;
  }
  try {
    const locked = tryLock(fd);
    const holder = readHolder(data);
    const taken = locked === undefined ? isAlive(holder) === true : !locked;
    return taken ? { pid: holder?.pid ?? 0, isHere: isAlive(holder) === true } : undefined;
  } finally {
    closeSync(fd);
  }
}

function openLock(data: string): number {
  try {
    makeDirectory(data);
    return openSync(lockPath(data), 'a+', FILE_MODE);
  } catch (error) {
    throw unwritable(data, error);
  }
}

function inUse(data: string, holder: Holder | undefined): string {
  const who =
    holder === undefined
      ? 'another Weir'
      : `the Weir with process id ${holder.pid} on ${holder.host}${isAlive(holder) === undefined ? ' (of another container or machine)' : ''}, since ${holder.since}`;
  return `data: ${data} is in use by ${who}; stop it, or choose another directory with --data`;
}

function readHolder(data: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(lockPath(data), 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function self(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    namespace: pidNamespace(),
    started: startOf(process.pid) ?? '',
    since: new Date().toISOString(),
  };
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Whether the process lives; undefined where that cannot be seen from here. */
function isAlive(holder: Holder | undefined): boolean | undefined {
  if (holder === undefined) return false;
  if (holder.host !== hostname() || holder.namespace !== pidNamespace()) return undefined;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Of another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return holder.started === (startOf(holder.pid) ?? '');
}

/**
 * When a process started, in clock ticks since the machine did: field 22 of proc_pid_stat(5). Undefined off Linux, and for one that is
 * dead and only waits for its parent to look.
 */
function startOf(pid: number): string | undefined {
  try {
    // The second field, the name in parentheses, may have spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
