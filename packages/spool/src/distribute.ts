// Handing complete files over to the consumers: a hard link for each, so that nothing is copied and each removes its own.
import { copyFileSync, linkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { asSpoolError, errno, type SpoolError } from './errors.ts';
import { sizeOf, tryUnlink } from './files.ts';
import { consumerFolders, makeConsumer, STORE, spoolFolders } from './layout.ts';

export interface NotHandedOver {
  readonly consumer: string;
  readonly error: SpoolError;
}

/**
 * Gives the file of that name in `writing` to each of the consumers, all but the store. After a kill it may be called again, and a consumer
 * that had delivered the file already gets it again. Answers those that could not be given it, whose loss costs the others nothing.
 */
export function linkToSinks(dir: string, name: string, consumers: readonly string[]): NotHandedOver[] {
  const path = join(spoolFolders(dir).writing, name);
  const failed: NotHandedOver[] = [];
  for (const consumer of consumers) {
    if (consumer === STORE) continue;
    const target = join(consumerFolders(dir, consumer).flows, name);
    try {
      inFolder(dir, consumer, () => link(path, target));
    } catch (error) {
      failed.push({ consumer, error: asSpoolError(error, `hand ${name} over to ${consumer}`) });
    }
  }
  return failed;
}

/**
 * Gives the file itself to the store, by a rename, so that it has it exactly once whenever this process is killed. It comes last: nothing is
 * left in `writing` then. Throws SpoolError; all is as before then.
 */
export function moveToStore(dir: string, name: string): void {
  const path = join(spoolFolders(dir).writing, name);
  const target = join(consumerFolders(dir, STORE).flows, name);
  try {
    inFolder(dir, STORE, () => {
      renameTo(`${path}.json`, `${target}.json`);
      renameTo(`${path}.native`, `${target}.native`);
    });
  } catch (error) {
    throw asSpoolError(error, `hand ${name} over to the store`);
  }
}

/** Gives a complete file to all consumers. Throws SpoolError when the store cannot be given it. */
export function handOver(dir: string, name: string, consumers: readonly string[]): NotHandedOver[] {
  const failed = linkToSinks(dir, name, consumers);
  if (consumers.includes(STORE)) moveToStore(dir, name);
  else {
    const path = join(spoolFolders(dir).writing, name);
    for (const ending of ['.native', '.json']) tryUnlink(path + ending);
  }
  return failed;
}

/** Makes the consumer's folders again where somebody removed them. */
function inFolder(dir: string, consumer: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    makeConsumer(dir, consumer);
    action();
  }
}

/** The manifest first: whoever sees the data finds it. */
function link(path: string, target: string): void {
  for (const ending of ['.json', '.native']) {
    try {
      linkSync(path + ending, target + ending);
    } catch (error) {
      // A consumer's folder may be on a file system of its own.
      if (errno(error) === 'EXDEV') copyFileSync(path + ending, target + ending);
      else if (errno(error) !== 'EEXIST') throw error;
    }
  }
}

function renameTo(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errno(error) === 'EXDEV') {
      copyFileSync(from, to);
      tryUnlink(from);
      return;
    }
    // Killed between the two renames: the manifest is there already.
    if (errno(error) !== 'ENOENT' || sizeOf(to) === 0) throw error;
  }
}
