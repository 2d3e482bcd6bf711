// Backups of a real store that goes on being written, read back and restored.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingInAll } from '../integrity/missing-flows.ts';
import { LedgerTable } from '../ledger/ledger-table.ts';
import { openStore, type Store } from '../store.ts';
import { FIRST_HOUR, FLOWS, harm, StoreCopies } from '../testing/damaged-store.ts';
import { restoreBackup, writeBackup } from './backup.ts';
import { readBackup } from './manifest.ts';
import { releaseSnapshot, releaseSnapshots, takeSnapshot } from './snapshot.ts';
import { verifyBackup, verifyStore } from './verify.ts';

const copies = new StoreCopies();
beforeAll(() => copies.make());
afterAll(() => copies.remove());

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-backup-'));
  path = copies.copy();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function withStore<T>(at: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ path: at });
  try {
    await store.migrate();
    return await use(store);
  } finally {
    await store.close();
  }
}

/** A backup of the store at `path`, in a directory of this name. */
const backup = (name: string, base?: string) =>
  withStore(path, async (store) => {
    const snapshot = await takeSnapshot(store);
    try {
      await writeBackup(snapshot, join(root, name), base === undefined ? {} : { base: join(root, base) });
    } finally {
      releaseSnapshot(path, snapshot.name);
    }
    return join(root, name);
  });

const flows = (store: Store) =>
  store
    .query('SELECT count() AS rows, toString(sum(cityHash64(*))) AS hash FROM weir.flows')
    .then(({ rows }) => rows[0]);

/** Adds flows and their count, as the loader does. */
const load = (store: Store, ledger: LedgerTable, file: number) =>
  store.together(async () => {
    await store.command(
      `INSERT INTO weir.flows (time_received, exporter, flow_id) SELECT toDateTime64(${FIRST_HOUR / 1000}, 3, 'UTC'), 1, ${file} FROM numbers(100)`,
    );
    const row = { time: FIRST_HOUR, collector: 'store', exporter: '1', account: 'flows_stored', count: 100 } as const;
    await ledger.add([{ name: `flows_stored ${file}`, rows: [{ ...row, consumer: 'store' }] }]);
  });

describe('a backup', () => {
  it('is a store with all that the original had, for its owner alone', async () => {
    const original = await withStore(path, flows);
    const dir = await backup('first');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readBackup(dir).rows.flows).toBe(FLOWS);
    await verifyBackup(dir);
    expect(readdirSync(dir).sort()).toEqual(['store', 'weir-backup.json']);
    const restored = join(root, 'data', 'store');
    await restoreBackup(dir, restored, verifyStore);
    expect(statSync(restored).mode & 0o777).toBe(0o700);
    expect(await withStore(restored, flows)).toEqual(original);
    const names = await withStore(restored, (store) =>
      store.query("SELECT dictGet('weir.exporters_dict', 'name', toUInt64(3)) AS name"),
    );
    expect(names.rows).toEqual([{ name: 'router-3' }]);
  });

  it('of a store that is written has every flow with its count', async () => {
    await withStore(path, async (store) => {
      const ledger = new LedgerTable(store);
      let file = 0;
      let stop = false;
      const writers = Array.from({ length: 3 }, async () => {
        while (!stop) await load(store, ledger, file++);
      });
      for (const name of ['a', 'b', 'c']) {
        const snapshot = await takeSnapshot(store);
        await writeBackup(snapshot, join(root, name));
        releaseSnapshot(path, snapshot.name);
      }
      stop = true;
      await Promise.all(writers);
      expect(file).toBeGreaterThan(3);
    });
    for (const name of ['a', 'b', 'c']) {
      const restored = join(root, `${name}-restored`);
      await restoreBackup(join(root, name), restored, verifyStore);
      expect([name, await withStore(restored, missingInAll)]).toEqual([name, 0]);
    }
  });

  it('takes room only for what its base has not', async () => {
    const base = await backup('base');
    await withStore(path, async (store) => load(store, new LedgerTable(store), 1));
    const next = await backup('next', 'base');
    const links = (dir: string) =>
      readBackup(dir).files.filter((file) => statSync(join(dir, 'store', file.path)).nlink > 1).length;
    expect(links(next)).toBeGreaterThan(readBackup(next).files.length / 2);
    rmSync(base, { recursive: true });
    await verifyBackup(next);
  });

  it('leaves nothing of the snapshot behind, and a start removes what a killed one left', async () => {
    await backup('first');
    expect(readdirSync(join(path, 'shadow')).filter((name) => name.startsWith('weir_'))).toEqual([]);
    await withStore(path, async (store) => {
      await takeSnapshot(store);
    });
    expect(readdirSync(join(path, 'shadow')).some((name) => name.startsWith('weir_'))).toBe(true);
    releaseSnapshots(path);
    expect(readdirSync(join(path, 'shadow')).some((name) => name.startsWith('weir_'))).toBe(false);
  });

  it('is not written over anything', async () => {
    mkdirSync(join(root, 'first'));
    writeFileSync(join(root, 'first', 'mine'), '');
    await expect(backup('first')).rejects.toMatchObject({ code: 'in_the_way' });
    expect(readdirSync(join(root, 'first'))).toEqual(['mine']);
  });

  it('of a damaged store says so', async () => {
    const [part] = readdirSync(join(path, 'data/weir/flows')).filter((name) => /_1_1_0$/.test(name));
    harm(join(path, 'data/weir/flows', part, 'data.bin'), 'flip');
    const dir = await backup('first');
    await expect(verifyBackup(dir)).rejects.toThrow(`part ${part} of flows is damaged`);
  });
});

describe('restoring', () => {
  it('refuses what is not complete, and a file that is not what it was', async () => {
    const dir = await backup('first');
    const restored = join(root, 'store');
    const manifest = readFileSync(join(dir, 'weir-backup.json'), 'utf8');
    rmSync(join(dir, 'weir-backup.json'));
    await expect(restoreBackup(dir, restored, verifyStore)).rejects.toMatchObject({ code: 'not_a_backup' });
    writeFileSync(join(dir, 'weir-backup.json'), manifest);
    const { files } = readBackup(dir);
    const file = files.find(({ path: name }) => name.endsWith('count.txt'))?.path ?? '';
    chmodSync(join(dir, 'store', file), 0o600);
    harm(join(dir, 'store', file), 'flip');
    await expect(restoreBackup(dir, restored, verifyStore)).rejects.toThrow(`${file} is damaged`);
    harm(join(dir, 'store', file), 'remove');
    await expect(restoreBackup(dir, restored, verifyStore)).rejects.toMatchObject({ code: 'io' });
    expect([existsSync(restored), existsSync(`${restored}.restoring`)]).toEqual([false, false]);
  });

  it('refuses to go where a store is, and says how to make room', async () => {
    const dir = await backup('first');
    await expect(restoreBackup(dir, path, verifyStore)).rejects.toThrow(
      `there is a store in ${path} already: move it away first, for example with mv ${path} ${path}.old`,
    );
  });

  it('refuses paths that lead out of the backup', async () => {
    const dir = await backup('first');
    for (const bad of ['../outside', '/etc/outside', 'store/../../outside']) {
      const manifest = { ...readBackup(dir), files: [{ path: bad, bytes: 1, sha256: '' }] };
      mkdirSync(join(root, 'evil'), { recursive: true });
      writeFileSync(join(root, 'evil', 'weir-backup.json'), JSON.stringify(manifest));
      await expect(restoreBackup(join(root, 'evil'), join(root, 'store'), verifyStore)).rejects.toMatchObject({
        code: 'not_a_backup',
      });
    }
  });
});
