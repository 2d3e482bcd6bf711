// Accounts for a collecting process that was killed. Its counters are still there; what it had spooled becomes complete files; the
// difference was in its memory and is counted as lost with it, per exporter. Nothing stays "in flight".
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { leftInRing } from '@weir/listen';
import {
  ACCOUNT,
  ACCOUNT_NAMES,
  type AccountName,
  BALANCES,
  exporterKey,
  formatAddress,
  keyText,
  steadyNow,
} from '@weir/record';
import {
  consumerFolders,
  discard,
  type ExporterRows,
  filesIn,
  isSealed,
  type LedgerRow,
  leftIn,
  type OpenManifest,
  ownerOfName,
  readLedger,
  readOpenManifest,
  rowsBeingWritten,
  SpoolError,
  STORE,
  salvage,
  spoolFolders,
  tryUnlink,
  writeLedger,
} from '@weir/spool';
import { adopt, type CounterMemory, type SlotView } from './counter-memory.ts';
import type { Giver } from './give.ts';
import { isOfThisBoot, type ProcessFiles, readMemory, removeFolder, replaysIn } from './process-files.ts';

export interface Recovered {
  /** Flows that were in its memory. */
  readonly flowsLost: number;
  /** Datagrams that it was reading. */
  readonly datagramsLost: number;
  /** Flows of spool files that it had not completed, and that are complete now. */
  readonly flowsSalvaged: number;
  readonly files: number;
}

/** Datagrams that a process had taken from the kernel and not done: to be moved away from `path`, and done. */
export interface Left {
  readonly path: string;
  readonly lane: number;
  /** How many of them it had done. */
  readonly done: number;
}

const OUTCOMES = BALANCES[0].parts.filter((name) => name !== 'datagrams_lost_with_process');
/** Under which name what belongs to no exporter is told. */
const UNATTRIBUTED = '0';

/** Exporter's key of a slot, as ledger rows have it. */
export function slotKey({ words }: Pick<SlotView, 'words'>): string {
  return words.every((word) => word === 0) ? UNATTRIBUTED : keyText(exporterKey(formatAddress(words)));
}

/**
 * Accounts for a process that is dead, gives its files to the consumers, what it left undone to `inherit`, and removes its folder. Killed in
 * the middle, it is done again with the same result: rows count once by the name of their file, and what was inherited is elsewhere. Throws
 * SpoolError, and what the file system throws.
 */
export function recoverProcess(
  dir: string,
  files: ProcessFiles,
  collector: string,
  giver: Giver,
  inherit: (left: Left) => void = () => {},
): Recovered {
  const told = finishLedger(dir, files);
  const found = salvageFiles(dir, files);
  const rows: LedgerRow[] = [];
  const left: Left[] = [];
  // After another start of the machine the memory may be older than what the ledger was told: then nothing is done twice.
  const intact = isOfThisBoot(files);
  for (const lane of lanesOf(files)) {
    const memory = existsSync(files.counters(lane)) ? adopt(readMemory(files.counters(lane))) : undefined;
    if (intact) left.push(...leftOf(files, lane, memory));
    if (memory === undefined) continue;
    rows.push(...laneRows(lane, memory, told, found, lastManifest(files, lane), collector));
  }
  writeLedger(dir, `recovered-${files.token}`, rows);
  for (const one of left) inherit(one);
  for (const { manifest, believed } of found) {
    if (believed) giver.give(manifest);
    else discard(dir, manifest.name);
  }
  removeFolder(files);
  const total = (account: AccountName) => rows.reduce((sum, row) => sum + (row.account === account ? row.count : 0), 0);
  return {
    flowsLost: total('flows_lost_with_process'),
    datagramsLost: total('datagrams_lost_with_process'),
    flowsSalvaged: found.reduce(
      (sum, { salvaged, believed, manifest }) => sum + (salvaged && believed ? manifest.rows : 0),
      0,
    ),
    files: found.filter(({ believed }) => believed).length,
  };
}

/** What a lane had taken and not done: replays first, as they were older. Without memory nothing is known of the ring. */
function leftOf(files: ProcessFiles, lane: number, memory: CounterMemory | undefined): Left[] {
  const left = replaysIn(files).flatMap((replay) =>
    replay.lane === lane
      ? [{ path: replay.path, lane, done: replay.done + (memory?.doneOfReplay(replay.number) ?? 0) }]
      : [],
  );
  const path = files.ring(lane);
  const first = memory !== undefined && existsSync(path) ? leftInRing(readMemory(path))?.first : undefined;
  if (memory !== undefined && first !== undefined) left.push({ path, lane, done: memory.doneOf(first) });
  return left.filter(({ done }) => done !== Number.POSITIVE_INFINITY);
}

