// `weir reload`: asks the Weir of a data directory to reload, and waits for how it ended.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import { directoriesOf } from './directories.ts';
import { ownerOf } from './owner.ts';
import { type ReloadResult, reloadPath } from './reload.ts';

const LOOK_MS = 100;
/** Collecting and storing each have their time to stop, and then to start. */
const PATIENCE_MS = 180_000;

/** Resolves with how it ended. Rejects with ServerError `not_running` where nothing runs, or nothing that can be asked from here. */
export async function requestReload(config: Config): Promise<ReloadResult> {
  const { data } = directoriesOf(config);
  const owner = ownerOf(data);
  if (owner === undefined)
    throw new ServerError('not_running', `data: no Weir runs with ${data}; weir serve starts one`);
  if (!owner.isHere) {
    throw new ServerError(
      'not_running',
      `data: the Weir that has ${data} runs in another container or on another machine: run weir reload there, or send SIGHUP to process ${owner.pid} there`,
    );
  }
  const before = readResult(data, owner.pid)?.count ?? 0;
  try {
    process.kill(owner.pid, 'SIGHUP');
  } catch (error) {
    const reason = (error as Error).message;
    throw new ServerError('not_running', `cannot send SIGHUP to process ${owner.pid}: ${reason}; run this as its user`);
  }
  for (const began = performance.now(); performance.now() - began < PATIENCE_MS; await sleep(LOOK_MS)) {
    const result = readResult(data, owner.pid);
    if (result !== undefined && result.count > before) return result;
    if (ownerOf(data)?.pid !== owner.pid) {
      throw new ServerError(
        'not_running',
        `the Weir with process id ${owner.pid} ended while it reloaded; its log says why`,
      );
    }
  }
  throw new ServerError(
    'not_running',
    `the Weir with process id ${owner.pid} has not reloaded within ${PATIENCE_MS / 1000} s; its log says what it does`,
  );
}

/** Of the Weir that runs: an earlier one's result is nobody's. */
function readResult(data: string, pid: number): ReloadResult | undefined {
  try {
    const result = JSON.parse(readFileSync(reloadPath(data), 'utf8')) as ReloadResult;
    return result.pid === pid ? result : undefined;
  } catch {
    return undefined;
  }
}
