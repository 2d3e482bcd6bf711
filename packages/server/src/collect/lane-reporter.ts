// What a lane tells the collecting process once a second: counters, exporters, and the dimension rows it came across.
import type { Enricher } from '@weir/enrich';
import type { ListenerStats } from '@weir/listen';
import { ACCOUNT, type AccountName, keyText } from '@weir/record';
import type { ExporterRows } from '@weir/spool';
import type { Decoder, Exporter } from '@weir/wire';
import type { DemoMark } from './demo-mark.ts';
import type { LaneExporter, LaneReport } from './messages.ts';

/** Templates, sampling rates and interfaces are described this often, in milliseconds: it allocates. */
const DESCRIBE_MS = 5000;
/**
 * Templates' fields, rates and interfaces described in a report, all exporters together: of a hundred thousand the status file, which
 * is written every second, takes about 10 MB.
 */
const DESCRIBED = 100_000;

/** Exporters silent for less than this, in milliseconds, are evicted only if they sent nothing readable. */
const SILENT_MS = 10_000;
/** Nor those whose last flows may still be in a spool file that is not complete, and so not counted under their names. */
const SPOOL_AGES = 3;

export class LaneReporter {
  readonly #lane: number;
  readonly #decoder: Decoder;
  readonly #enricher: Enricher;
  readonly #demo: DemoMark | undefined;
  readonly #silentMs: number;
  readonly #byKey = new Map<string, Exporter>();
  #known = 0;
  #describedAt = 0;
  #cpu = process.threadCpuUsage();
  #at = Date.now();

  /** `spoolAgeMs`: how long flows wait in a spool file that is not full. */
  constructor(lane: number, decoder: Decoder, enricher: Enricher, demo: DemoMark | undefined, spoolAgeMs: number) {
    this.#silentMs = Math.max(SILENT_MS, SPOOL_AGES * spoolAgeMs);
    this.#lane = lane;
    this.#decoder = decoder;
    this.#enricher = enricher;
    this.#demo = demo;
  }

  /** Adds rows to an account of the exporters that their keys name. */
  countByKey(rows: ExporterRows, account: AccountName): void {
    this.#index();
    for (const [key, count] of rows) {
      const exporter = this.#byKey.get(key) ?? this.#decoder.exporters.unattributed;
      exporter.counters[ACCOUNT[account]] += count;
    }
  }

  /** `now`: milliseconds since 1970. `monotonic`: milliseconds since the system started, by which state expires. */
  report(now: number, stats: ListenerStats, spoolProblem: string, monotonic = monotonicMs()): LaneReport {
    this.#decoder.tick(monotonic);
    this.#index();
    const { exporters } = this.#decoder;
    const room = { left: DESCRIBED };
    exporters.unattributed.counters[ACCOUNT.kernel_dropped] = stats.sockets.reduce(
      (sum, socket) => sum + socket.kernelDropped,
      0,
    );
    const describe = now - this.#describedAt >= DESCRIBE_MS;
    if (describe) this.#describedAt = now;
    const reported = exporters.all().filter(isCounted);
    return {
      type: 'report',
      lane: this.#lane,
      backend: stats.backend,
      sockets: stats.sockets,
      warnings: [...stats.warnings, ...this.#decoder.warnings()],
      busy: this.#busy(now),
      // The socket peer of an sFlow agent with another address is in the table, but nothing is counted on it.
      exporters: reported.map(
        (exporter): LaneExporter => ({
          key: keyText(exporter.key),
          address: exporter.address,
          firstSeen: exporter.firstSeen,
          lastSeen: exporter.lastSeen,
          demo: this.#demo?.isDemo(exporter.words) ?? false,
          counters: exporter.counters.slice(),
          protocols: describe ? [...exporter.protocols.values()].map((state) => state.describe(room)) : undefined,
        }),
      ),
      unattributed: exporters.unattributed.counters.slice(),
      // While the spool has a problem, flows may wait for long to be counted under their exporters' names.
      retired: spoolProblem === '' ? this.#retire() : [],
      strings: this.#decoder.strings
        .drain()
        .map(({ key, text }) => ({ key: keyText(key), text, version: String(now) })),
      entities: this.#enricher.drainEntities(),
      spoolProblem,
    };
  }

  /** Evicts exporters where the table fills; answers the keys of those that are in reports. */
  #retire(): string[] {
    const { exporters } = this.#decoder;
    const retired = exporters.retire(this.#silentMs);
    for (const { key } of retired) this.#byKey.delete(keyText(key));
    this.#known = exporters.all().length;
    return retired.filter(isCounted).map(({ key }) => keyText(key));
  }

  #index(): void {
    const all = this.#decoder.exporters.all();
    for (; this.#known < all.length; this.#known++) this.#byKey.set(keyText(all[this.#known].key), all[this.#known]);
  }

  /** Part of the time since the last report that this thread was on a processor. */
  #busy(now: number): number {
    const cpu = process.threadCpuUsage();
    const spent = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    const passed = Math.max(1, now - this.#at);
    this.#cpu = cpu;
    this.#at = now;
    return Math.min(1, spent / passed);
  }
}

/** The same clock for every process since the system started, whatever happens to the time of day. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

function isCounted({ counters }: Exporter): boolean {
  return counters.some((count) => count !== 0);
}
