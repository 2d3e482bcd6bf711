// The control socket between a stand-in of the storing process and a caller, over a real socket.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DamageWatch, RollupMaker, Store } from '@weir/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../log.ts';
import { askRunning } from './ask.ts';
import { controlPath } from './control-path.ts';
import { ControlServer } from './listen.ts';

describe('the control socket', () => {
  let data: string;
  let server: ControlServer;
  let parts: number;
  let hold: Promise<void> | undefined;
  /** How many damaged parts the watch for damage was told of, by each check. */
  let told: number[];
  let checked: number;

  /** A store of so many parts, all whole. */
  const store = {
    kind: 'embedded',
    path: '/nonexistent',
    query: async (sql: string, _params: unknown, options?: { signal?: AbortSignal }) => {
      if (sql.includes('FROM system.parts WHERE active AND database = {database:String} AND (')) {
        const rows = Array.from({ length: parts }, (_, part) => ({
          table: 'exporters',
          name: `all_${part}_${part}_0`,
        }));
        return { rows };
      }
      if (sql.startsWith('CHECK')) {
        await hold;
        options?.signal?.throwIfAborted();
        checked++;
        return { rows: [{ is_passed: 1 }] };
      }
      if (sql.includes('AS kept,')) return { rows: [{ kept: 5, present: 5 }] };
      return { rows: [] };
    },
    command: async () => {},
  } as unknown as Store;

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'weir-control-'));
    parts = 3;
    hold = undefined;
    checked = 0;
    told = [];
    server = new ControlServer(data, {
      store,
      rollups: {} as RollupMaker,
      damage: { checked: (found: readonly unknown[]) => told.push(found.length) } as unknown as DamageWatch,
      log: { info() {}, warn() {} } as unknown as Logger,
    });
    await server.listen();
  });
  afterEach(async () => {
    await server.close();
    rmSync(data, { recursive: true, force: true });
  });

  it('answers with what was found, and says on the way how far it is', async () => {
    const progress: (readonly [number, number])[] = [];
    const report = await askRunning(data, 'check', (done, total) => progress.push([done, total]));
    expect(report).toMatchObject({ parts: 3, damaged: [], broken: [], missing: {}, dictionaries: [] });
    expect(progress.at(-1)).toEqual([3, 3]);
    // The watch for damage knows of it too, for /readyz.
    expect(told).toEqual([0]);
  });

  it('is for whoever has the data, and gone with the process', async () => {
    expect(statSync(controlPath(data)).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(controlPath(data))).toBe(false);
    expect(await askRunning(data, 'check')).toBeUndefined();
  });

  it('is nobody where a process that died has left its socket', async () => {
    await server.close();
    writeFileSync(controlPath(data), '');
    expect(await askRunning(data, 'check')).toBeUndefined();
    await server.listen();
    expect(await askRunning(data, 'check')).toMatchObject({ parts: 3 });
  });

  it('does one thing at a time, and says which', async () => {
    let release = (): void => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = askRunning(data, 'check');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(askRunning(data, 'repair')).rejects.toThrow('weir store check is running already');
    release();
    expect(await first).toMatchObject({ parts: 3 });
  });

  it('passes on why something could not be done', async () => {
    server = await replaced(server, data, { ...store, path: undefined } as unknown as Store);
    await expect(askRunning(data, 'snapshot')).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('the store is a ClickHouse server'),
    });
  });

  it('works below directories whose names are too long for a socket', async () => {
    const deep = join(data, 'd'.repeat(120));
    mkdirSync(deep);
    const other = await replaced(undefined, deep, store);
    expect(await askRunning(deep, 'check')).toMatchObject({ parts: 3 });
    await other.close();
    expect(await askRunning(deep, 'check')).toBeUndefined();
  });

  it('stops reading when the caller is gone', async () => {
    parts = 1000;
    let steps = 0;
    const gone = new Promise<void>((resolve) => {
      void askRunning(data, 'check', () => {
        if (++steps === 1) resolve();
      }).catch(() => {});
    });
    hold = new Promise((resolve) => setTimeout(resolve, 5));
    await gone;
    await server.close();
    const after = checked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(checked).toBeLessThanOrEqual(after + 1);
  });
});

async function replaced(before: ControlServer | undefined, data: string, store: Store): Promise<ControlServer> {
  await before?.close();
  const server = new ControlServer(data, {
    store,
    rollups: {} as RollupMaker,
    damage: { checked: () => {} } as unknown as DamageWatch,
    log: { info() {}, warn() {} } as unknown as Logger,
  });
  await server.listen();
  return server;
}
