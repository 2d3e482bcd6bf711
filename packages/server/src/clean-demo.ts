// Removes demo data: through the running program, which has the embedded store locked, or directly when none runs.
import type { z } from 'zod';
import type { Config } from './config/schema.ts';
import { ServerError } from './errors.ts';
import { DEMO_PATH, DemoAnswer } from './http/routes/demo.ts';
import { WRITE_HEADER } from './http/security.ts';
import { directoriesOf, prepareDirectories } from './supervisor/directories.ts';
import { ownData, ownerOf } from './supervisor/owner.ts';

export type Cleaned = z.infer<typeof DemoAnswer>;

/** Resolves to what was removed. Throws ServerError. */
export async function cleanDemo(config: Config): Promise<Cleaned> {
  const { data } = directoriesOf(config);
  if (ownerOf(data) !== undefined) return askRunning(config);
  const ownership = await ownData(data);
  // Loaded here: the supervisor, which never opens a store, loads this file too.
  const { cleanDemo: cleanStore, openStore, StoreError } = await import('@weir/store');
  const { storeTarget } = await import('./store/target.ts');
  try {
    const directories = prepareDirectories(config);
    const store = openStore(storeTarget(config, directories));
    try {
      await store.migrate();
      return await cleanStore(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    // A server that does not answer, a wrong password: for the person to mend.
    if (error instanceof StoreError) throw new ServerError('start_failed', `the store: ${error.message}`);
    throw error;
  } finally {
    ownership.release();
  }
}

async function askRunning({ http }: Config): Promise<Cleaned> {
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  const url = `http://${host}:${http.port}${DEMO_PATH}`;
  let response: Response;
  try {
    response = await fetch(url, { method: 'DELETE', headers: { [WRITE_HEADER]: 'weir demo clean' } });
  } catch {
    throw new ServerError(
      'start_failed',
      `Weir is running but does not answer at ${url}; give the --http-port it was started with`,
    );
  }
  if (!response.ok)
    throw new ServerError('start_failed', `Weir answered ${response.status} at ${url}: ${await response.text()}`);
  return DemoAnswer.parse(await response.json());
}
