// A lane: a worker thread that owns one part of the traffic from socket to file. Receive, decode, enrich, encode, append.
import { fstatSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Enricher } from '@weir/enrich';
import {
  type DatagramBatch,
  ListenError,
  type Listener,
  type ListenHandler,
  leftInRing,
  openListener,
  RING_BYTES,
} from '@weir/listen';
import { FlowBatch, parseNetwork } from '@weir/record';
import { nameSource, SpoolError, SpoolWriter } from '@weir/spool';
import { Decoder } from '@weir/wire';
import { CounterMemory, counterBytes, ROOM } from './account/counter-memory.ts';
import { DROP_READINGS_BYTES, DropReadings } from './account/drop-readings.ts';
import { dropReadingsPath, processFiles } from './account/process-files.ts';
import { mapOrUndefined } from './account/shared-memory.ts';
import { DecoderState } from './decoder-state.ts';
import { DemoMark } from './demo-mark.ts';
import { LaneReporter } from './lane-reporter.ts';
import type { FromLane, LaneStart, Replay, ToLane } from './messages.ts';

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
  readonly #memory: CounterMemory;
  readonly #reporter: LaneReporter;
  readonly #state: DecoderState;
  readonly #sockets: readonly number[];
  readonly #readings: DropReadings | undefined;
  readonly #demo: DemoMark | undefined;
  #problems: readonly string[] = [];
  #batchSince = 0;
  #reportedAt = 0;
  #spoolProblem = '';
  #spoolFailedAt = 0;

  constructor(start: LaneStart, listener: Listener, memory: CounterMemory, readings: DropReadings | undefined) {
    const { config, lane, spoolDir } = start;
    this.#listener = listener;
    this.#memory = memory;
    this.#readings = readings;
    this.#sockets = inodesOf(start);
    this.#decoder = new Decoder({
      exporterCap: config.listen.max_exporters,
      stateBytes: config.listen.state_memory,
      limits: { lifetimeMs: config.listen.template_lifetime },
      allow: config.listen.allow.map(parseNetwork),
      mediators: config.listen.mediators.map(parseNetwork),
      counters: memory,
      samplingDefaults: [{ network: '::/0', rate: config.sampling.default_rate }, ...config.sampling.exporters].map(
        ({ network, rate }) => ({ network: parseNetwork(network), rate }),
      ),
    });
    this.#state = new DecoderState(spoolDir, lane, start.lanes, this.#decoder);
    this.#enricher = new Enricher();
    if (start.inventory !== undefined) this.#enricher.load(start.inventory);
    this.#demo = config.demo ? new DemoMark() : undefined;
    this.#reporter = new LaneReporter({
      lane,
      decoder: this.#decoder,
      enricher: this.#enricher,
      memory,
      demo: this.#demo,
      spoolAgeMs: config.spool.max_age,
    });
    this.#spool = new SpoolWriter({
      dir: spoolDir,
      names: nameSource(start.start, String(lane)),
      maxRows: config.spool.max_rows,
      maxAgeMs: config.spool.max_age,
      lastManifest: processFiles(spoolDir, start.start.token).lastManifest(lane),
      totals: (exporters) => this.#reporter.totals(exporters),
      onComplete: (manifest) => this.#reporter.completed(manifest),
    });
  }

  set inventory(inventory: Parameters<Enricher['load']>[0]) {
    this.#enricher.load(inventory);
  }

  /** Takes what processes before knew and had not done. Before anything is received. */
  begin(replays: readonly Replay[]): void {
    this.#decoder.tick(systemMs());
    this.#problems = this.#state.restore();
    for (const replay of replays) this.replay(replay);
  }

  /** Takes the datagrams that a process which was killed had not done. */
  replay({ ring, done }: Replay): void {
    const left = leftInRing(ring);
    if (left !== undefined) this.#take(left, done);
  }

  onBatch(received: DatagramBatch): void {
    this.#take(received, 0);
  }

  #take(received: DatagramBatch, from: number): void {
    const { count, data, starts, ends, peers, times, truncated } = received;
    const batch = this.#batch;
    const decoder = this.#decoder;
    const memory = this.#memory;
    memory.beginBatch(received.first);
    for (let i = from; i < count; i++) {
      const start = starts[i];
      const end = ends[i];
      if (truncated[i] !== 0) decoder.countTruncated(peers, i * 4);
      else {
        if (batch.length >= FLUSH_ROWS) this.#flush();
        const before = batch.length;
        decoder.decode(data, start, end, peers, i * 4, times[i], batch);
        if (this.#demo !== undefined && batch.length > before) this.#demo.mark(batch, before, peers, i * 4);
        memory.countFlows(batch.length - before);
      }
      memory.countReceived();
    }
  }

  /** `now`: milliseconds of a clock that only goes forward. */
  onTick(now: number): void {
    if (this.#batch.length > 0) {
      if (this.#batchSince === 0) this.#batchSince = now;
      else if (now - this.#batchSince >= BATCH_AGE_MS) this.#flush();
    }
    try {
      this.#spool.tick(now);
    } catch (error) {
      this.#spoolFailed(error);
    }
    // With each complete file, which waits for it; every second otherwise.
    if (this.#reporter.hasComplete || now - this.#reportedAt >= REPORT_MS) this.report(now);
  }

  /** Writes everything that was received; nothing may be received after it. */
  close(): void {
    this.#flush();
    try {
      this.#spool.close();
    } catch (error) {
      this.#spoolFailed(error);
    }
    this.report(performance.now());
    this.#listener.close();
  }

  /** Saves what is known of exporters for the process that takes over. */
  release(): void {
    this.#guard(() => this.#state.saveForSuccessor());
    this.#noteDrops();
  }

  report(now: number): void {
    this.#reportedAt = now;
    this.#decoder.tick(systemMs());
    this.#guard(() => this.#state.saveIfChanged(now));
    // When nothing has been tried for a while nobody knows; the main thread writes to the same directory every second.
    if (now - this.#spoolFailedAt > PROBLEM_MS) this.#spoolProblem = '';
    const report = this.#reporter.report(this.#listener.stats(), this.#spoolProblem);
    this.#noteDrops();
    post({ ...report, warnings: [...report.warnings, ...this.#problems] });
  }

  /** The drops up to here are counted: a successor goes on from there. */
  #noteDrops(): void {
    const { dropReadings } = this.#listener.stats();
    for (const [index, inode] of this.#sockets.entries()) this.#readings?.note(inode, dropReadings[index] ?? 0);
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
    this.#spoolFailedAt = performance.now();
    this.#reporter.countByKey(error.lost, 'flows_spool_failed');
  }

  /** A disk that cannot be written is a state to be told, not a reason to stop. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      this.#spoolProblem = error.message;
      this.#spoolFailedAt = performance.now();
    }
  }
}

/** Milliseconds of a clock that all processes since the system's start share. */
function systemMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Sockets of this lane as the kernel tells them apart. */
function inodesOf({ sockets = [], lane }: LaneStart): number[] {
  return sockets.filter((socket) => socket.lane === lane).map(({ fd }) => fstatSync(fd).ino);
}

function post(message: FromLane): void {
  parentPort?.postMessage(message);
}

/** Counters in memory that outlives this process, or else that the main thread gave. */
function counterMemory({ spoolDir, start, lane, config, counters }: LaneStart): CounterMemory {
  if (counters !== undefined) return CounterMemory.prepare(counters);
  const path = processFiles(spoolDir, start.token).counters(lane);
  const bytes = counterBytes(config.listen.max_exporters * ROOM);
  const mapped = mapOrUndefined(path, bytes);
  // The main thread asked the same a moment ago.
  if (mapped === undefined) throw new Error(`cannot map ${path}`);
  return CounterMemory.prepare(mapped.memory);
}

async function main(start: LaneStart): Promise<void> {
  const { listen } = start.config;
  const { lane, spoolDir } = start;
  const memory = counterMemory(start);
  const files = processFiles(spoolDir, start.start.token);
  const ring = start.sockets === undefined ? undefined : mapOrUndefined(files.ring(lane), RING_BYTES);
  const mappedReadings =
    start.sockets === undefined ? undefined : mapOrUndefined(dropReadingsPath(spoolDir, lane), DROP_READINGS_BYTES);
  const readings = mappedReadings === undefined ? undefined : new DropReadings(mappedReadings.memory);
  readings?.keep(new Set(inodesOf(start)));
  const listener = await openListener({
    binds: listen.ports.map((port) => ({ host: listen.host, port })),
    ...(start.sockets === undefined
      ? {}
      : {
          sockets: start.sockets.map((socket) => ({
            ...socket,
            dropsCounted: readings?.of(fstatSync(socket.fd).ino) ?? 0,
          })),
        }),
    receiveBufferBytes: listen.receive_buffer,
    reusePort: start.lanes > 1,
    lane,
    lanes: start.lanes,
    backend: listen.backend,
    diverted: start.diverted,
    ...(ring === undefined ? {} : { ring }),
  });
  const running = new Lane(start, listener, memory, readings);
  let drain = true;
  const go = new Promise<readonly Replay[]>((resolve) => {
    parentPort?.on('message', (message: ToLane) => {
      if (message.type === 'inventory') running.inventory = message.inventory;
      else if (message.type === 'go') resolve(message.replays);
      else if (message.type === 'replay') running.replay(message.replay);
      else {
        drain = message.drain;
        listener.stop({ drain });
        resolve([]);
      }
    });
  });
  post({ type: 'prepared' });
  running.begin(await go);
  post({ type: 'receiving' });
  await listener.run(running);
  if (!drain) {
    running.release();
    post({ type: 'released' });
  }
  running.close();
  post({ type: 'stopped' });
  parentPort?.close();
}

main(workerData as LaneStart).catch((error: unknown) => {
  const code = error instanceof ListenError ? error.code : 'start_failed';
  const message =
    error instanceof Error ? (error instanceof ListenError ? error.message : `${error.stack}`) : String(error);
  post({ type: 'fatal', code, message });
});
