// Flows that the ledger says are stored and that are nowhere in the store: whatever took them (a directory that is gone, a part that
// the engine put aside, somebody's hand) left no other trace. The loader puts flows in before it counts them, and retention and
// repair count before they take flows out, so there are never fewer than the ledger says unless some are lost.
import { DATABASE } from '../schema/tables.ts';
import type { Store } from '../store.ts';

type Reader = Pick<Store, 'query'>;

/** What the ledger says is there: stored, less what it knows to be gone. */
const KEPT =
  "sumIf(count, account = 'flows_stored') - sumIf(count, account IN ('flows_expired', 'flows_store_damaged'))";
const ACCOUNTS = "account IN ('flows_stored', 'flows_expired', 'flows_store_damaged')";

const LIMITS = { maxSeconds: 3600, maxResultRows: 10_000_000, maxResultBytes: 2 ** 30 };

/** How many flows are missing in all; quick, from what parts say of themselves. Negative while some are not counted yet. Throws StoreError. */
export async function missingInAll(store: Reader): Promise<number> {
  const { rows } = await store.query(
    `SELECT (SELECT ${KEPT} FROM ${DATABASE}.ledger WHERE ${ACCOUNTS}) AS kept,
       (SELECT sum(rows) FROM system.parts WHERE active AND database = {database:String} AND table = 'flows') AS present`,
    { database: DATABASE },
    { limits: LIMITS },
  );
  return Number(rows[0].kept ?? 0) - Number(rows[0].present ?? 0);
}

/** How many flows of each exporter are missing, by its key as decimal text. Reads a column of all flows. Throws StoreError. */
export async function missingByExporter(store: Reader): Promise<Map<string, number>> {
  const { rows } = await store.query(
    `SELECT toString(exporter) AS exporter, sum(kept) AS missing FROM (
       SELECT exporter, ${KEPT} AS kept FROM ${DATABASE}.ledger WHERE ${ACCOUNTS} GROUP BY exporter
       UNION ALL SELECT exporter, -toInt64(count()) AS kept FROM ${DATABASE}.flows GROUP BY exporter
     ) GROUP BY exporter HAVING missing != 0`,
    {},
    { limits: LIMITS },
  );
  return new Map(rows.map((row) => [String(row.exporter), Number(row.missing)]));
}

/**
 * What of the missing flows makes `limit` in all, the exporters with most first: what one lost part can have held. Where more was counted
 * as lost than is missing (under '0', when nobody could tell whose they were), that is set against it.
 */
export function upTo(limit: number, missing: ReadonlyMap<string, number>): Map<string, number> {
  const total = [...missing.values()].reduce((sum, count) => sum + count, 0);
  let left = Math.max(0, Math.min(limit, total));
  const share = new Map<string, number>();
  for (const [exporter, count] of [...missing].sort(([, a], [, b]) => b - a)) {
    const taken = Math.min(count, left);
    if (taken <= 0) break;
    share.set(exporter, taken);
    left -= taken;
  }
  return share;
}
