// Brings a store with damage into a state in which every question is answered again and the ledger adds up: damaged parts are taken out,
// what the engine has put aside is accounted for, and so are flows that are missing. Nothing is deleted.
import { LedgerTable } from '../ledger/ledger-table.ts';
import { ROLLUPS } from '../schema/tables.ts';
import { type CheckOptions, type CheckReport, checkStore, unaccounted } from './check.ts';
import { missingByExporter, missingInAll, upTo } from './missing-flows.ts';
import { type DetachedPart, rowsOfDetached, spanOfDetached } from './parts.ts';
import { finishSaving } from './save-flows.ts';
import {
  damagedFlows,
  noteDamagedPart,
  type OutRollups,
  type OutStore,
  rollupMeaning,
  type TakenOut,
  takeOut,
} from './take-out.ts';

export interface RepairReport {
  /** What was found before. */
  readonly found: CheckReport;
  /** Parts that are out of their tables now and accounted for, whether this took them out or the engine had. */
  readonly parts: readonly TakenOut[];
  /** Flows that were missing without a trace and are accounted for now. */
  readonly missing: number;
}

/** Checks everything and repairs what is damaged. Throws StoreError. */
export async function repairStore(
  store: OutStore,
  rollups: OutRollups,
  options: CheckOptions = {},
): Promise<RepairReport> {
  await finishSaving(store);
  const found = await checkStore(store, options);
  const parts: TakenOut[] = [];
  for (const part of found.damaged) parts.push(await takeOut(store, part, part.reason, rollups));
  parts.push(...(await accountBroken(store, rollups)));
  const share = await missingFlows(store, Number.MAX_SAFE_INTEGER);
  const missing = await addLost(store, `missing at ${new Date().toISOString()}`, Date.now(), share);
  return { found, parts, missing };
}

/** Accounts for the parts that the engine has put aside, each once. Throws StoreError. */
export async function accountBroken(store: OutStore, rollups: OutRollups): Promise<TakenOut[]> {
  const parts = (await unaccounted(store)).map((part) => ({ part, rows: rowsOfDetached(part, store.kind) }));
  const out: TakenOut[] = [];
  // Those that do not say how many rows they had are given what the others leave.
  for (const { part, rows } of parts.sort((a, b) => (a.rows ?? Infinity) - (b.rows ?? Infinity))) {
    const taken = await account(store, part, rows, rollups);
    await noteDamagedPart(store, taken, part.reason);
    out.push(taken);
  }
  return out;
}

async function account(
  store: OutStore,
  part: DetachedPart,
  rows: number | undefined,
  rollups: OutRollups,
): Promise<TakenOut> {
  const span = spanOfDetached(part);
  const none = { table: part.table, part: part.name, lost: rows ?? 0, saved: 0 };
  const rollup = ROLLUPS.find((spec) => spec.table.name === part.table);
  if (rollup !== undefined) {
    const slots = span === undefined ? undefined : await rollups.slotsLost(rollup.resolution, span.from, span.to);
    return { ...none, meaning: rollupMeaning(rollup.resolution, slots) };
  }
  if (part.table !== 'flows') {
    return {
      ...none,
      meaning: `${rows?.toLocaleString('en') ?? 'an unknown number of'} rows of ${part.table} are lost`,
    };
  }
  // Flows that came back, from the spool or as the parts that a broken one was merged from, are not missing.
  const share = await missingFlows(store, rows ?? Number.MAX_SAFE_INTEGER);
  const lost = await addLost(store, part.name, span?.from ?? Date.now(), share);
  if (lost === 0) return { ...none, lost, meaning: 'its flows are in other parts: nothing is lost' };
  if (span !== undefined) await rollups.flowsLost(span.from, span.to);
  const meaning =
    `${lost.toLocaleString('en')} flows are lost: counted under flows_store_damaged; ` +
    'roll-ups that were made with them keep their sums';
  return { ...none, lost, meaning };
}

/** At most `limit` of the flows that are missing, by exporter. */
async function missingFlows(store: OutStore, limit: number): Promise<ReadonlyMap<string, number>> {
  if ((await missingInAll(store)) <= 0) return new Map();
  return upTo(limit, await missingByExporter(store));
}

async function addLost(
  store: OutStore,
  name: string,
  time: number,
  share: ReadonlyMap<string, number>,
): Promise<number> {
  const rows = [...share].map(([exporter, count]) => damagedFlows(time, exporter, count));
  await new LedgerTable(store).add([{ name: `flows_store_damaged ${name}`, rows }]);
  return rows.reduce((sum, row) => sum + row.count, 0);
}
