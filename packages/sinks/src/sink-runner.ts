// One sink of a process: its destination as a consumer of the spool, with its account in the ledger and its health. Whatever happens to it
// stays with it.
import { Consumer, type ConsumerHealth, endOf, type Failure, type Log, SpoolError, writeLedger } from '@weir/spool';
import { SinkError } from './errors.ts';
import type { Names } from './names/names.ts';
import { type SinkSettings, sinkTypeOf } from './registry.ts';
import type { OpenSink } from './sink.ts';

export interface SinkRunnerOptions {
  /** The spool directory. */
  readonly dir: string;
  readonly settings: SinkSettings;
  /** Name of the collector, for the ledger. */
  readonly collector: string;
  readonly names: Names;
  readonly log: Log;
  /** Milliseconds between looks at an empty backlog. Default 100. */
  readonly pollMs?: number;
  /** Longest wait between attempts, in milliseconds. Default 10,000. */
  readonly maxBackoffMs?: number;
}

/** What a sink tells of itself. */
export interface SinkHealth extends ConsumerHealth {
  readonly type: SinkSettings['type'];
  /** What its destination tells. */
  readonly destination: object;
}

export class SinkRunner {
  readonly #options: SinkRunnerOptions;
  readonly #sink: OpenSink;
  readonly #consumer: Consumer;

  /** Throws SpoolError when the sink's directory in the spool cannot be made or read. */
  constructor(options: SinkRunnerOptions) {
    const { dir, settings, collector, names, log, pollMs, maxBackoffMs } = options;
    const { name } = settings;
    this.#options = options;
    this.#sink = sinkTypeOf(settings).open(settings, { names, log });
    try {
      this.#consumer = new Consumer({
        dir,
        name,
        called: `the sink "${name}"`,
        destination: this.#sink,
        countEnds: async (delivery, ends) => {
          const time = Date.now();
          const rows = ends.flatMap(({ account, rows }) =>
            rows.map(([exporter, count]) => ({ time, collector, consumer: name, exporter, account, count })),
          );
          writeLedger(dir, endOf(name, delivery.name), rows);
        },
        failureOf,
        log,
        ...(pollMs === undefined ? {} : { pollMs }),
        ...(maxBackoffMs === undefined ? {} : { maxBackoffMs }),
      });
    } catch (error) {
      void this.#sink.close();
      throw error;
    }
  }

  start(): void {
    this.#consumer.start();
  }

  /**
   * Stops within about a second, whatever the destination does. What it had not finished is delivered at the next start. Resolves to whether
   * nothing is under way any more: a call that hangs keeps its thread, and with it the process from ending by itself.
   */
  async stop(): Promise<boolean> {
    await this.#consumer.stop();
    return this.#sink.close();
  }

  /** Throws SpoolError when the sink's directory in the spool cannot be read. */
  health(): SinkHealth {
    return { ...this.#consumer.health(), type: this.#options.settings.type, destination: this.#sink.status() };
  }
}

/** The spool's errors say so themselves; all others are of the destination. */
function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof SpoolError) return { place: 'spool', code: error.code, reason };
  return { place: 'destination', code: error instanceof SinkError ? error.code : 'unknown', reason };
}
