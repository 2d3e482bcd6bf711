// Backups of the embedded store. A backup is a directory that holds an embedded store, complete, and a manifest with the hash of every
// file. It is made from a snapshot, by whichever process can read its files; Weir goes on meanwhile. With an earlier backup on the same
// file system as its base, files that both have are there once: parts never change, and keep their names.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { syncFileSystem } from '@weir/libc';
import { SCHEMA_VERSION } from '../schema/migrate.ts';
import { BackupError } from './backup-error.ts';
import { copyFile, hashFile, tryLink } from './copy-files.ts';
import { type BackupFile, type BackupManifest, MANIFEST, readBackup, STORE } from './manifest.ts';
import type { Snapshot } from './snapshot.ts';

export interface CopyOptions {
  /** Called after each file, in bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface BackupOptions extends CopyOptions {
  /** An earlier backup, of which files are taken that are the same. */
  readonly base?: string;
}

/** Files below a directory, relative to it. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

/** Makes a directory for its owner alone, or takes one that is empty. Throws BackupError `in_the_way`. */
function makeEmpty(dir: string): void {
  if (existsSync(dir) && (!statSync(dir).isDirectory() || readdirSync(dir).length > 0)) {
    throw new BackupError('in_the_way', `${dir} is there already: give a directory that is new or empty`);
  }
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BackupError('io', `cannot make ${dir}: ${(error as Error).message}`, error);
  }
}

/** Copies a snapshot into a new directory and reads every file back. Throws BackupError. */
export async function writeBackup(
  snapshot: Snapshot,
  dir: string,
  options: BackupOptions = {},
): Promise<BackupManifest> {
  const base = options.base === undefined ? undefined : baseOf(options.base);
  makeEmpty(dir);
  const paths = filesBelow(snapshot.parts);
  const sizes = new Map(paths.map((path) => [path, statSync(join(snapshot.parts, path)).size]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const files: BackupFile[] = [];
  let done = 0;
  for (const path of paths) {
    options.signal?.throwIfAborted();
    const size = sizes.get(path) ?? 0;
    const known = base?.files.get(path);
    const to = join(dir, STORE, path);
    const same = base !== undefined && known !== undefined && known.bytes === size;
    if (same && tryLink(join(base.dir, STORE, path), to)) files.push(known);
    else files.push({ path, ...(await copyBack(join(snapshot.parts, path), to)) });
    done += size;
    options.onProgress?.(done, total);
  }
  for (const [path, text] of snapshot.definitions) {
    const to = join(dir, STORE, path);
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    writeFileSync(to, text, { mode: 0o600, flag: 'wx' });
    files.push({ path, ...(await hashFile(to)) });
  }
  const manifest: BackupManifest = {
    format: 1,
    time: snapshot.time,
    schemaVersion: SCHEMA_VERSION,
    rows: snapshot.rows,
    files,
  };
  // All that it speaks of is on the disk before it is.
  syncFileSystem(dir);
  writeFileSync(join(dir, `${MANIFEST}.tmp`), JSON.stringify(manifest), { mode: 0o600, flush: true });
  renameSync(join(dir, `${MANIFEST}.tmp`), join(dir, MANIFEST));
  syncFileSystem(dir);
  return manifest;
}

function baseOf(dir: string): { readonly dir: string; readonly files: ReadonlyMap<string, BackupFile> } {
  return { dir, files: new Map(readBackup(dir).files.map((file) => [file.path, file])) };
}

/** Copies a file and reads the copy back: what it was copied from may be read from memory, the copy is what stays. */
async function copyBack(from: string, to: string): Promise<{ bytes: number; sha256: string }> {
  const copied = await copyFile(from, to);
  const back = await hashFile(to);
  if (copied.sha256 !== back.sha256) {
    throw new BackupError('damaged', `${to} is not what was written: the disk of the backup is not reliable`);
  }
  return copied;
}

/** Whether a directory holds no store yet: nothing, or what an engine makes before it has a database. */
function isEmptyStore(path: string): boolean {
  return !existsSync(join(path, 'metadata', 'weir.sql')) && !existsSync(join(path, 'store'));
}

/**
 * Puts the store of a backup where there is none, every file as its hash says. What is there in the end is complete: it is put together
 * beside its place first, where `check` is called with it. Throws BackupError, and what `check` throws.
 */
export async function restoreBackup(
  dir: string,
  path: string,
  check: (path: string, manifest: BackupManifest) => Promise<void>,
  options: CopyOptions = {},
): Promise<BackupManifest> {
  const manifest = readBackup(dir);
  if (manifest.schemaVersion > SCHEMA_VERSION) {
    throw new BackupError(
      'not_a_backup',
      `${dir} was made by a newer Weir (schema ${manifest.schemaVersion}; this one knows ${SCHEMA_VERSION})`,
    );
  }
  if (!isEmptyStore(path)) {
    throw new BackupError(
      'in_the_way',
      `there is a store in ${path} already: move it away first, for example with mv ${path} ${path}.old`,
    );
  }
  const half = `${path}.restoring`;
  rmSync(half, { recursive: true, force: true });
  try {
    const total = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    let done = 0;
    mkdirSync(half, { recursive: true, mode: 0o700 });
    for (const file of manifest.files) {
      options.signal?.throwIfAborted();
      await copyAsKnown(join(dir, STORE, file.path), join(half, file.path), file);
      done += file.bytes;
      options.onProgress?.(done, total);
    }
    await check(half, manifest);
    syncFileSystem(half);
    rmSync(path, { recursive: true, force: true });
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

async function copyAsKnown(from: string, to: string, file: BackupFile): Promise<void> {
  const { bytes, sha256 } = await copyFile(from, to);
  if (bytes === file.bytes && sha256 === file.sha256) return;
  throw new BackupError(
    'damaged',
    `${from} is damaged: it is not what the backup's manifest says; take another backup`,
  );
}

/** Gives every file of a backup a second name below `to`, for an engine to open that would change the backup itself. */
export async function linkStore(dir: string, to: string): Promise<void> {
  for (const path of filesBelow(join(dir, STORE))) {
    const from = join(dir, STORE, path);
    // What an engine may write into is copied.
    const fixed = /\.(bin|c?mrk\d?|idx2?|cidx|cmrk\d?)$/.test(path);
    if (!fixed || !tryLink(from, join(to, path))) await copyFile(from, join(to, path));
  }
}
