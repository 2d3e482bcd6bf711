// Where the running storing process is asked for maintenance: a socket in the data directory, so that whoever may read the data may ask,
// and nobody else. It has nothing to do with the HTTP port.
import { closeSync, openSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';

const NAME = 'control.sock';
/** Longest path of a socket: sun_path of unix(7) less the zero at its end. */
const MAX_PATH = 107;

/**
 * Runs `use` with a path of the socket that is short enough, whatever the directory's own: through the descriptor of the directory, which
 * is open as long as `use` runs.
 */
export async function withControlPath<T>(data: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(data, NAME);
  if (Buffer.byteLength(path) <= MAX_PATH || platform() !== 'linux') return await use(path);
  const fd = openSync(data, 'r');
  try {
    return await use(`/proc/self/fd/${fd}/${NAME}`);
  } finally {
    closeSync(fd);
  }
}

/** The socket's own path. */
export const controlPath = (data: string): string => join(data, NAME);
