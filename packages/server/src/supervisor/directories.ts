// The data directory: what lies in it, and that only one Weir has it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import { keepFilesPrivate } from './private-files.ts';

/**
 * The directories below the data directory, made; whatever this process makes from then on is for its user alone. Throws ServerError when they cannot be, or when those that collecting needs cannot be
 * written. That of the store may be on a file system of its own: where it cannot be written the storing process says so, again and
 * again, and what is collected waits in the spool.
 */
export function prepareDirectories(config: Config): Directories {
  keepFilesPrivate();
  const data = resolve(config.data);
  const directories = { data, spool: join(data, 'spool'), store: join(data, 'store') };
  for (const path of Object.values(directories)) {
    try {
      makeDirectory(path);
      if (path === directories.store) continue;
      writeFileSync(join(path, '.writable'), '');
      rmSync(join(path, '.writable'));
    } catch (error) {
      throw unwritable(path, error);
    }
  }
  return directories;
}

function unwritable(path: string, error: unknown): ServerError {
  const why = error instanceof Error && 'code' in error ? error.code : error;
  return new ServerError(
    'data_unwritable',
    `data: ${path} cannot be written (${why}); choose another directory with --data`,
  );
}

/**
 * Makes a directory and those above it. One by one: `recursive` never returns where a file system answers ENOENT to a mkdir in a
 * directory that is there, as /proc does.
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above);
  mkdirSync(path);
}

const pidFile = (directories: Directories) => join(directories.data, 'weir.pid');

/** The process id of the Weir that has the data directory, if one lives. */
export function runningPid(directories: Directories): number | undefined {
  const path = pidFile(directories);
  if (!existsSync(path)) return undefined;
  const [pid, started] = readFileSync(path, 'utf8').trim().split(' ');
  return Number(pid) !== process.pid && isAlive(Number(pid), started) ? Number(pid) : undefined;
}

/** Takes the data directory for this process; returns what lets go of it. Throws ServerError `data_in_use`. */
export function lockData(directories: Directories): () => void {
  const pid = runningPid(directories);
  if (pid !== undefined) {
    throw new ServerError(
      'data_in_use',
      `data: ${directories.data} is in use by the Weir with process id ${pid}; stop it, or choose another directory with --data`,
    );
  }
  try {
    writeFileSync(pidFile(directories), `${[process.pid, startOf(process.pid)].join(' ').trim()}\n`);
  } catch (error) {
    throw unwritable(directories.data, error);
  }
  return () => rmSync(pidFile(directories), { force: true });
}

/**
 * Whether the process that wrote the file lives. Ids are used again, in a container from 1 on at every start: the time at which
 * it started tells it from another.
 */
function isAlive(pid: number, started: string | undefined): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === startOf(pid);
}

/**
 * When a process started, in clock ticks since the machine did: field 22 of proc_pid_stat(5). Undefined off Linux, and for one
 * that is dead and only waits for its parent to look.
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
