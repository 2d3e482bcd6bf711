// The consumers of the spool as probes, metrics and the page tell of them: what the collecting process sees waiting for each, beside what
// each says of itself.
import { type ConsumerHealth, STORE } from '@weir/spool';
import { type CollectorStatus, type ConsumerBacklog, STATUS_STALE_MS } from '../status.ts';
import { consumerProblems, namesProblems } from './consumer-problems.ts';
import { type ConsumerStatus, isNames, type NamesStatus, type Told } from './consumer-status.ts';

export interface ConsumerReport {
  readonly name: string;
  /** `store`, or the type of the sink; empty before it has told of itself. */
  readonly type: string;
  /** `silent`: it has not told of itself for some seconds, or not yet. */
  readonly state: ConsumerHealth['state'] | 'silent';
  readonly backlog: Omit<ConsumerBacklog, 'name'>;
  readonly deliveredFiles: number;
  readonly deliveredFlows: number;
  /** Attempts to deliver that failed. These and what was delivered count from the start of its process. */
  readonly retries: number;
  /** Files that were set aside and are still there. */
  readonly asideFiles: number;
  readonly missingFiles: number;
  readonly missingFlows: number;
  /** What is wrong, as sentences that say what to do. */
  readonly problems: readonly string[];
}

export interface ConsumerSource {
  readonly spoolDir: string;
  /** Collecting processes that are running: they know which consumers are configured. */
  readonly live: readonly CollectorStatus[];
  /** By name. */
  readonly told: ReadonlyMap<string, Told<ConsumerStatus>>;
}

const NO_BACKLOG: ConsumerReport['backlog'] = { files: 0, bytes: 0, capBytes: 0, waitingMs: 0, droppedFlows: 0 };

/** The store first, then the sinks in the order of the configuration. */
export function consumerReports({ spoolDir, live, told }: ConsumerSource): ConsumerReport[] {
  const backlogs = new Map<string, ConsumerBacklog>();
  for (const { spool } of live) {
    for (const backlog of spool.consumers) if (!backlogs.has(backlog.name)) backlogs.set(backlog.name, backlog);
  }
  // With no collecting process there is nobody who knows which are configured: those that tell of themselves then.
  const speaking = [...told].flatMap(([name, { ageMs }]) => (ageMs <= STATUS_STALE_MS ? [name] : []));
  const names = new Set([...backlogs.keys(), ...speaking]);
  return [...names]
    .sort((a, b) => Number(b === STORE) - Number(a === STORE))
    .map((name) => report(spoolDir, name, backlogs.get(name), told.get(name)));
}

function report(
  spoolDir: string,
  name: string,
  seen: ConsumerBacklog | undefined,
  told: Told<ConsumerStatus> | undefined,
): ConsumerReport {
  const status = told?.status;
  const { name: _, ...backlog } = seen ?? { name, ...NO_BACKLOG, ...backlogOf(status) };
  return {
    name,
    type: name === STORE ? STORE : (status?.type ?? ''),
    state: told === undefined || told.ageMs > STATUS_STALE_MS ? 'silent' : told.status.state,
    backlog,
    deliveredFiles: status?.stats.files ?? 0,
    deliveredFlows: status?.stats.rows ?? 0,
    retries: status?.stats.failures ?? 0,
    asideFiles: status?.aside.count ?? 0,
    missingFiles: status?.stats.missingFiles ?? 0,
    missingFlows: status?.stats.missingRows ?? 0,
    problems: consumerProblems(spoolDir, name, backlog, told),
  };
}

/** What it says itself while no collecting process does. */
const backlogOf = (status: ConsumerStatus | undefined): Pick<ConsumerBacklog, 'files' | 'bytes'> => ({
  files: status?.backlog.files ?? 0,
  bytes: status?.backlog.bytes ?? 0,
});

/** What is wrong with all of them, and with names, as sentences. */
export function problemsOf(
  spoolDir: string,
  reports: readonly ConsumerReport[],
  names: Told<NamesStatus> | undefined,
): string[] {
  const hasSinks = reports.some(({ name }) => name !== STORE && !isNames(name));
  return [
    ...reports.flatMap(({ problems }) => problems),
    ...(hasSinks && names !== undefined ? namesProblems(spoolDir, names.status) : []),
  ];
}
