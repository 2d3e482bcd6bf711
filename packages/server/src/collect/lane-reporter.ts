// What a lane tells the collecting process once a second: which exporters there are, and the dimension rows it came across. Counters are not
// among it: they lie in memory that the main thread reads.
import type { Enricher } from '@weir/enrich';
import type { ListenerStats } from '@weir/listen';
import { ACCOUNT, type AccountName, keyText, steadyNow } from '@weir/record';
import type { ExporterRows, OpenManifest } from '@weir/spool';
import type { Decoder, Exporter } from '@weir/wire';
import type { CounterMemory } from './account/counter-memory.ts';
import type { DemoMark } from './demo-mark.ts';
import type { LaneExporter, LaneReport } from './messages.ts';

/** All exporters, with templates, sampling rates and interfaces, are described this often, in milliseconds: it allocates. */
const DESCRIBE_MS = 5000;
/**
 * Templates' fields, rates and interfaces described in a report, all exporters together: of a hundred thousand the status file, which
 * is written every second, takes about 10 MB.
 */
const DESCRIBED = 100_000;

/** Newcomers silent for less than this, in milliseconds, are evicted only if they sent nothing readable. */
const SILENT_MS = 10_000;
/** Nor those whose last flows may still be in a spool file that is not complete, and so not counted under their names. */
const SPOOL_AGES = 3;

/** Key under which what belongs to no exporter is counted. */
const UNATTRIBUTED = '0';

export interface ReporterParts {
  readonly lane: number;
  readonly decoder: Decoder;
  readonly enricher: Enricher;
  readonly memory: CounterMemory;
  readonly demo: DemoMark | undefined;
  /** How long flows wait in a spool file that is not full. */
  readonly spoolAgeMs: number;
}

export class LaneReporter {
  readonly #parts: ReporterParts;
  readonly #silentMs: number;
  readonly #byKey = new Map<string, Exporter>();
  /** Slots of exporters that the main thread has been told of. */
  readonly #told = new Set<number>();
  readonly #complete: OpenManifest[] = [];
  #known = 0;
  #describedAt = Number.NEGATIVE_INFINITY;
  #cpu = process.threadCpuUsage();
  #at = performance.now();

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    this.#silentMs = Math.max(SILENT_MS, SPOOL_AGES * parts.spoolAgeMs);
  }

  /** Adds rows to an account of the exporters that their keys name. */
  countByKey(rows: ExporterRows, account: AccountName): void {
    this.#index();
    for (const [key, count] of rows) this.#of(key).counters[ACCOUNT[account]] += count;
  }

  /** A spool file is complete: its rows are counted, and the next report tells of it. */
  completed(manifest: OpenManifest): void {
    this.countByKey(manifest.exporters, 'flows_spooled');
    this.#complete.push(manifest);
  }

  /** What would be counted as spooled, by the exporters that it is counted for, were these rows counted now. */
  totals(rows: ExporterRows): ExporterRows {
    this.#index();
    const totals = new Map<string, number>();
    for (const [key, count] of rows) {
      const exporter = this.#of(key);
      const of = exporter === this.#parts.decoder.exporters.unattributed ? UNATTRIBUTED : key;
      totals.set(of, (totals.get(of) ?? exporter.counters[ACCOUNT.flows_spooled]) + count);
    }
    return [...totals];
  }

  /** Whether a report would tell of complete files, which wait for it. */
  get hasComplete(): boolean {
    return this.#complete.length > 0;
  }

  report(stats: ListenerStats, spoolProblem: string): LaneReport {
    const { lane, decoder, enricher } = this.#parts;
    const now = performance.now();
    this.#index();
    const { counters } = decoder.exporters.unattributed;
    counters[ACCOUNT.kernel_dropped] = stats.sockets.reduce((sum, { kernelDropped }) => sum + kernelDropped, 0);
    counters[ACCOUNT.flood_dropped] = stats.sockets.reduce((sum, { floodDropped }) => sum + floodDropped, 0);
    const version = String(steadyNow());
    return {
      type: 'report',
      lane,
      backend: stats.backend,
      sockets: stats.sockets,
      floods: stats.floods,
      warnings: [...stats.warnings, ...decoder.warnings()],
      busy: this.#busy(now),
      exporters: this.#exporters(now),
      // While the spool has a problem, flows may wait for long to be counted under their exporters' names.
      evicted: spoolProblem === '' ? this.#evict() : [],
      complete: this.#complete.splice(0),
      strings: decoder.strings.drain().map(({ key, text }) => ({ key: keyText(key), text, version })),
      entities: enricher.drainEntities(),
      spoolProblem,
    };
  }

  #of(key: string): Exporter {
    return this.#byKey.get(key) ?? this.#parts.decoder.exporters.unattributed;
  }

  #exporters(now: number): LaneExporter[] {
    const { decoder, memory, demo } = this.#parts;
    const describe = now - this.#describedAt >= DESCRIBE_MS;
    if (describe) this.#describedAt = now;
    const room = { left: DESCRIBED };
    return decoder.exporters.all().flatMap((exporter): LaneExporter[] => {
      const slot = memory.slotOf(exporter.counters);
      // The socket peer of an sFlow agent with another address is in the table, but nothing is counted on it.
      if ((!describe && this.#told.has(slot)) || !isCounted(exporter)) return [];
      this.#told.add(slot);
      return [
        {
          slot,
          use: memory.view(slot).use,
          key: keyText(exporter.key),
          address: exporter.address,
          firstSeen: exporter.firstSeen,
          lastSeen: exporter.lastSeen,
          demo: demo?.isDemo(exporter.words) ?? false,
          protocols: [...exporter.protocols.values()].map((state) => state.describe(room)),
        },
      ];
    });
  }

  /** Evicts exporters where the table fills; answers the slots of their counters. */
  #evict(): number[] {
    const { decoder, memory } = this.#parts;
    const evicted = decoder.exporters.retire(this.#silentMs);
    if (evicted.length === 0) return [];
    for (const { key } of evicted) this.#byKey.delete(keyText(key));
    this.#known = decoder.exporters.all().length;
    const slots = evicted.map(({ counters }) => memory.slotOf(counters));
    for (const slot of slots) this.#told.delete(slot);
    return slots;
  }

  #index(): void {
    const all = this.#parts.decoder.exporters.all();
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

function isCounted({ counters }: Exporter): boolean {
  return counters.some((count) => count !== 0);
}
