// Files in a directory, as the destination of a consumer. A file of the spool is acknowledged when its flows are on the disk and the state
// beside them says so.
import type { Condition } from '@weir/query/matcher';
import { type Delivery, type Destination, type Ends, FileReader } from '@weir/spool';
import { SinkError } from '../errors.ts';
import type { Names } from '../names/names.ts';
import { TextBuffer } from '../text/text-buffer.ts';
import { Output, type OutputOptions, type OutputStatus } from './output.ts';
import type { PartWriter } from './part-writer.ts';
import { withPatience } from './patience.ts';
import { SentCounts } from './sent-counts.ts';

export interface FilesOptions extends OutputOptions {
  /** Which flows go out; absent where all do. */
  readonly condition?: Condition | undefined;
  readonly names: Names;
  /** How long the file system may take for a step, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
  /** How often files are looked at that may be complete or too old, in milliseconds. Default 1,000. */
  readonly tickMs?: number;
}

/** Bytes of a piece of text that is written at once. */
const PIECE = 1_048_576;
/** More than a line takes as a rule: buffers grow where one takes more. */
const ROOM = 16_384;
/** How long a stop waits for the last file to get its final name, in milliseconds. */
const CLOSE_MS = 1000;

export class FilesDestination implements Destination {
  readonly #options: FilesOptions;
  readonly #output: Output;
  readonly #reader = new FileReader();
  /** One is filled while the other is written. */
  readonly #buffers = [new TextBuffer(PIECE + ROOM), new TextBuffer(PIECE + ROOM)] as const;
  readonly #timer: NodeJS.Timeout;
  /** The attempt under way. One whose file system does not answer is waited for again, and not begun a second time. */
  #attempt: { readonly name: string; readonly ends: Promise<Ends> } | undefined;
  /** What is being done with the directory: one thing after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** Whether the last delivery failed, which whoever delivers says. */
  #isRefused = false;
  #ticking = false;
  #progress = 0;
  #said = '';

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#output = new Output(options);
    this.#timer = setInterval(() => this.#tick(), options.tickMs ?? 1000);
    this.#timer.unref();
  }

  status(): OutputStatus {
    return this.#output.status();
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<Ends> {
    const other = this.#attempt;
    if (other !== undefined && other.name !== delivery.name) {
      await this.#patiently(other.ends.then(nothing, nothing), signal);
    }
    if (this.#attempt === undefined) {
      const ends = this.#next(() => this.#deliver(delivery, signal)).finally(() => {
        this.#attempt = undefined;
      });
      // Whoever waited for it may have given up.
      ends.then(
        () => {
          this.#isRefused = false;
        },
        () => {
          this.#isRefused = true;
        },
      );
      this.#attempt = { name: delivery.name, ends };
    }
    return this.#patiently(this.#attempt.ends, signal);
  }

  /**
   * Completes the file that is being written, if the file system lets it. Resolves after about a second at most, to whether nothing is under
   * way any more.
   */
  async close(): Promise<boolean> {
    clearInterval(this.#timer);
    const done = this.#next(() => this.#output.complete(true)).then(
      () => true,
      () => true,
    );
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), CLOSE_MS);
    });
    const ended = await Promise.race([done, enough]);
    clearTimeout(timer);
    const closed = this.#output.close();
    // Letting go of a file may hang as well.
    if (ended) await closed;
    return ended;
  }

  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<Ends> {
    const { names } = this.#options;
    await this.#output.open();
    this.#throwIfStopped(signal);
    // It was acknowledged, and the process killed before it was counted or removed.
    const known = this.#output.endsOf(delivery.name);
    if (known !== undefined) return known;
    await names.take();
    return this.#output.deliver(delivery.name, (writer) => this.#write(writer, delivery, signal));
  }

  /** Writes the flows that go out. Resolves to what became of each. */
  async #write(writer: PartWriter, { name, path, manifest }: Delivery, signal: AbortSignal): Promise<Ends> {
    const { condition, encoding, names } = this.#options;
    const counts = new SentCounts();
    let out = this.#buffers[0];
    out.clear();
    for await (const batch of this.#reader.batches(path, manifest)) {
      const matches = condition?.(batch, names);
      const write = encoding.over(batch, names, name);
      const { exporter } = batch.core;
      for (let row = 0; row < batch.length; row++) {
        if (matches !== undefined && !matches(row)) continue;
        counts.add(exporter[row * 2], exporter[row * 2 + 1]);
        write(row, out);
        if (out.length < PIECE) continue;
        // The one before is written meanwhile, and is free when this resolves.
        await writer.append(out.written);
        out = out === this.#buffers[0] ? this.#buffers[1] : this.#buffers[0];
        out.clear();
        this.#progress = performance.now();
        this.#throwIfStopped(signal);
      }
    }
    if (out.length > 0) await writer.append(out.written);
    this.#throwIfStopped(signal);
    const { sent, others } = counts.split(manifest.exporters);
    return [
      ...(sent.length === 0 ? [] : [{ account: 'flows_sent' as const, rows: sent }]),
      ...(others.length === 0 ? [] : [{ account: 'flows_filtered' as const, rows: others }]),
    ];
  }

  /** An attempt that nobody waits for any more must not write. */
  #throwIfStopped(signal: AbortSignal): void {
    if (signal.aborted) throw new SinkError('stopped', `stopped while writing to ${this.#options.path}`);
  }

  /** Now and then: completes a file that is old enough though no flows come, and removes those that are too old. */
  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#next(async () => {
      await this.#output.complete();
      await this.#output.removeOld();
      this.#said = '';
    })
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== this.#said && !this.#isRefused) this.#options.log('error', reason, { sink: this.#options.sink });
        this.#said = reason;
      })
      .finally(() => {
        this.#ticking = false;
      });
  }

  #patiently<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { path, patienceMs = 30_000 } = this.#options;
    return withPatience(work, { place: path, patienceMs, lastProgress: () => this.#progress, signal });
  }

  /** Does something when all before it is done. */
  #next<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.then(nothing, nothing);
    return result;
  }
}

const nothing = (): void => {};
