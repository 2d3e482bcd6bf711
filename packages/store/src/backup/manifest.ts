// What a backup holds, in a file beside it that is written last: without it a backup is not complete.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from './backup-error.ts';

export const MANIFEST = 'weir-backup.json';
/** Folder of a backup that is an embedded store itself. */
export const STORE = 'store';

export interface BackupFile {
  /** Below the store. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupManifest {
  readonly format: 1;
  /** When the snapshot was taken, milliseconds since 1970. */
  readonly time: number;
  readonly schemaVersion: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly files: readonly BackupFile[];
}

function isFile(value: unknown): value is BackupFile {
  const { path, bytes, sha256 } = (value ?? {}) as Record<string, unknown>;
  // A path that leads out of the backup would be written over what is there.
  const inside = typeof path === 'string' && path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
  return inside && typeof bytes === 'number' && typeof sha256 === 'string';
}

function isManifest(value: unknown): value is BackupManifest {
  const { format, time, schemaVersion, rows, files } = (value ?? {}) as Record<string, unknown>;
  return (
    format === 1 &&
    typeof time === 'number' &&
    typeof schemaVersion === 'number' &&
    typeof rows === 'object' &&
    rows !== null &&
    Array.isArray(files) &&
    files.every(isFile)
  );
}

/** Throws BackupError `not_a_backup`. */
export function readBackup(dir: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(dir, MANIFEST), 'utf8'));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
    throw new BackupError('not_a_backup', `${dir} is not a complete backup: ${MANIFEST} cannot be read (${why})`);
  }
  if (!isManifest(value)) throw new BackupError('not_a_backup', `${join(dir, MANIFEST)} is not that of a backup`);
  return value;
}
