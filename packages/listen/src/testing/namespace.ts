// Running a script in a network namespace of its own, where addresses can be had freely.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { libcUnavailable } from '@weir/libc';

/** Root may make a network namespace; others may in a user namespace, where the system allows it. */
const UNSHARE = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Why it cannot be done here, undefined when it can. */
export const noNamespace =
  libcUnavailable() ??
  (spawnSync('unshare', [...UNSHARE, 'ip', 'link']).status === 0 ? undefined : 'needs unshare and ip');

/** What the script (a file beside this one) printed, parsed. */
export function inNamespace<T>(script: string, ...args: string[]): T {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const command = [...UNSHARE, process.execPath, '--disable-warning=ExperimentalWarning', path, ...args];
  const { status, stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
