// Why flows do not get into the store, said so that a person knows which directory or setting to look at.
import { accessSync, constants } from 'node:fs';
import { consumerFolders, type Failure, listAside, type SetAsideList, STORE } from '@weir/spool';
import { ServerError } from '../errors.ts';

/** Where the store is, as its operator knows it, and whether that is a directory of this machine. */
export interface StorePlace {
  readonly name: string;
  readonly embedded: boolean;
}

const WAITING = 'flows wait in the spool until then';

/** A failure of the loader in words: what is wrong, where, what to do; then what the engine said. */
export function explainFailure({ place, code, reason }: Failure, store: StorePlace): string {
  const advice = place === 'destination' ? adviceOnStore(code, store) : adviceOnSpool(code);
  return advice === undefined ? reason : `${advice} (${reason.trim()})`;
}

function adviceOnStore(code: Failure['code'], { name, embedded }: StorePlace): string | undefined {
  if (!embedded) return undefined;
  if (code === 'not_writable') {
    return `${name} cannot be written: make its file system and its permissions writable; ${WAITING}`;
  }
  if (code === 'disk_full') {
    return `${name} has no room left on its disk: make room, or lower store.retention.max_size; ${WAITING}`;
  }
  return undefined;
}

function adviceOnSpool(code: Failure['code']): string | undefined {
  if (code === 'not_writable') return 'the store cannot change the spool directory: make it writable for Weir';
  if (code === 'disk_full') return 'the disk of the spool directory is full: make room';
  return undefined;
}

/** What of the spool was set aside and is still there, as a sentence; undefined when nothing is. */
export function asideText(spool: string): string | undefined {
  const { files, count } = asideOf(spool);
  const newest = files.at(-1);
  if (newest === undefined) return undefined;
  const what =
    count === 1 ? 'a spool file could not be used and was' : `${count} spool files could not be used and were`;
  const { aside } = consumerFolders(spool, STORE);
  return `${what} set aside (${newest.reason}): look into ${aside}, then remove them`;
}

function asideOf(spool: string): SetAsideList {
  try {
    return listAside(spool, STORE);
  } catch {
    // That the spool cannot be read is told by the loader.
    return { files: [], count: 0 };
  }
}

/**
 * Asks for the embedded store's directory before the engine does, which says less. Throws ServerError `data_unwritable`: the
 * process ends, is started again, and asks again, while collecting goes on.
 */
export function assertStoreWritable(path: string): void {
  try {
    // Not by writing a file: on a full disk the engine may still open.
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new ServerError(
      'data_unwritable',
      `${path} cannot be written (${why}): make its file system and its permissions writable; ${WAITING}`,
    );
  }
}