/** Rows of the last ledger file, which may not have been noted as told. A file that was begun goes in or away. */
function finishLedger(dir: string, files: ProcessFiles): readonly LedgerTold[] {
  const rows = existsSync(files.lastLedger) ? readLedger(files.lastLedger) : undefined;
  const last = rows?.[0]?.source;
  for (const file of filesIn(spoolFolders(dir).writing)) {
    const name = /^(.+)\.rows$/.exec(file)?.[1];
    if (name === undefined || !isOf(files, name)) continue;
    const path = rowsBeingWritten(dir, name);
    // Its link is made just before it is put in place: with the link it is whole, without it nothing was noted.
    if (name === last) renameSync(path, join(consumerFolders(dir, STORE).ledger, `${name}.jsonl`));
    else tryUnlink(path);
  }
  return (rows ?? []).flatMap(({ counter, account }) => (counter === undefined ? [] : [{ ...counter, account }]));
}

interface LedgerTold {
  readonly lane: number;
  readonly slot: number;
  readonly use: number;
  readonly total: number;
  readonly account: AccountName;
}

interface FoundFile {
  readonly manifest: OpenManifest;
  /** It was still being written. */
  readonly salvaged: boolean;
  /** False for one without checksums that a loss of power may have changed: its flows are lost. */
  readonly believed: boolean;
}

const isOf = ({ token }: ProcessFiles, name: string): boolean => ownerOfName(name).token === token;
const laneOf = (name: string): number => Number(ownerOfName(name).writer);

function salvageFiles(dir: string, files: ProcessFiles): FoundFile[] {
  const { writing } = spoolFolders(dir);
  const intact = isOfThisBoot(files);
  return leftIn(dir).flatMap((name) => {
    if (!isOf(files, name)) return [];
    const open = existsSync(join(writing, `${name}.tmp`));
    const manifest = salvage(dir, name);
    if (manifest === undefined) return [];
    return [{ manifest, salvaged: open, believed: intact || isSealed(manifest) }];
  });
}

function lanesOf({ folder }: ProcessFiles): Set<number> {
  const lanes = readdirSync(folder).flatMap((file) => /^(\d+)\.(?:counters|replay-)/.exec(file)?.[1] ?? []);
  return new Set(lanes.map(Number));
}

function lastManifest(files: ProcessFiles, lane: number): OpenManifest | undefined {
  try {
    return readOpenManifest(files.lastManifest(lane));
  } catch (error) {
    if (error instanceof SpoolError && error.permanent) return undefined;
    throw error;
  }
}

/** What the ledger has not been told of a lane, with what was lost. */
function laneRows(
  lane: number,
  memory: CounterMemory,
  told: readonly LedgerTold[],
  found: readonly FoundFile[],
  last: OpenManifest | undefined,
  collector: string,
): LedgerRow[] {
  const views = [...memory.views()];
  for (const { lane: of, slot, use, total, account } of told) {
    const view = views.find((candidate) => candidate.slot === slot);
    if (of === lane && view?.use === use) view.told[ACCOUNT[account]] = total;
  }
  const byKey = new Map(views.map((view) => [slotKey(view), view]));
  const add = (exporters: ExporterRows, by: (view: SlotView, key: string, rows: number) => void) => {
    for (const [key, rows] of exporters) {
      const view = byKey.get(key) ?? byKey.get(UNATTRIBUTED);
      if (view !== undefined) by(view, key, rows);
    }
  };
  if (last !== undefined) {
    const inLast = new Map(last.exporters);
    // Killed between completing the file and counting it.
    add(last.totals ?? [], ({ counters }, key, total) => {
      const missing = total - counters[ACCOUNT.flows_spooled];
      if (missing > 0 && missing <= (inLast.get(key) ?? 0)) counters[ACCOUNT.flows_spooled] = total;
    });
  }
  for (const { manifest, believed } of found) {
    if (laneOf(manifest.name) !== lane) continue;
    // Names of a lane rise: those up to the last manifest were counted, or have just been.
    const counted = last !== undefined && manifest.name <= last.name;
    if (counted === believed) continue;
    add(manifest.exporters, ({ counters }, _, rows) => {
      counters[ACCOUNT.flows_spooled] += believed ? rows : -rows;
    });
  }
  const time = steadyNow();
  return views.flatMap((view) => {
    const { counters, told: before } = view;
    const spooled = counters[ACCOUNT.flows_spooled] + counters[ACCOUNT.flows_spool_failed];
    counters[ACCOUNT.flows_lost_with_process] += Math.max(0, counters[ACCOUNT.flows_received] - spooled);
    const ended = OUTCOMES.reduce((sum, name) => sum + counters[ACCOUNT[name]], 0);
    counters[ACCOUNT.datagrams_lost_with_process] += Math.max(0, counters[ACCOUNT.datagrams_received] - ended);
    const exporter = slotKey(view);
    return ACCOUNT_NAMES.flatMap((account, index): LedgerRow[] => {
      const count = counters[index] - before[index];
      return count === 0 ? [] : [{ time, collector, exporter, account, count }];
    });
  });
}
