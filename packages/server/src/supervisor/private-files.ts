// Who may read what Weir writes: its own user and nobody else. Flows tell who talked to whom.
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Directories } from '../child.ts';

/** Permissions of the group and of others. */
const OTHERS = 0o077;

/** What lies in a data directory that is nobody else's. */
const OWN = new Set(['spool', 'store', 'run', 'weir.pid', 'weir.lock', 'demo-inventory.yaml']);

/** From here on this process, its threads and the processes it starts make files with 0600 and directories with 0700. */
export function keepFilesPrivate(): void {
  process.umask(OTHERS);
}

/**
 * Takes the permissions of group and others away from a data directory and all in it, which versions before made with wider ones. A
 * directory that has other things in it too keeps its own mode: others then see the names of Weir's directories and nothing in them.
 * Returns sentences about what was done, and about what could not be.
 */
export function narrowData({ data, spool, store }: Directories): string[] {
  const said: string[] = [];
  const foreign = readdirSync(data).filter((name) => !OWN.has(name) && name !== 'lost+found');
  const roots = foreign.length === 0 ? [data] : [spool, store, ...ownFiles(data)];
  if (foreign.length > 0 && isWide(data)) {
    said.push(`data: ${data} has other things in it (${foreign[0]}): its own permissions are left as they are`);
  }
  const wide = roots.filter(isWide);
  if (wide.length === 0) return said;
  const refused: string[] = [];
  let narrowed = 0;
  for (const root of wide) narrowed += narrow(root, refused);
  if (narrowed > 0) {
    said.push(`data: ${narrowed} files and directories in ${data} could be read by others, and now only by this user`);
  }
  if (refused.length > 0) {
    said.push(
      `data: others may read ${refused.length} files and directories of another user, ${refused[0]} among them: chown them to the user of Weir`,
    );
  }
  return said;
}

const ownFiles = (data: string) =>
  [...OWN].filter((name) => name !== 'spool' && name !== 'store').map((name) => join(data, name));

function isWide(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0;
}

/**
 * Narrows a file, or a directory and all below it from the top on; adds what it may not change to `refused`. Below a directory that is
 * narrow already nobody gets, so that a store of many files is walked through once.
 */
function narrow(path: string, refused: string[]): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & OTHERS) === 0) return 0;
  let narrowed = 0;
  try {
    chmodSync(path, found.mode & 0o700);
    narrowed++;
  } catch {
    refused.push(path);
  }
  if (!found.isDirectory()) return narrowed;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // What a link leads to is not in the directory, and may be anyone's.
    if (!entry.isSymbolicLink()) narrowed += narrow(join(path, entry.name), refused);
  }
  return narrowed;
}
