import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consumerFolders, STORE } from '@weir/spool';
import { recoverSpool } from '@weir/spool/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../store.ts';
import { Loader } from './loader.ts';

const KILLS = 20;
const dir = mkdtempSync(join(tmpdir(), 'weir-crash-'));
const child = fileURLToPath(new URL('crash-child.ts', import.meta.url));

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Resolves when the child has completed a file. */
function underWay(spawned: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let errors = '';
    spawned.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    spawned.stdout?.once('data', () => resolve());
    spawned.once('exit', (code) => reject(new Error(`the child ended by itself with ${code}: ${errors}`)));
  });
}

async function runAndKill(run: number): Promise<void> {
  const spawned = spawn(process.execPath, [child, dir, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] });
  await underWay(spawned);
  spawned.removeAllListeners('exit');
  const ended = new Promise((resolve) => spawned.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 350));
  spawned.kill('SIGKILL');
  await ended;
}

describe('the store after kill -9', () => {
  it(`has every row that was in a whole block of the spool exactly once, ${KILLS} kills later`, {
    timeout: 300_000,
  }, async () => {
    for (let run = 0; run < KILLS; run++) await runAndKill(run);
    const spool = join(dir, 'spool');
    recoverSpool(spool);
    const store = openStore({ path: join(dir, 'data') });
    try {
      await store.migrate();
      const loader = new Loader({ store, dir: spool });
      await loader.loadOnce();
      const { flows, aside } = consumerFolders(spool, STORE);
      expect([readdirSync(flows), readdirSync(aside)]).toEqual([[], []]);

      const complete = new Map<number, number>();
      for (const line of readFileSync(join(dir, 'complete'), 'utf8').trim().split('\n')) {
        const [run, rows] = line.split(' ').map(Number);
        complete.set(run, rows);
      }
      const { rows } = await store.query(
        `SELECT observation_domain AS run, count() AS rows, uniqExact(flow_id) AS distinct, max(flow_id) AS last
         FROM weir.flows GROUP BY run ORDER BY run`,
      );
      let total = 0;
      for (const row of rows) {
        const count = Number(row.rows);
        total += count;
        // Each once, and from the first on without a gap.
        expect({ run: row.run, distinct: row.distinct, last: row.last }).toEqual({
          run: row.run,
          distinct: String(count),
          last: String(count - 1),
        });
        // Whole blocks, at least those of the files that were complete when it was killed.
        expect(count % 500).toBe(0);
        expect(count).toBeGreaterThanOrEqual(complete.get(Number(row.run)) ?? 0);
      }
      expect(rows).toHaveLength(KILLS);
      const ledger = await store.query("SELECT sum(count) AS count FROM weir.ledger WHERE account = 'flows_stored'");
      expect(ledger.rows).toEqual([{ count: String(total) }]);
    } finally {
      await store.close();
    }
  });
});
