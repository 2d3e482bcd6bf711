// What is wrong with a consumer of the spool, as sentences that name it, say what becomes of its flows, and what to do. Weir works on
// meanwhile: none of them is a reason to send probes elsewhere. Why the store itself takes no flows is said by the storing process.
import { consumerFolders, type SetAside, type SetAsideList, STORE } from '@weir/spool';
import { NAMES } from '../collect/consumers.ts';
import { type ConsumerBacklog, STATUS_STALE_MS } from '../status.ts';
import type { ConsumerStatus, NamesStatus, Told } from './consumer-status.ts';
import { countText, sizeText, spanText } from './words.ts';

/** A consumer for which the same file has been the oldest for so long stalls, in milliseconds. A destination's own patience is a minute. */
const STALLED_MS = 90_000;
/** Part of its cap from which on a backlog is told of. */
const CAP_ALARM = 0.9;
/** How long flows dropped over a cap are told of, and files that somebody removed, in milliseconds. */
const DROPPED_MS = 600_000;
const MISSING_MS = 86_400_000;
/** Files set aside that a sentence names. */
const NAMED = 3;

type Backlog = Omit<ConsumerBacklog, 'name'>;

export const calledConsumer = (name: string): string => (name === STORE ? 'the store' : `the sink "${name}"`);

const capSetting = (name: string): string => (name === STORE ? 'spool.max_size' : 'its spool_max_size');

export function consumerProblems(
  spoolDir: string,
  name: string,
  backlog: Backlog,
  told: Told<ConsumerStatus> | undefined,
): string[] {
  return [
    standstill(name, backlog, told),
    cap(name, backlog),
    aside(spoolDir, name, told?.status.aside),
    missing(spoolDir, name, told?.status),
  ].filter((problem) => problem !== undefined);
}

function standstill(name: string, backlog: Backlog, told: Told<ConsumerStatus> | undefined): string | undefined {
  const called = calledConsumer(name);
  const wait = `${countText(backlog.files, 'file')} ${backlog.files === 1 ? 'waits' : 'wait'}`;
  const waits = backlog.files === 0 ? 'nothing waits' : `${wait}, the oldest for ${spanText(backlog.waitingMs)}`;
  const silent = told === undefined || told.ageMs > STATUS_STALE_MS;
  // That the storing process is away, and why the store refuses flows, is said already.
  if (silent && name === STORE) return undefined;
  if (told === undefined) return `${called} has not told of itself yet: its process has not begun (${waits})`;
  if (silent) {
    return `${called} has not told of itself for ${spanText(told.ageMs)}: its process does not run or hangs; see the log (${waits})`;
  }
  const { state, reason = 'it refuses them' } = told.status;
  if (state === 'retrying') return name === STORE ? undefined : `${called} does not take flows: ${reason} (${waits})`;
  if ((backlog.stuckMs ?? 0) < STALLED_MS) return undefined;
  return `${called} stalls: it has not done with the oldest file for ${spanText(backlog.stuckMs ?? 0)} and says nothing; look at its destination and the log (${waits})`;
}

function cap(name: string, { bytes, capBytes, droppedFlows, droppedAgoMs }: Backlog): string | undefined {
  const called = calledConsumer(name);
  const setting = capSetting(name);
  if (droppedAgoMs !== undefined && droppedAgoMs <= DROPPED_MS) {
    return (
      `what waits for ${called} went over its cap of ${sizeText(capBytes)}: the oldest ${countText(droppedFlows, 'flow')} were dropped ` +
      `since the collecting process started, the last ${spanText(droppedAgoMs)} ago, and are counted as flows_spool_cap. Have it take flows faster, or raise ${setting}`
    );
  }
  // The store's is a reason for not being ready.
  if (name === STORE || capBytes === 0 || bytes <= capBytes * CAP_ALARM) return undefined;
  return (
    `what waits for ${called} takes ${Math.floor((100 * bytes) / capBytes)} % of its cap of ${sizeText(capBytes)}: ` +
    `beyond it the oldest flows are dropped and counted as flows_spool_cap. Have it take flows faster, or raise ${setting}`
  );
}

function aside(spoolDir: string, name: string, list: SetAsideList | undefined): string | undefined {
  if (list === undefined || list.count === 0) return undefined;
  const folder = consumerFolders(spoolDir, name).aside;
  return (
    `${calledConsumer(name)} could not use ${countText(list.count, 'file')}, set aside in ${folder}: ${namedFiles(list)}. ` +
    'Flows in them are counted as flows_spool_corrupt. Check the disk and what else writes to it, then remove them from there'
  );
}

function missing(spoolDir: string, name: string, status: ConsumerStatus | undefined): string | undefined {
  if (status?.missing === undefined || status.missing.agoMs > MISSING_MS) return undefined;
  const { missingFiles, missingRows } = status.stats;
  return (
    `${countText(missingFiles, 'file')} that waited for ${calledConsumer(name)} ${missingFiles === 1 ? 'was' : 'were'} removed by somebody else, ` +
    `the last ${status.missing.name}, ${spanText(status.missing.agoMs)} ago: ${countText(missingRows, 'flow')} are counted as flows_spool_missing. ` +
    `Nothing but Weir may remove files from ${consumerFolders(spoolDir, name).flows}`
  );
}

/** What is wrong with the names that sinks give to flows. */
export function namesProblems(spoolDir: string, { problem, forgotten, aside: list }: NamesStatus): string[] {
  const problems: string[] = [];
  if (problem !== '') {
    problems.push(
      `names cannot be read or written down: ${problem}. Flows go to the sinks without names that are not known yet`,
    );
  }
  const over = Object.entries(forgotten).filter(([, count]) => count > 0);
  if (over.length > 0) {
    const what = over.map(([dimension, count]) => `${count.toLocaleString('en')} of ${dimension}`).join(', ');
    problems.push(
      `more names are known than sinks keep: the longest unused were forgotten (${what}), and flows that need them go to the sinks without. ` +
        'Keep senders that make names up out with listen.allow',
    );
  }
  if (list.count > 0) {
    const folder = consumerFolders(spoolDir, NAMES).aside;
    problems.push(
      `the sinks could not use ${countText(list.count, 'file')} of names, set aside in ${folder}: ${namedFiles(list)}. ` +
        'Check the disk and what else writes to it, then remove them from there',
    );
  }
  return problems;
}

function namedFiles({ files, count }: SetAsideList): string {
  const newest = files.slice(-NAMED).reverse();
  const named = newest.map(({ name, rows, reason }: SetAside) => {
    const flows = rows === 0 ? '' : `${countText(rows, 'flow')}; `;
    return `${name} (${flows}${reason})`;
  });
  const more = count - newest.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
