// The lanes' reports put together: one exporter may send to several lanes, and the page wants its sums.
import { ACCOUNT, ACCOUNT_NAMES, newCounters } from '@weir/record';
import type { ProtocolSummary } from '@weir/wire';
import type { Counts, ExporterStatus, LaneStatus } from '../status.ts';
import type { LaneReport } from './messages.ts';

/** Key under which what belongs to no exporter is counted. */
export const UNATTRIBUTED = '0';

export class LaneTotals {
  readonly #reports = new Map<number, LaneReport>();
  /** The newest description of each exporter's protocols, by exporter and lane: reports carry it only now and then. */
  readonly #protocols = new Map<string, readonly ProtocolSummary[]>();
  /** Counters of exporters that lanes have forgotten, by lane: told under no exporter, so that sums never shrink. */
  readonly #forgotten = new Map<number, Float64Array>();
  /** Flows dropped by the spool's cap, by key of an exporter that is in a report or nobody's. */
  readonly #dropped = new Map<string, number>();
  readonly #nodeOf: (address: string) => string;

  constructor(nodeOf: (address: string) => string) {
    this.#nodeOf = nodeOf;
  }

  take(report: LaneReport): void {
    this.#reports.set(report.lane, report);
    for (const { key, protocols } of report.exporters) {
      if (protocols !== undefined) this.#protocols.set(`${key}/${report.lane}`, protocols);
    }
  }

  /** Lets go of the exporters that a report, already taken, says its lane has forgotten. Answers their last counters by key. */
  forget({ lane, retired }: LaneReport): Map<string, Float64Array> {
    const last = new Map<string, Float64Array>();
    const report = this.#reports.get(lane);
    if (report === undefined || retired.length === 0) return last;
    const keys = new Set(retired);
    const forgotten = this.#forgotten.get(lane) ?? newCounters();
    for (const { key, counters } of report.exporters) {
      if (!keys.has(key)) continue;
      last.set(key, counters);
      addTo(forgotten, counters);
      this.#protocols.delete(`${key}/${lane}`);
    }
    this.#forgotten.set(lane, forgotten);
    this.#reports.set(lane, { ...report, exporters: report.exporters.filter(({ key }) => !keys.has(key)) });
    const dropped = [...this.#dropped];
    this.#dropped.clear();
    this.drop(dropped);
    return last;
  }

  /** Counts flows that the spool's cap dropped, by exporter's key: those of exporters that no report has as nobody's. */
  drop(flows: Iterable<readonly [key: string, flows: number]>): void {
    const reported = new Set(this.reports().flatMap(({ exporters }) => exporters.map(({ key }) => key)));
    for (const [exporter, count] of flows) {
      const key = reported.has(exporter) ? exporter : UNATTRIBUTED;
      this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + count);
    }
  }

  /** The running counters of one lane, by exporter's key; what belongs to none under `0`. */
  ofLane({ unattributed, exporters }: LaneReport): Map<string, Float64Array> {
    return new Map([[UNATTRIBUTED, unattributed], ...exporters.map(({ key, counters }) => [key, counters] as const)]);
  }

  reports(): readonly LaneReport[] {
    return [...this.#reports.values()];
  }

  lanes(): LaneStatus[] {
    return [...this.#reports.values()].map((report) => {
      const forgotten = this.#forgotten.get(report.lane) ?? newCounters();
      const sum = (account: number) =>
        report.exporters.reduce(
          (total, exporter) => total + exporter.counters[account],
          report.unattributed[account] + forgotten[account],
        );
      return {
        lane: report.lane,
        backend: report.backend,
        sockets: report.sockets,
        datagrams: sum(ACCOUNT.datagrams_received),
        flows: sum(ACCOUNT.flows_received),
        busy: report.busy,
      };
    });
  }

  warnings(): string[] {
    return [...new Set([...this.#reports.values()].flatMap((report) => report.warnings))];
  }

  spoolProblem(): string {
    return [...this.#reports.values()].find((report) => report.spoolProblem !== '')?.spoolProblem ?? '';
  }

  /** Counters of every exporter over all lanes, by key text; what belongs to none, or to one forgotten, under `0`. */
  counters(): Map<string, Float64Array> {
    const totals = new Map<string, Float64Array>();
    const add = (key: string, counters: Float64Array) => {
      let total = totals.get(key);
      if (total === undefined) {
        total = newCounters();
        totals.set(key, total);
      }
      addTo(total, counters);
    };
    for (const report of this.#reports.values()) {
      for (const [key, counters] of this.ofLane(report)) add(key, counters);
    }
    for (const counters of this.#forgotten.values()) add(UNATTRIBUTED, counters);
    for (const [key, rows] of this.#dropped) {
      const counters = newCounters();
      counters[ACCOUNT.flows_spool_cap] = rows;
      add(key, counters);
    }
    return totals;
  }

  exporters(): ExporterStatus[] {
    const counters = this.counters();
    const merged = new Map<string, ExporterStatus>();
    for (const report of this.#reports.values()) {
      for (const exporter of report.exporters) {
        const before = merged.get(exporter.key);
        const protocols = this.#protocols.get(`${exporter.key}/${report.lane}`) ?? [];
        merged.set(exporter.key, {
          key: exporter.key,
          address: exporter.address,
          node: this.#nodeOf(exporter.address),
          firstSeen: Math.min(before?.firstSeen ?? exporter.firstSeen, exporter.firstSeen),
          lastSeen: Math.max(before?.lastSeen ?? 0, exporter.lastSeen),
          demo: exporter.demo,
          protocols: [...(before?.protocols ?? []), ...protocols],
          counters: namedCounts(counters.get(exporter.key) ?? newCounters()),
        });
      }
    }
    return [...merged.values()];
  }
}

function addTo(total: Float64Array, counters: Float64Array): void {
  for (let account = 0; account < counters.length; account++) total[account] += counters[account];
}

/** Counters by account name, zeros left out. */
export function namedCounts(counters: Float64Array): Counts {
  const counts: Counts = {};
  for (const [index, name] of ACCOUNT_NAMES.entries()) if (counters[index] !== 0) counts[name] = counters[index];
  return counts;
}
