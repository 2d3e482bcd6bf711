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

  lanes(): LaneStatus[] {
    return [...this.#reports.values()].map((report) => {
      const sum = (account: number) =>
        report.exporters.reduce((total, exporter) => total + exporter.counters[account], report.unattributed[account]);
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

  /** Counters of every exporter over all lanes, by key text; what belongs to none under `0`. */
  counters(): Map<string, Float64Array> {
    const totals = new Map<string, Float64Array>();
    const add = (key: string, counters: Float64Array) => {
      let total = totals.get(key);
      if (total === undefined) {
        total = newCounters();
        totals.set(key, total);
      }
      for (let account = 0; account < counters.length; account++) total[account] += counters[account];
    };
    for (const report of this.#reports.values()) {
      add(UNATTRIBUTED, report.unattributed);
      for (const exporter of report.exporters) add(exporter.key, exporter.counters);
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

/** Counters by account name, zeros left out. */
export function namedCounts(counters: Float64Array): Counts {
  const counts: Counts = {};
  for (const [index, name] of ACCOUNT_NAMES.entries()) if (counters[index] !== 0) counts[name] = counters[index];
  return counts;
}
