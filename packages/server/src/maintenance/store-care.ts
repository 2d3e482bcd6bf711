// What people do for the store: check, repair, back up, restore. Through the running storing process, which has the embedded store to
// itself, or directly where none runs.
import { resolve } from 'node:path';
import { makeSpool } from '@weir/spool';
import {
  BackupError,
  type BackupManifest,
  type CheckReport,
  checkStore,
  mending,
  openStore,
  type RepairReport,
  RollupMaker,
  releaseSnapshot,
  repairStore,
  restoreBackup,
  type Snapshot,
  type Store,
  StoreError,
  takeSnapshot,
  verifyBackup,
  verifyStore,
  writeBackup,
} from '@weir/store';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import { storeOptions, storeTarget } from '../store/target.ts';
import { prepareDirectories } from '../supervisor/directories.ts';
import { ownData, ownerOf } from '../supervisor/owner.ts';
import { askRunning } from './ask.ts';
import type { Progress } from './protocol.ts';

export interface CareOptions {
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal;
}

export interface BackupCareOptions extends CareOptions {
  /** An earlier backup on the same file system: what both have is there once. */
  readonly base?: string;
  /** Opens the backup with the engine and checks it. Default true. */
  readonly verify?: boolean;
  /** Called when copying is over and reading back begins. */
  readonly onVerify?: () => void;
}

/** Errors that are the person's to mend, in words; others stay what they are. */
function inWords(error: unknown): unknown {
  if (error instanceof StoreError) return new ServerError('start_failed', `the store: ${error.message}`);
  if (error instanceof BackupError) return new ServerError('start_failed', error.message);
  return error;
}

/** Runs `work` with the data directory to itself. Throws ServerError `data_in_use` when Weir has it and did not answer. */
async function alone<T>(directories: Directories, work: () => Promise<T>): Promise<T> {
  const owner = ownerOf(directories.data);
  if (owner !== undefined) {
    throw new ServerError(
      'data_in_use',
      `the Weir with process id ${owner.pid} has ${directories.data} and its storing process does not answer: wait until it is ready, or stop it`,
    );
  }
  const ownership = await ownData(directories.data);
  try {
    return await work();
  } catch (error) {
    throw inWords(error);
  } finally {
    ownership.release();
  }
}

async function withStore<T>(config: Config, directories: Directories, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(storeTarget(config, directories), storeOptions(config));
  try {
    await store.migrate();
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Reads everything that is stored. Throws ServerError. */
export async function checkStoreOf(config: Config, options: CareOptions = {}): Promise<CheckReport> {
  const directories = prepareDirectories(config);
  const answer = await askRunning(directories.data, 'check', options.onProgress);
  return (
    answer ?? (await alone(directories, () => withStore(config, directories, (store) => checkStore(store, options))))
  );
}

/** Checks, takes out what is damaged and accounts for what is lost. Throws ServerError. */
export async function repairStoreOf(config: Config, options: CareOptions = {}): Promise<RepairReport> {
  const directories = prepareDirectories(config);
  const answer = await askRunning(directories.data, 'repair', options.onProgress);
  if (answer !== undefined) return answer;
  return await alone(directories, () =>
    withStore(config, directories, async (store) => {
      makeSpool(directories.spool);
      const rollups = new RollupMaker({ store, dir: directories.spool });
      await mending(store, () => rollups.prepare());
      return await repairStore(store, rollups, options);
    }),
  );
}

/** Makes a backup in a directory that is new or empty. Throws ServerError. */
export async function backupStoreOf(
  config: Config,
  dir: string,
  options: BackupCareOptions = {},
): Promise<BackupManifest> {
  const directories = prepareDirectories(config);
  const target = resolve(dir);
  const copy = async (snapshot: Snapshot): Promise<BackupManifest> =>
    await writeBackup(snapshot, target, {
      ...options,
      ...(options.base === undefined ? {} : { base: resolve(options.base) }),
    });
  const snapshot = await askRunning(directories.data, 'snapshot');
  try {
    let manifest: BackupManifest;
    if (snapshot === undefined) {
      manifest = await alone(directories, () =>
        withStore(config, directories, async (store) => {
          const taken = await takeSnapshot(store);
          try {
            return await copy(taken);
          } finally {
            releaseSnapshot(taken.store, taken.name);
          }
        }),
      );
    } else {
      try {
        manifest = await copy(snapshot);
      } finally {
        await askRunning(directories.data, 'release', undefined, snapshot.name);
      }
    }
    if (options.verify ?? true) {
      options.onVerify?.();
      await verifyBackup(target);
    }
    return manifest;
  } catch (error) {
    throw inWords(error);
  }
}

/** Puts the store of a backup where none is; Weir must not run. Throws ServerError. */
export async function restoreStoreOf(config: Config, dir: string, options: CareOptions = {}): Promise<BackupManifest> {
  const directories = prepareDirectories(config);
  if (config.store.url !== undefined) {
    throw new ServerError(
      'start_failed',
      'store.url: the store is a ClickHouse server, whose backups are restored with RESTORE DATABASE weir FROM … there',
    );
  }
  const owner = ownerOf(directories.data);
  if (owner !== undefined) throw new ServerError('data_in_use', `stop the Weir with process id ${owner.pid} first`);
  return await alone(directories, () => restoreBackup(resolve(dir), directories.store, verifyStore, options));
}
