// Node keeps compiled modules between starts where it is told to. For Weir that is memory more than time: what strips the types from
// TypeScript takes about 18 MB in every process and every thread that loads a module which is not kept yet.
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the code that it is made of, so that whoever may change one may change the other and nobody else. */
const FOLDER = fileURLToPath(new URL('../../../node_modules/.cache/weir', import.meta.url));

/** Variables for a process or a thread that is about to start; none where the folder cannot be had, or somebody chose another. */
export function compileCacheVariables(folder = FOLDER): Readonly<Record<string, string>> {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return {};
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = statSync(folder);
    // Code is read from it.
    if ((mode & 0o022) !== 0 || (uid !== 0 && uid !== process.getuid?.())) return {};
  } catch {
    return {};
  }
  return { NODE_COMPILE_CACHE: folder };
}
