// What a version before this one left in a spool: files of flows in flows/, rows in dimensions/ and ledger/, all of them the store's. They
// are moved to where they lie now, once.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { moveToStore } from './distribute.ts';
import { asSpoolError } from './errors.ts';
import { filesIn, tryRename } from './files.ts';
import { consumerFolders, DIMENSION_NAMES, makeConsumer, STORE, spoolFolders } from './layout.ts';
import { seal } from './seal.ts';
import { salvage } from './writer/salvage.ts';

/** Moves what an earlier layout has. Answers how many files of flows. Throws SpoolError. */
export function adoptEarlierLayout(dir: string): number {
  const flows = join(dir, 'flows');
  if (!existsSync(flows)) return 0;
  makeConsumer(dir, STORE);
  const store = consumerFolders(dir, STORE);
  try {
    const names = filesIn(flows).flatMap((file) => {
      const match = /^(.+)\.(native|loading|tmp)$/.exec(file);
      return match === null ? [] : [{ name: match[1], ending: match[2] }];
    });
    for (const { name, ending } of names) {
      // Its manifest has no checksums: it is made anew.
      renameSync(join(flows, `${name}.${ending}`), join(spoolFolders(dir).writing, `${name}.native`));
      const manifest = salvage(dir, name);
      if (manifest === undefined) continue;
      seal(dir, manifest);
      moveToStore(dir, name);
      // It may be in the store already.
      if (ending === 'loading') tryRename(join(store.flows, `${name}.native`), join(store.flows, `${name}.claimed`));
    }
    const folders = [
      [join(dir, 'ledger'), store.ledger],
      ...DIMENSION_NAMES.map((name) => [join(dir, 'dimensions', name), store.dimension(name)]),
      [join(dir, 'corrupt'), store.aside],
    ];
    for (const [from, to] of folders) {
      if (!existsSync(from)) continue;
      for (const file of readdirSync(from)) if (!file.endsWith('.tmp')) renameSync(join(from, file), join(to, file));
    }
    for (const folder of ['flows', 'ledger', 'dimensions', 'corrupt']) {
      rmSync(join(dir, folder), { recursive: true, force: true });
    }
    return names.length;
  } catch (error) {
    throw asSpoolError(error, `move what an earlier version left in ${dir}`);
  }
}
