// Files that a loss of power leaves whole: steps after which what was written is on the disk.
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DIRECTORY_MODE, errno, FILE_MODE } from '@weir/spool';

/** Makes a directory and those above it that are not there. One by one, for the reason that the spool's `makeDirectory` gives. */
export async function makeDirectories(path: string): Promise<void> {
  const isThere = async () => (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (await isThere()) return;
  const above = dirname(path);
  if (above !== path) await makeDirectories(above);
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (errno(error) !== 'EEXIST' || !(await isThere())) throw error;
  }
}

/** Does something with an open file, and closes it whatever comes of it. */
export async function closing<T>(file: FileHandle, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } finally {
    await file.close();
  }
}

/** Forces the names of a folder's files to the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await closing(folder, () => folder.sync());
}

/** Writes a file that is there as a whole or as it was before. */
export async function writeDurably(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(`${path}.tmp`, 'w', FILE_MODE);
  await closing(file, async () => {
    await fill(file);
    await file.sync();
  });
  await rename(`${path}.tmp`, path);
  await syncFolder(dirname(path));
}
