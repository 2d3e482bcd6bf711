// The directories below the data directory.
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeDirectory } from '@weir/spool';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import { keepFilesPrivate } from './private-files.ts';

/** Where things are, made or not. */
export function directoriesOf(config: Config): Directories {
  const data = resolve(config.data);
  return { data, spool: join(data, 'spool'), store: join(data, 'store') };
}

/**
 * The directories below the data directory, made. Only for whoever has the data directory (see owner.ts). Throws ServerError when they cannot
 * be, or when those that collecting needs cannot be written. That of the store may be on a file system of its own: where it cannot be
 * written the storing process says so, again and again, and what is collected waits in the spool.
 */
export function prepareDirectories(config: Config): Directories {
  keepFilesPrivate();
  const directories = directoriesOf(config);
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

export function unwritable(path: string, error: unknown): ServerError {
  const why = error instanceof Error && 'code' in error ? error.code : error;
  return new ServerError(
    'data_unwritable',
    `data: ${path} cannot be written (${why}); choose another directory with --data`,
  );
}
