// Work on a part that no merge takes meanwhile: merges read a part from its beginning to its end, so that one whose index or marks are damaged
// may be merged into another all the same, and its rows live on while they are being counted as lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { activeParts, type StorePart } from './parts.ts';

const POLL_MS = 20;

/** Does `work` if the part is still in its table once no merge is at it; resolves to undefined otherwise. Throws what `work` throws. */
export async function withoutMerges<T>(
  store: Pick<Store, 'kind' | 'query' | 'command'>,
  { table, name }: StorePart,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const merges = async (what: 'STOP' | 'START'): Promise<void> => {
    try {
      await store.command(`SYSTEM ${what} MERGES ${DATABASE}.${table}`);
    } catch (error) {
      // The account on a server may not be allowed to.
      if (!(error instanceof StoreError) || store.kind === 'embedded') throw error;
    }
  };
  await merges('STOP');
  try {
    while (await isMerging(store, table, name)) await sleep(POLL_MS);
    const there = (await activeParts(store, table)).some((part) => part.name === name);
    return there ? await work() : undefined;
  } finally {
    await merges('START');
  }
}

async function isMerging(store: Pick<Store, 'query'>, table: string, part: string): Promise<boolean> {
  const { rows } = await store.query(
    `SELECT count() AS merges FROM system.merges
     WHERE database = {database:String} AND table = {table:String} AND has(source_part_names, {part:String})`,
    { database: DATABASE, table, part },
  );
  return Number(rows[0].merges) > 0;
}
