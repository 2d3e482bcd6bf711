// The store's end of the spool: which files wait, and taking one. A claim is a rename, so a file is either dropped by the cap
// or loaded, never both. A file that was claimed by a store that died is ready again: its name makes loading it twice harmless.
import { join } from 'node:path';
import { FLOWS, namesIn, parseSpoolName, tryRename, tryUnlink } from './layout.ts';

/** A file of flows that the store has claimed. */
export interface Claim {
  readonly name: string;
  /** The Native file. */
  readonly path: string;
  readonly manifestPath: string;
}

/**
 * Names of files of flows that wait, oldest first: unclaimed (`.native`), claimed (`.loading`), which for a new process are
 * those that the one before left, or both. Throws SpoolError.
 */
export function waitingFlows(dir: string, ending?: '.native' | '.loading'): string[] {
  if (ending !== undefined) return namesIn(dir, FLOWS, ending);
  const names = new Set([...namesIn(dir, FLOWS, '.native'), ...namesIn(dir, FLOWS, '.loading')]);
  return [...names].sort();
}

/** Claims a file; undefined when it is gone. Throws SpoolError. */
export function claimFlows(dir: string, name: string): Claim | undefined {
  const base = join(dir, FLOWS, name);
  const claim: Claim = { name, path: `${base}.loading`, manifestPath: `${base}.json` };
  if (tryRename(`${base}.native`, claim.path)) return claim;
  return namesIn(dir, FLOWS, '.loading').includes(name) ? claim : undefined;
}

/** Removes a file that the store has: the data first, so that a manifest alone means that nothing waits. */
export function removeClaim(claim: Claim): void {
  tryUnlink(claim.path);
  tryUnlink(claim.manifestPath);
}

/** Moves a file that cannot be read out of the way, its manifest with it. */
export function setAside(dir: string, claim: Claim): void {
  tryRename(claim.manifestPath, join(dir, 'corrupt', `${claim.name}.json`));
  tryRename(claim.path, join(dir, 'corrupt', `${claim.name}.native`));
}

/** When the oldest file that waits was begun (milliseconds since 1970), or undefined when none waits. */
export function oldestWaiting(dir: string): number | undefined {
  const oldest = waitingFlows(dir)[0];
  return oldest === undefined ? undefined : parseSpoolName(oldest)?.firstReceived;
}

/**
 * When the oldest file was begun that the store has not acknowledged (milliseconds since 1970), those that are still being written
 * among them; undefined when there is none.
 */
export function oldestPending(dir: string): number | undefined {
  const names = ['.native', '.loading', '.tmp'].flatMap((ending) => namesIn(dir, FLOWS, ending).slice(0, 1));
  const times = names.map((name) => parseSpoolName(name)?.firstReceived).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
