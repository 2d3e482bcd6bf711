// Files that cannot be used are set aside with their manifest and the reason, so that they block nothing and a person can look at them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, sizeOf, tryRename, writeWhole } from '../files.ts';
import { consumerFolders, makeConsumer } from '../layout.ts';
import type { Claim } from './waiting.ts';

export interface SetAside {
  readonly name: string;
  readonly reason: string;
  /** Flows in it; 0 where that is not known. */
  readonly rows: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Told by name in a status; of more only how many there are. */
const TOLD = 20;

/** Moves a claimed file out of the way, its manifest with it. Throws SpoolError. */
export function setAside(dir: string, consumer: string, claim: Claim, reason: string, rows: number): void {
  makeConsumer(dir, consumer);
  const path = join(consumerFolders(dir, consumer).aside, claim.name);
  const aside: SetAside = { name: claim.name, reason, rows, bytes: sizeOf(claim.path), time: Date.now() };
  writeWhole(`${path}.reason`, JSON.stringify(aside));
  tryRename(claim.manifestPath, `${path}.json`);
  tryRename(claim.path, `${path}.native`);
}

/** Moves a file of rows out of the way. */
export function setRowsAside(dir: string, consumer: string, path: string, name: string, reason: string): void {
  makeConsumer(dir, consumer);
  const target = join(consumerFolders(dir, consumer).aside, name);
  const aside: SetAside = { name, reason, rows: 0, bytes: sizeOf(path), time: Date.now() };
  writeWhole(`${target}.reason`, JSON.stringify(aside));
  tryRename(path, target);
}

export interface SetAsideList {
  /** The newest, at most 20. */
  readonly files: readonly SetAside[];
  readonly count: number;
}

/** What was set aside for a consumer and is still there. Throws SpoolError. */
export function listAside(dir: string, consumer: string): SetAsideList {
  const { aside } = consumerFolders(dir, consumer);
  const names = filesIn(aside)
    .filter((file) => file.endsWith('.reason'))
    .sort();
  const files = names.slice(-TOLD).flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(join(aside, file), 'utf8')) as SetAside];
    } catch {
      return [];
    }
  });
  return { files, count: names.length };
}
