// The data directory: what lies in it, and that only one Weir has it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';

/** The directories below the data directory, made. Throws ServerError when they cannot be. */
export function prepareDirectories(config: Config): Directories {
  const data = resolve(config.data);
  const directories = { data, spool: join(data, 'spool'), store: join(data, 'store') };
  for (const path of Object.values(directories)) {
    try {
      makeDirectory(path);
      writeFileSync(join(path, '.writable'), '');
      rmSync(join(path, '.writable'));
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? error.code : error;
      throw new ServerError(
        'data_unwritable',
        `data: ${path} cannot be written (${why}); choose another directory with --data`,
      );
    }
  }
  return directories;
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
  const pid = Number(readFileSync(path, 'utf8'));
  return pid !== process.pid && isWeir(pid) ? pid : undefined;
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
  writeFileSync(pidFile(directories), `${process.pid}\n`);
  return () => rmSync(pidFile(directories), { force: true });
}

/** Whether a live process with this id looks like a Weir: ids are used again after a crash. */
function isWeir(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve');
  } catch {
    return true;
  }
}
