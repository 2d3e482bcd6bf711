// What the ledger is told when data goes for its age or the store's size, so that it adds up afterwards: flows stored − damaged −
// expired are the flows in the store, of every exporter.
import { STORE } from '@weir/spool';
import { stringLiteral } from '../connection/literals.ts';
import { rowsOfPartition } from '../integrity/exporter-rows.ts';
import { type LedgerEntry, type LedgerTable, MARK_DAYS } from '../ledger/ledger-table.ts';
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import type { Partition } from './partitions.ts';

/** Account rows of the store carry the time of the flows, so that the ledger of any range agrees with the flows of it. */
function expired(time: number, exporter: string, count: number): LedgerEntry {
  return { time, collector: 'store', exporter, account: 'flows_expired', consumer: STORE, count };
}

/**
 * Counts the flows of a partition as expired, once for the same flows: killed before they are dropped, the next attempt finds that they
 * are counted. Throws StoreError.
 */
export async function countExpired(store: Store, ledger: LedgerTable, partition: Partition): Promise<void> {
  const { id, blocks, rows, start } = partition;
  const counts = await rowsOfPartition(store, partition);
  const entries = [...counts.rows].map(([exporter, count]) => expired(start, exporter, count));
  // What cannot be read has gone all the same.
  if (counts.unreadable > 0) entries.push(expired(start, '0', counts.unreadable));
  await ledger.add([{ name: `flows_expired ${id} ${blocks.join('-')} ${rows}`, rows: entries }]);
}

/**
 * Carries on what a day of the ledger says of flows that the other days do not: flows stored just after midnight that were received
 * before. With the day that would be gone, and the sums wrong by it. Throws StoreError.
 */
export async function carryOn(store: Store, ledger: LedgerTable, day: Partition): Promise<void> {
  const { rows } = await store.query(
    `SELECT toString(exporter) AS exporter,
       sumIf(count, account = 'flows_stored') - sumIf(count, account IN ('flows_expired', 'flows_store_damaged')) AS rest
     FROM ${DATABASE}.ledger WHERE _partition_id = {id:String} GROUP BY exporter HAVING rest != 0`,
    { id: day.id },
    { limits: { maxResultRows: 10_000_000, maxSeconds: 600 } },
  );
  const entries = rows.map((row) => expired(day.end, String(row.exporter), -Number(row.rest)));
  await ledger.add([{ name: `flows_expired before ${day.name}`, rows: entries }]);
}

/** Removes the marks of sources that are so old that none is given again. Throws StoreError. */
export async function removeMarks(store: Store, now: number): Promise<void> {
  const before = now - MARK_DAYS * 86_400_000;
  const { rows } = await store.query(
    `SELECT _partition_id AS id, count() AS marks FROM ${DATABASE}.ledger
     WHERE account = '' AND time < fromUnixTimestamp64Milli({before:Int64}, 'UTC') GROUP BY id`,
    { before },
  );
  for (const { id } of rows) {
    await store.command(
      `ALTER TABLE ${DATABASE}.ledger DELETE IN PARTITION ID ${stringLiteral(String(id))}
       WHERE account = '' AND time < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`,
      { before },
    );
  }
}
