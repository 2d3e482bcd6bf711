// A consumer's end of the spool: which files wait for it, and taking one. A claim is a rename, so a file is either dropped by the cap
// or delivered, never both. A file that was claimed by a process that died is delivered again under the same name.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, sizeOf, tryRename, tryUnlink } from '../files.ts';
import { consumerFolders, spoolFolders } from '../layout.ts';

export interface Waiting {
  readonly name: string;
  /** Claimed: for a new process, by the one before. */
  readonly claimed: boolean;
}

/** A file of flows that a consumer has claimed. */
export interface Claim {
  readonly name: string;
  /** The Native file. */
  readonly path: string;
  readonly manifestPath: string;
}

/** What waits for a consumer, oldest first. Throws SpoolError. */
export function waitingFor(dir: string, consumer: string): Waiting[] {
  const waiting = new Map<string, Waiting>();
  for (const file of filesIn(consumerFolders(dir, consumer).flows)) {
    const match = /^(.+)\.(native|claimed)$/.exec(file);
    if (match === null) continue;
    const [, name, ending] = match;
    waiting.set(name, { name, claimed: ending === 'claimed' || waiting.get(name)?.claimed === true });
  }
  return [...waiting.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Claims a file; undefined when it is gone. Throws SpoolError. */
export function claim(dir: string, consumer: string, name: string): Claim | undefined {
  const path = join(consumerFolders(dir, consumer).flows, name);
  const claimed: Claim = { name, path: `${path}.claimed`, manifestPath: `${path}.json` };
  if (tryRename(`${path}.native`, claimed.path)) return claimed;
  return sizeOf(claimed.path) > 0 ? claimed : undefined;
}

/** Removes a file that the destination has: the data first, so that a manifest alone means that nothing waits. */
export function removeClaim(claimed: Claim): void {
  tryUnlink(claimed.path);
  tryUnlink(claimed.manifestPath);
}

/** Removes what tells of files that the cap dropped before this process began. */
export function forgetDropped(dir: string, consumer: string): void {
  const { flows } = consumerFolders(dir, consumer);
  for (const file of filesIn(flows)) if (file.endsWith('.counted')) tryUnlink(join(flows, file));
}

/**
 * Names of manifests whose data is gone: the consumer was killed between removing the two, or somebody else removed the data. Not those
 * of files that are just being handed over, the manifest before the data. Throws SpoolError.
 */
export function orphansOf(dir: string, consumer: string): string[] {
  const { flows } = consumerFolders(dir, consumer);
  const files = new Set(filesIn(flows));
  return [...files].flatMap((file) => {
    const name = /^(.+)\.json$/.exec(file)?.[1];
    if (name === undefined) return [];
    if (['.native', '.claimed', '.dropped'].some((ending) => files.has(name + ending))) return [];
    // In the order in which a file changes its ending, so that one that is renamed meanwhile is found at the later ending.
    const states = ['.native', '.claimed', '.dropped'].map((ending) => join(flows, name + ending));
    return [join(spoolFolders(dir).writing, `${name}.native`), ...states].some((path) => existsSync(path))
      ? []
      : [name];
  });
}
