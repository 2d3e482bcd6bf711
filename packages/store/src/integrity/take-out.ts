// Takes a damaged part out of its table and accounts for what is lost with it. The part itself stays on the disk, in the table's folder
// `detached`. What that means depends on the table.

import { DIMENSIONS } from '@weir/record';
import { STORE } from '@weir/spool';
import { stringLiteral } from '../connection/literals.ts';
import { type LedgerEntry, LedgerTable } from '../ledger/ledger-table.ts';
import type { RollupMaker } from '../rollup/rollup-maker.ts';
import { DATABASE, type Resolution, ROLLUPS } from '../schema/tables.ts';
import type { Store } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { rowsOfPart } from './exporter-rows.ts';
import { missingByExporter, upTo } from './missing-flows.ts';
import type { StorePart } from './parts.ts';
import { readableRows } from './salvage.ts';
import { finishSaving, saveReadable } from './save-flows.ts';
import { withoutMerges } from './without-merges.ts';

export type OutStore = Pick<Store, 'kind' | 'query' | 'command' | 'insertRows' | 'together'>;
/** What has to know that data is gone which roll-ups were made from, or roll-ups themselves. */
export type OutRollups = Pick<RollupMaker, 'flowsLost' | 'slotsLost'>;

export interface TakenOut {
  readonly table: string;
  readonly part: string;
  /** Rows that are lost, and rows of the part that went back into the table. */
  readonly lost: number;
  readonly saved: number;
  /** What it means, as a sentence. */
  readonly meaning: string;
}

/** No such part: a merge has taken it meanwhile, or it is out already. */
const NO_SUCH_PART = 232;
const UNKNOWN_TABLE = 60;

/** A row of the ledger for flows that are lost after they were stored, at the time of the flows. */
export function damagedFlows(time: number, exporter: string, count: number): LedgerEntry {
  return { time, collector: 'store', exporter, account: 'flows_store_damaged', consumer: STORE, count };
}

const rowsText = (count: number, what: string): string => `${count.toLocaleString('en')} ${what}`;

async function detach(store: OutStore, table: string, part: string): Promise<void> {
  try {
    await store.command(`ALTER TABLE ${DATABASE}.${table} DETACH PART ${stringLiteral(part)}`);
  } catch (error) {
    if (!(error instanceof StoreError) || error.engineCode !== NO_SUCH_PART) throw error;
  }
}

/** Notes a part that is out, and what was lost with it. Throws StoreError. */
export async function noteDamagedPart(store: OutStore, out: TakenOut, reason: string): Promise<void> {
  const { part, table, lost, saved } = out;
  const now = Date.now();
  const time = new Date(now).toISOString().replace('T', ' ').replace('Z', '');
  const row = { part, table, time, lost, saved, reason: reason.slice(0, 1000), version: now };
  try {
    await store.insertRows('damaged_parts', [row], { insert_deduplicate: 0 });
  } catch (error) {
    // While the tables of an older version are brought to this one the table is not there yet.
    if (!(error instanceof StoreError) || error.engineCode !== UNKNOWN_TABLE) throw error;
  }
}

/**
 * Takes a part out. `rollups` undefined: the part is of none of the tables that roll-ups have to do with. Killed anywhere, it may be
 * called again. Throws StoreError.
 */
export async function takeOut(
  store: OutStore,
  part: StorePart,
  reason: string,
  rollups: OutRollups | undefined,
): Promise<TakenOut> {
  const { table, name } = part;
  const out = await withoutMerges(store, part, () => takeOutOf(store, part, reason, rollups));
  return out ?? { table, part: name, lost: 0, saved: 0, meaning: 'a merge has taken it meanwhile: nothing is lost' };
}

