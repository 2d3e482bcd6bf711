// Rates of exporters, from the growth of their counters between two looks at the collectors' status.
import type { CollectorStatus } from '../status.ts';

interface Sample {
  readonly time: number;
  readonly started: number;
  /** Datagrams and flows received, by exporter key. */
  readonly counts: ReadonlyMap<string, readonly [number, number]>;
}

export interface ExporterRate {
  readonly datagrams_per_second: number;
  readonly flows_per_second: number;
}

/** Looks closer together than this give rates that jump, in milliseconds. */
const MIN_APART_MS = 4000;

export class Rates {
  /** The two latest samples of each collector. */
  readonly #samples = new Map<string, { before: Sample; latest: Sample }>();

  /** Takes note of the counters. Call it every few seconds, and before `of`. */
  look(statuses: readonly CollectorStatus[]): void {
    for (const status of statuses) {
      const sample = sampleOf(status);
      const known = this.#samples.get(status.collector);
      if (known === undefined || known.latest.started !== sample.started) {
        this.#samples.set(status.collector, { before: sample, latest: sample });
      } else if (sample.time - known.before.time < MIN_APART_MS * 2) {
        this.#samples.set(status.collector, { before: known.before, latest: sample });
      } else {
        this.#samples.set(status.collector, { before: known.latest, latest: sample });
      }
    }
  }

  /** Rates of an exporter, over all collectors that hear it. */
  of(key: string): ExporterRate {
    let datagrams = 0;
    let flows = 0;
    for (const { before, latest } of this.#samples.values()) {
      const seconds = (latest.time - before.time) / 1000;
      const now = latest.counts.get(key);
      if (seconds <= 0 || now === undefined) continue;
      const then = before.counts.get(key) ?? [0, 0];
      datagrams += Math.max(0, now[0] - then[0]) / seconds;
      flows += Math.max(0, now[1] - then[1]) / seconds;
    }
    return { datagrams_per_second: datagrams, flows_per_second: flows };
  }
}

function sampleOf(status: CollectorStatus): Sample {
  const counts = status.exporters.map(
    ({ key, counters }) => [key, [counters.datagrams_received ?? 0, counters.flows_received ?? 0]] as const,
  );
  return { time: status.time, started: status.started, counts: new Map(counts) };
}
