// Reads a backup as what it is, a store: the engine opens it, checks every part, and counts. In a process that has no other store open.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckReport, checkStore } from '../integrity/check.ts';
import { openStore } from '../store.ts';
import { linkStore } from './backup.ts';
import { BackupError } from './backup-error.ts';
import { type BackupManifest, readBackup } from './manifest.ts';
import { countRows } from './snapshot.ts';

/** Throws BackupError `damaged` for a store that is not what the manifest says, and StoreError. */
export async function verifyStore(path: string, manifest: BackupManifest): Promise<void> {
  const store = openStore({ path });
  try {
    await store.migrate();
    const report = await checkStore(store);
    const rows = await countRows(store);
    const wrong = Object.entries(manifest.rows).find(([table, count]) => rows[table] !== count);
    if (wrong !== undefined) {
      throw new BackupError('damaged', `${path} has ${rows[wrong[0]]} rows in ${wrong[0]}, not ${wrong[1]}`);
    }
    const found = damageIn(report);
    if (found !== undefined) {
      throw new BackupError(
        'damaged',
        `${found} in ${path}: repair the store (weir store repair) and make another backup`,
      );
    }
  } finally {
    await store.close();
  }
}

function damageIn({ damaged, broken }: CheckReport): string | undefined {
  const [part] = damaged;
  if (part !== undefined) return `part ${part.name} of ${part.table} is damaged (${part.reason})`;
  return broken.length > 0 ? `part ${broken[0].name} of ${broken[0].table} is broken` : undefined;
}

/** Opens a backup, in a copy made of links that is removed again. Throws BackupError and StoreError. */
export async function verifyBackup(dir: string): Promise<void> {
  const manifest = readBackup(dir);
  const scratch = join(dir, '.reading-back');
  rmSync(scratch, { recursive: true, force: true });
  try {
    await linkStore(dir, scratch);
    await verifyStore(scratch, manifest);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