async function takeOutOf(
  store: OutStore,
  part: StorePart,
  reason: string,
  rollups: OutRollups | undefined,
): Promise<TakenOut> {
  if (part.table === 'flows') return await takeOutFlows(store, part, reason, rollups);
  const rollup = ROLLUPS.find((spec) => spec.table.name === part.table);
  const out =
    rollup === undefined
      ? await takeOutRows(store, part)
      : await takeOutRollup(store, part, rollup.resolution, rollups);
  await noteDamagedPart(store, out, reason);
  return out;
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((all, count) => all + count, 0);

/**
 * Whose the rows are whose exporter cannot be read: what the ledger says of each exporter tells, less what is known already. '0' for those
 * of which nobody can tell.
 */
async function attribute(
  store: OutStore,
  part: StorePart,
  unreadable: number,
  known: readonly ReadonlyMap<string, number>[],
): Promise<Map<string, number>> {
  const missing = new Map<string, number>();
  try {
    for (const [exporter, count] of await missingByExporter(store, part.name)) {
      const rest = known.reduce((left, counts) => left - (counts.get(exporter) ?? 0), count);
      if (rest > 0) missing.set(exporter, rest);
    }
  } catch (error) {
    // Another part is damaged too.
    if (!(error instanceof StoreError) || error.code !== 'damaged') throw error;
  }
  const share = upTo(unreadable, missing);
  const unknown = unreadable - sum(share);
  if (unknown > 0) share.set('0', unknown);
  return share;
}

/** Lost of each exporter: what the part had less what was saved. */
async function lostFlows(store: OutStore, part: StorePart): Promise<{ lost: Map<string, number>; saved: number }> {
  const had = await rowsOfPart(store, part.name, part.rows);
  const saved = await saveReadable(store, part);
  const lost = new Map<string, number>();
  for (const [exporter, count] of had.rows) {
    const gone = count - (saved.get(exporter) ?? 0);
    if (gone > 0) lost.set(exporter, gone);
  }
  if (had.unreadable > 0) {
    for (const [exporter, count] of await attribute(store, part, had.unreadable, [lost, saved])) {
      lost.set(exporter, (lost.get(exporter) ?? 0) + count);
    }
  }
  return { lost, saved: sum(saved) };
}

async function takeOutFlows(
  store: OutStore,
  part: StorePart,
  reason: string,
  rollups: OutRollups | undefined,
): Promise<TakenOut> {
  const { table, name, span } = part;
  await finishSaving(store);
  const { lost: lostOf, saved } = await lostFlows(store, part);
  const lost = sum(lostOf);
  const time = span?.from ?? Date.now();
  const entries = [...lostOf].map(([exporter, count]) => damagedFlows(time, exporter, count));
  const out: TakenOut = {
    table,
    part: name,
    lost,
    saved,
    meaning: flowsMeaning(lost, lostOf.get('0') ?? 0),
  };
  await new LedgerTable(store).add([{ name: `flows_store_damaged ${name}`, rows: entries }]);
  if (lost > 0 && span !== undefined) await rollups?.flowsLost(span.from, span.to);
  await noteDamagedPart(store, out, reason);
  await detach(store, table, name);
  await finishSaving(store);
  return out;
}

function flowsMeaning(lost: number, unknown: number): string {
  if (lost === 0) return 'nothing is lost';
  const whose = unknown === 0 ? '' : `, ${unknown.toLocaleString('en')} of unknown exporters`;
  return (
    `${rowsText(lost, 'flows')} are lost${whose}: counted under flows_store_damaged; ` +
    'roll-ups that were made with them keep their sums'
  );
}

async function takeOutRollup(
  store: OutStore,
  part: StorePart,
  resolution: Resolution,
  rollups: OutRollups | undefined,
): Promise<TakenOut> {
  const { table, name, rows: lost, span } = part;
  await detach(store, table, name);
  const slots = span === undefined ? undefined : await rollups?.slotsLost(resolution, span.from, span.to);
  return { table, part: name, lost, saved: 0, meaning: rollupMeaning(resolution, slots) };
}

/** What it means that slots of a roll-up have lost rows. */
export function rollupMeaning(resolution: Resolution, slots: { again: number; lost: number } | undefined): string {
  const { again, lost } = slots ?? { again: 0, lost: 0 };
  return (
    `${again} slots of ${resolution} are made again from finer data` +
    (lost === 0 ? '' : `; ${lost} slots can not be, because that is gone: their sums at this resolution are too low`)
  );
}

const isDimension = (table: string): boolean => Object.hasOwn(DIMENSIONS, table);

async function takeOutRows(store: OutStore, part: StorePart): Promise<TakenOut> {
  const { table, name, rows: total } = part;
  const readable = await readableRows(store, table, name, total);
  await detach(store, table, name);
  await store.insertRows(table, readable, { insert_deduplicate: 0 });
  if (isDimension(table) && store.kind === 'embedded') {
    await store.command(`SYSTEM RELOAD DICTIONARY ${DATABASE}.${table}_dict`);
  }
  const lost = Math.max(0, total - readable.length);
  return { table, part: name, lost, saved: readable.length, meaning: meaningOf(table, lost) };
}

function meaningOf(table: string, lost: number): string {
  if (lost === 0) return 'nothing is lost';
  if (isDimension(table)) {
    return `${rowsText(lost, `rows of ${table}`)} are lost: what they name shows without a name until it is announced again`;
  }
  if (table === 'ledger') return `${rowsText(lost, 'rows of the ledger')} are lost: its sums of that day are too low`;
  if (table === 'rollup_state') {
    return `${rowsText(lost, 'notes on roll-ups')} are lost: slots for which flows came late may not be made again`;
  }
  return `${rowsText(lost, `rows of ${table}`)} are lost`;
}
