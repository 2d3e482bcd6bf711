// Removes demo data: through the running program, which has the embedded store locked, or directly when none runs.
import { cleanDemo as cleanStore, openStore, StoreError } from '@weir/store';
import { z } from 'zod';
import type { Config } from './config/schema.ts';
import { ServerError } from './errors.ts';
import { storeTarget } from './store/storing.ts';
import { directoriesOf, prepareDirectories } from './supervisor/directories.ts';
import { ownData, ownerOf } from './supervisor/owner.ts';

const Cleaned = z.object({ flows: z.number(), exporters: z.number(), entities: z.number() });
export type Cleaned = z.infer<typeof Cleaned>;

/** Path that the running program answers DELETE on. */
export const DEMO_PATH = '/api/v1/demo';

/** Resolves to what was removed. Throws ServerError. */
export async function cleanDemo(config: Config): Promise<Cleaned> {
  const { data } = directoriesOf(config);
  if (ownerOf(data) !== undefined) return askRunning(config);
  const ownership = await ownData(data);
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
    response = await fetch(url, { method: 'DELETE' });
  } catch {
    throw new ServerError(
      'start_failed',
      `Weir is running but does not answer at ${url}; give the --http-port it was started with`,
    );
  }
  if (!response.ok)
    throw new ServerError('start_failed', `Weir answered ${response.status} at ${url}: ${await response.text()}`);
  return Cleaned.parse(await response.json());
}
