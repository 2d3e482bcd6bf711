// Giving complete spool files to the consumers: sealed first, and with their accounts: what a sink was offered is counted before the file is out
// of our hands.
import { type AccountName, steadyNow } from '@weir/record';
import {
  discard,
  type ExporterRows,
  endOf,
  isSealed,
  type LedgerRow,
  linkToSinks,
  moveToStore,
  type OpenManifest,
  SpoolError,
  STORE,
  seal,
  writeLedger,
} from '@weir/spool';

export interface GiverOptions {
  /** The spool directory. */
  readonly dir: string;
  readonly collector: string;
  /** Names of the consumers, the store among them. */
  readonly consumers: readonly string[];
  /** Force each file to the disk first: survives a loss of power. */
  readonly sync: boolean;
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

export class Giver {
  /** Complete files that somebody removed or cut before they were handed over; `at` in milliseconds of this process. */
  lost: { readonly files: number; readonly flows: number; readonly name: string; readonly at: number } | undefined;
  readonly #options: GiverOptions;
  readonly #sinks: readonly string[];

  constructor(options: GiverOptions) {
    this.#options = options;
    this.#sinks = options.consumers.filter((consumer) => consumer !== STORE);
  }

  /** Gives a file to all consumers. May be called again for the same file. Throws SpoolError; the file is to be given again then. */
  give(manifest: OpenManifest): void {
    try {
      this.#give(manifest);
    } catch (error) {
      if (!(error instanceof SpoolError) || !error.permanent) throw error;
      const { name, exporters } = manifest;
      this.#options.log('a complete spool file was removed or cut by somebody else; its flows are counted', {
        file: name,
        flows: sum(exporters),
        reason: error.message,
      });
      this.lost = {
        files: (this.lost?.files ?? 0) + 1,
        flows: (this.lost?.flows ?? 0) + sum(exporters),
        name,
        at: performance.now(),
      };
      const account = error.code === 'missing' ? 'flows_spool_missing' : 'flows_spool_corrupt';
      this.countEnd(STORE, name, account, exporters);
      discard(this.#options.dir, name);
    }
  }

  #give(manifest: OpenManifest): void {
    const { dir, sync, log } = this.#options;
    const { name, exporters } = manifest;
    if (!isSealed(manifest)) seal(dir, manifest, sync);
    if (this.#sinks.length > 0) {
      const failed = linkToSinks(dir, name, this.#sinks);
      for (const { consumer, error } of failed) log(error.message, { consumer, flows: sum(exporters) });
      this.#countOffered(manifest, new Set(failed.map(({ consumer }) => consumer)));
    }
    moveToStore(dir, name);
  }

  /** Counts what became of a file's flows for a consumer: once, whoever else counts it too. Throws SpoolError. */
  countEnd(consumer: string, name: string, account: AccountName, exporters: ExporterRows): void {
    writeLedger(this.#options.dir, endOf(consumer, name), this.#rows(consumer, account, exporters));
  }

  #countOffered({ name, exporters }: OpenManifest, failed: ReadonlySet<string>): void {
    const rows = this.#sinks.flatMap((sink) => [
      ...this.#rows(sink, 'flows_offered', exporters),
      ...(failed.has(sink) ? this.#rows(sink, 'flows_spool_failed', exporters) : []),
    ]);
    writeLedger(this.#options.dir, `offered-${name}`, rows);
  }

  #rows(consumer: string, account: AccountName, exporters: ExporterRows): LedgerRow[] {
    const { collector } = this.#options;
    const time = steadyNow();
    return exporters.map(([exporter, count]) => ({ time, collector, consumer, exporter, account, count }));
  }
}

const sum = (exporters: ExporterRows): number => exporters.reduce((total, [, count]) => total + count, 0);
