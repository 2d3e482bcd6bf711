// What a loss of power does to files: of what was written in the last half minute and not forced to the disk, any tail may be zeros or missing,
// and the machine starts anew.
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumerFolders, consumersOnDisk, filesIn, isSealed, readOpenManifest, spoolFolders } from '@weir/spool';
import type { Random } from '../random.ts';
import { damageFile } from './damage.ts';

/** How long Linux keeps what was written in memory alone, in milliseconds. */
const UNWRITTEN_MS = 30_000;
/** Of files that were not forced to the disk, how many come to harm. */
const HARMED = 0.5;

/** Files of the spool that a loss of power may harm. `sync`: files of flows were forced to the disk before they were handed over. */
export function atRisk(spool: string, sync: boolean): string[] {
  const { writing, lanes, status } = spoolFolders(spool);
  const consumers = consumersOnDisk(spool).flatMap((consumer) => {
    const { flows, ledger, ledgerCopy } = consumerFolders(spool, consumer);
    return [...(sync ? [] : [flows]), ledger, ledgerCopy];
  });
  const isForced = (path: string) => {
    const [, name] = /writing\/(.+)\.(?:native|json)$/.exec(path) ?? [];
    return sync && name !== undefined && sealed(join(writing, `${name}.json`));
  };
  return [writing, status, lanes, ...folders(lanes), ...consumers]
    .flatMap((folder) => filesIn(folder).map((file) => join(folder, file)))
    .filter((path) => isFresh(path) && !isForced(path))
    .concat(join(spool, 'generation'))
    .sort();
}

const folders = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(path, entry.name)] : []));

function isFresh(path: string): boolean {
  const found = statSync(path);
  return found.isFile() && Date.now() - found.mtimeMs < UNWRITTEN_MS;
}

function sealed(path: string): boolean {
  try {
    return isSealed(readOpenManifest(path));
  } catch {
    return false;
  }
}

/** Does it to a Weir of which nothing runs. Answers how many files were harmed. */
export function losePower(spool: string, sync: boolean, random: Random): number {
  const files = atRisk(spool, sync);
  let harmed = 0;
  for (const path of files) {
    if (!random.chance(HARMED)) continue;
    if (random.chance(0.2)) truncateSync(path, 0);
    else damageFile(path, random.chance(0.5) ? 'truncate' : 'zero-tail', random);
    harmed++;
  }
  // The kernel that runs is another one now.
  for (const folder of folders(spoolFolders(spool).lanes))
    writeFileSync(join(folder, 'boot'), 'before the power was lost');
  return harmed;
}
