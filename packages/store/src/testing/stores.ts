// For tests: the contract that the embedded engine and a server keep alike. A suite is written once and runs against both.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore, type Store, type StoreOptions } from '../store.ts';
import { type RunningServer, startServer } from './clickhouse.ts';

export interface TestStore {
  readonly kind: Store['kind'];
  /** Migrated before the first test, closed after the last. */
  readonly store: Store;
  /** A folder of the suite's own. */
  readonly dir: string;
}

/** Describes `name` for the embedded engine and for a server, each with a store of its own. */
export function describeStores(
  name: string,
  options: StoreOptions,
  suite: (get: () => TestStore, kind: Store['kind']) => void,
): void {
  describe(`${name}, embedded`, () => {
    suite(storeFor('embedded', options), 'embedded');
  });
  describe(`${name}, on a server`, () => {
    suite(storeFor('server', options), 'server');
  });
}

function storeFor(kind: Store['kind'], options: StoreOptions): () => TestStore {
  let made: TestStore | undefined;
  let server: RunningServer | undefined;
  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), `weir-${kind}-`));
    if (kind === 'server') server = await startServer();
    const store = openStore(server?.target ?? { path: join(dir, 'data') }, options);
    made = { kind, store, dir };
    await store.migrate();
  });
  afterAll(async () => {
    await made?.store.close();
    await server?.stop();
    if (made !== undefined) rmSync(made.dir, { recursive: true, force: true });
  });
  return () => {
    if (made === undefined) throw new Error('the store is there only while tests run');
    return made;
  };
}
