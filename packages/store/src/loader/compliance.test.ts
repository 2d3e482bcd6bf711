// The store keeps the contract of consumers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE } from '@weir/spool';
import { type ComplianceHarness, consumerCompliance } from '@weir/spool/compliance';
import { afterAll, beforeAll } from 'vitest';
import { openStore, type Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { Loader } from './loader.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-loader-'));
let store: Store;
beforeAll(async () => {
  store = openStore({ path: join(root, 'data') });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

let state: 'refuses' | 'hangs' | 'takes' = 'takes';

/** An engine cannot be made to refuse or hang on demand; what stands before it can. */
async function gate(): Promise<void> {
  if (state === 'refuses') throw new StoreError('not_writable', 'errno: 30');
  // Longer than any insert; a stop that waits for it would not end in time.
  if (state === 'hangs') await new Promise((resolve) => setTimeout(resolve, 500));
}

const harness: ComplianceHarness = {
  consumer: STORE,
  exactlyOnce: true,
  delivered: 'flows_stored',
  async reset() {
    for (const table of ['flows', 'ledger']) await store.command(`TRUNCATE TABLE weir.${table}`);
  },
  async start(dir) {
    const loader = new Loader({ store, dir, pollMs: 1, maxBackoffMs: 2, onFlows: gate });
    return {
      async round() {
        loader.start();
        const { failures, rounds } = loader.stats;
        // The first one may have been under way.
        while (
          loader.stats.rounds < rounds + 2 &&
          loader.stats.failures < failures + 2 &&
          loader.state.state !== 'stopped'
        ) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      },
      health: () => loader.health(),
      stop: () => loader.stop(),
    };
  },
  destination(what) {
    state = what;
  },
  async flows() {
    const { rows } = await store.query(
      'SELECT flow_id, count() AS times FROM weir.flows GROUP BY flow_id ORDER BY flow_id',
    );
    return new Map(rows.map((row) => [Number(row.flow_id), Number(row.times)]));
  },
  async counted() {
    const { rows } = await store.query(
      "SELECT account, toString(exporter) AS exporter, sum(count) AS count FROM weir.ledger WHERE source LIKE 'end-store-%' AND account != '' GROUP BY account, exporter",
    );
    return new Map(rows.map((row) => [`${row.account} ${row.exporter}`, Number(row.count)]));
  },
};

consumerCompliance('the store', harness);
