// A lane: a worker thread that owns one part of the traffic from socket to file. Receive, decode, enrich, encode, append.
import { parentPort, workerData } from 'node:worker_threads';
import { Enricher } from '@weir/enrich';
import { type DatagramBatch, ListenError, type Listener, type ListenHandler, openListener } from '@weir/listen';
import { FlowBatch, parseNetwork } from '@weir/record';
import { SpoolError, SpoolWriter } from '@weir/spool';
import { Decoder } from '@weir/wire';
import { DemoMark } from './demo-mark.ts';
import { LaneReporter } from './lane-reporter.ts';
import type { FromLane, LaneStart, ToLane } from './messages.ts';

/**
 * Flows that are decoded before they are enriched and written: a megabyte and a half of columns, which the processor's caches hold from
 * one step to the next. Decoding v9 into batches that they do not hold takes a quarter longer.
 */
const FLUSH_ROWS = 8192;
/** Room beyond that for the largest datagram: no protocol packs more than a record into a byte. */
const BATCH_ROWS = FLUSH_ROWS + 65_536;
/** A batch that is not full is written after this long, in milliseconds: what `kill -9` can lose of quiet traffic. */
const BATCH_AGE_MS = 250;
/** How long a failure to write the spool is told when no further attempt was made, in milliseconds. */
const PROBLEM_MS = 3000;
const REPORT_MS = 1000;

class Lane implements ListenHandler {
  readonly #listener: Listener;
  readonly #decoder: Decoder;
  readonly #enricher: Enricher;
  readonly #spool: SpoolWriter;
  readonly #batch = new FlowBatch(BATCH_ROWS);
  readonly #reporter: LaneReporter;
  readonly #demo: DemoMark | undefined;
  #batchSince = 0;
  #reportedAt = 0;
  #reportedFiles = 0;
  #spoolProblem = '';
  #spoolFailedAt = 0;

  constructor(start: LaneStart, listener: Listener) {
    const { config } = start;
    this.#listener = listener;
    this.#decoder = new Decoder({
      exporterCap: config.listen.max_exporters,
      allow: config.listen.allow.map(parseNetwork),
      samplingDefaults: [{ network: '::/0', rate: config.sampling.default_rate }, ...config.sampling.exporters].map(
        ({ network, rate }) => ({ network: parseNetwork(network), rate }),
      ),
    });
    this.#enricher = new Enricher();
    if (start.inventory !== undefined) this.#enricher.load(start.inventory);
    this.#demo = config.demo ? new DemoMark() : undefined;
    this.#reporter = new LaneReporter(start.lane, this.#decoder, this.#enricher, this.#demo, config.spool.max_age);
    this.#spool = new SpoolWriter({
      dir: start.spoolDir,
      writer: start.writer,
      maxRows: config.spool.max_rows,
      maxAgeMs: config.spool.max_age,
      fsync: config.spool.fsync,
      onComplete: (manifest) => this.#reporter.countByKey(manifest.exporters, 'flows_spooled'),
    });
  }

  set inventory(inventory: Parameters<Enricher['load']>[0]) {
    this.#enricher.load(inventory);
  }

  onBatch(received: DatagramBatch): void {
    const { count, data, starts, ends, peers, times, truncated } = received;
    const batch = this.#batch;
    const decoder = this.#decoder;
    for (let i = 0; i < count; i++) {
      const start = starts[i];
      const end = ends[i];
      if (truncated[i] !== 0) {
        decoder.countTruncated(peers, i * 4);
        continue;
      }
      if (batch.length >= FLUSH_ROWS) this.#flush();
      const from = batch.length;
      decoder.decode(data, start, end, peers, i * 4, times[i], batch);
      if (this.#demo !== undefined && batch.length > from) this.#demo.mark(batch, from, peers, i * 4);
    }
  }

  onTick(): void {
    const now = Date.now();
    if (this.#batch.length > 0) {
      if (this.#batchSince === 0) this.#batchSince = now;
      else if (now - this.#batchSince >= BATCH_AGE_MS) this.#flush();
    }
    try {
      this.#spool.tick(now);
    } catch (error) {
      this.#spoolFailed(error);
    }
    // With each complete file, so that the ledger has it when the store does; every second otherwise.
    if (this.#spool.stats.files !== this.#reportedFiles || now - this.#reportedAt >= REPORT_MS) this.report(now);
  }

  /** Writes everything that was received; nothing may be received after it. */
  close(): void {
    this.#flush();
    try {
      this.#spool.close();
    } catch (error) {
      this.#spoolFailed(error);
    }
    this.report(Date.now());
    this.#listener.close();
  }

  report(now: number): void {
    this.#reportedAt = now;
    this.#reportedFiles = this.#spool.stats.files;
    // When nothing has been tried for a while nobody knows; the main thread writes to the same directory every second.
    if (now - this.#spoolFailedAt > PROBLEM_MS) this.#spoolProblem = '';
    post(this.#reporter.report(now, this.#listener.stats(), this.#spoolProblem));
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batchSince = 0;
    if (batch.length === 0) return;
    this.#enricher.enrich(batch, 0, batch.length);
    try {
      this.#spool.append(batch);
      this.#spoolProblem = '';
    } catch (error) {
      this.#spoolFailed(error);
    }
    batch.clear();
  }

  #spoolFailed(error: unknown): void {
    if (!(error instanceof SpoolError)) throw error;
    this.#spoolProblem = error.message;
    this.#spoolFailedAt = Date.now();
    this.#reporter.countByKey(error.lost, 'flows_spool_failed');
  }
}

function post(message: FromLane): void {
  parentPort?.postMessage(message);
}

async function main(start: LaneStart): Promise<void> {
  const { listen } = start.config;
  const listener = await openListener({
    binds: listen.ports.map((port) => ({ host: listen.host, port })),
    receiveBufferBytes: listen.receive_buffer,
    reusePort: start.lanes > 1,
    lane: start.lane,
    lanes: start.lanes,
    backend: listen.backend,
  });
  const lane = new Lane(start, listener);
  parentPort?.on('message', (message: ToLane) => {
    if (message.type === 'inventory') lane.inventory = message.inventory;
    else listener.stop();
  });
  post({ type: 'listening' });
  await listener.run(lane);
  lane.close();
  post({ type: 'stopped' });
  parentPort?.close();
}

main(workerData as LaneStart).catch((error: unknown) => {
  const code = error instanceof ListenError ? error.code : 'start_failed';
  const message =
    error instanceof Error ? (error instanceof ListenError ? error.message : `${error.stack}`) : String(error);
  post({ type: 'fatal', code, message });
});
