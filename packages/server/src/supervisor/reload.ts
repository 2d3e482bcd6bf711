// A reload: the configuration is read again and the processes are replaced by new ones, which also brings in a new version of their code.
// Collecting changes hands without losing a datagram; storing stops and starts, while the spool keeps what comes.
import { join } from 'node:path';
import { writeWhole } from '@weir/spool';
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import { runFolder } from '../run-folder.ts';
import type { Family } from './family.ts';
import { STOP_PATIENCE_MS } from './stop.ts';
import type { Held, ServeOptions } from './supervise.ts';

/** How the last reload ended, for `weir reload`. */
export interface ReloadResult {
  /** Of the supervisor that reloaded. */
  readonly pid: number;
  /** How many there were since this supervisor started. */
  readonly count: number;
  readonly ok: boolean;
  /** Why it failed, or what could not be changed by it. */
  readonly messages: readonly string[];
}

export const reloadPath = (data: string): string => join(runFolder(data), 'reload.json');

let count = 0;
let running: Promise<void> | undefined;

/** Reloads, after one that is under way. Never rejects: what went wrong is in the log and in the result. */
export function reload(family: Family, held: Held, options: ServeOptions): void {
  const before = running ?? Promise.resolve();
  running = before.then(() => run(family, held, options));
}

async function run(family: Family, held: Held, options: ServeOptions): Promise<void> {
  const { log, directories } = held;
  log.info('reloading');
  let result: Pick<ReloadResult, 'ok' | 'messages'>;
  try {
    const messages = await replaceAll(family, held, options);
    for (const message of messages) log.warn(message);
    log.info('reloaded');
    result = { ok: true, messages };
  } catch (error) {
    const messages =
      error instanceof ServerError ? error.mistakes : [error instanceof Error ? error.message : String(error)];
    for (const message of messages) log.error(`reload: ${message}`);
    log.error('reload: everything goes on as it was');
    result = { ok: false, messages };
  }
  try {
    writeWhole(
      reloadPath(directories.data),
      `${JSON.stringify({ pid: process.pid, count: ++count, ...result } satisfies ReloadResult)}\n`,
    );
  } catch (error) {
    log.error({ err: error }, 'reload: its result could not be written');
  }
}

/** Settings that only a restart of the whole program changes. */
const FIXED = ['data', 'collector', 'demo', 'http', 'log'] as const satisfies readonly (keyof Config)[];

async function replaceAll(family: Family, held: Held, options: ServeOptions): Promise<string[]> {
  const { sockets, gateway, log, directories } = held;
  const before = family.config;
  const given = options.readConfig?.() ?? before;
  const next = (await options.withData?.(given, directories)) ?? given;
  const messages = FIXED.filter((name) => JSON.stringify(next[name]) !== JSON.stringify(before[name])).map(
    (name) => `${name} is changed by a restart only`,
  );
  const config: Config = { ...next, ...Object.fromEntries(FIXED.map((name) => [name, before[name]])) };
  family.use(config);
  try {
    if (sockets.differ(config)) {
      log.warn('listen: other sockets are needed; what exporters send until they are open is lost');
      await family.collect.restart(STOP_PATIENCE_MS.collect, () => sockets.reopen(config));
    } else if (sockets.held) await family.collect.replace(STOP_PATIENCE_MS.collect);
    else await family.collect.restart(STOP_PATIENCE_MS.collect, async () => {});
  } catch (error) {
    family.use(before);
    if (!family.collect.runs) {
      // What was open was closed for what cannot be opened.
      if (!sockets.held) await sockets.reopen(before);
      family.collect.start();
    }
    throw error;
  }
  gateway.storeIsAway('it is being started with the configuration as it is now');
  await family.store.restart(STOP_PATIENCE_MS.store, async () => {});
  await family.restartSinks();
  return messages;
}
